package chaos

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/verification/sim/check"
)

// electionName is the one election of a run.
const electionName = "chaos"

// What a candidate is told on its standard input, a word a line. The end of it is
// the end of the parent.
const (
	cmdStop     = "stop"     // in order
	cmdRecall   = "recall"   // end this call of Lead, and make another
	cmdStepDown = "stepdown" // ask whoever leads to step down
	cmdPause    = "pause"    // the election, for so many ms; 0: until it is resumed
	cmdResume   = "resume"
)

// candidateConfig is all that a candidate is told at its start.
type candidateConfig struct {
	ID      string
	Addr    string // of Redis, as this candidate sees it
	Fence   string // the socket of the resource
	Journal string
	Seed    uint64
	Lease   time.Duration
	Lingers bool // its work sometimes outlives its grace
}

// candidate is the process.
type candidate struct {
	candidateConfig

	journal *journal
	fence   *fenceClient
	elector *election.Elector
	chance  *rand.Rand // of the goroutine that leads

	calls sync.WaitGroup // of the elector

	mu     sync.Mutex
	recall context.CancelCauseFunc // ends the call of Lead that is under way
}

var (
	errRecalled = errors.New("recalled")
	errFailed   = errors.New("the work failed")
)

func (cfg *candidateConfig) run() error {
	runtime.GOMAXPROCS(1) // so that the watchdog is late whenever anybody is
	c := &candidate{candidateConfig: *cfg, chance: rand.New(rand.NewPCG(cfg.Seed, 0))}
	var err error
	if c.journal, err = openJournal(cfg.Journal); err != nil {
		return err
	}
	if c.fence, err = dialFence(cfg.Fence); err != nil {
		return err
	}
	conn, err := c.connect()
	if err != nil {
		return err
	}
	c.journal.add(line{K: kStarted, Text: cfg.ID, Settings: c.settings()})

	ctx, stop := context.WithCancel(context.Background())
	c.calls.Go(func() { c.lead(ctx) })
	c.calls.Go(func() { c.probe(ctx) })
	go c.obey(ctx, stop)
	watching, unwatch := context.WithCancel(context.Background())
	go c.journal.watch(watching)
	c.calls.Wait()
	err = conn.Close()
	c.journal.add(line{K: kStopped})
	unwatch()
	return err
}

// connect makes the elector, over a client as programs have it.
func (c *candidate) connect() (*election.Conn, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	t := &tap{journal: c.journal}
	rdb := redis.NewClient(&redis.Options{Addr: c.Addr, Dialer: t.dial, Protocol: 2 + int(c.Seed%2)})
	conn, err := election.Connect(rdb, election.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	c.elector, err = conn.Elector(election.Config{
		Name: electionName, ID: c.ID, Lease: c.Lease, Logger: log, Observer: c.told,
		OnOverrun: func(o election.Overrun) {
			if !o.Held {
				c.journal.add(line{K: kTold, Text: string(election.KindOverrun), Term: int64(o.Term)})
			}
		},
	})
	return conn, err
}

// settings are the defaults that follow from the lease, as the documents have them.
func (c *candidate) settings() *check.Settings {
	return &check.Settings{
		Lease: c.Lease, Grace: c.Lease / 5, CoolDown: max(c.Lease/3, time.Second), Release: min(5*time.Second, c.Lease),
	}
}

// told is the election's observer.
func (c *candidate) told(ev election.Event) {
	switch ev.Kind {
	case election.KindBeat: // seen by other means
	case election.KindOverrun:
		if ev.Held { // else OnOverrun was called, too
			c.journal.add(line{K: kTold, Text: "held_overrun", Term: int64(ev.Term)})
		}
	case election.KindGrantLate:
		c.journal.add(line{K: kBacked, D: ev.Wait})
	default:
		c.journal.add(line{K: kTold, Text: string(ev.Kind), Term: int64(ev.Term), Reason: string(ev.Reason)})
	}
}

// obey does what the parent says, until that is gone. Only this ends the context,
// and with it the other calls.
func (c *candidate) obey(ctx context.Context, stop func()) {
	for words := bufio.NewScanner(os.Stdin); words.Scan(); {
		switch words.Text() {
		case cmdStop:
			stop()
		case cmdRecall:
			c.mu.Lock()
			if c.recall != nil {
				c.recall(errRecalled)
			}
			c.mu.Unlock()
		case cmdStepDown:
			if ctx.Err() == nil {
				c.calls.Go(func() { c.stepDown(ctx) })
			}
		default:
			c.steer(ctx, words.Text())
		}
	}
	os.Exit(3)
}

// steer pauses or resumes. It may fail like anything else, and land later.
func (c *candidate) steer(ctx context.Context, words string) {
	word, after, _ := strings.Cut(words, " ")
	if ctx.Err() != nil || word != cmdPause && word != cmdResume {
		return
	}
	c.calls.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, steerPatience(c.Lease))
		defer cancel()
		c.journal.add(line{K: kAsks, Text: word})
		var err error
		if word == cmdResume {
			err = c.elector.Resume(ctx, "")
		} else {
			err = c.elector.Pause(ctx, pauseEnd(after), c.ID)
		}
		c.journal.add(line{K: kAskedFor, Text: word, Reason: brief(err)})
	})
}

// steerPatience is for how long a candidate tries to pause or to resume: a drain may be in
// its way.
func steerPatience(lease time.Duration) time.Duration { return 3 * lease / 2 }

// pauseEnd is that many milliseconds from now; the zero time for 0.
func pauseEnd(ms string) time.Time {
	n, err := strconv.Atoi(ms)
	if err != nil || n == 0 {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(n) * time.Millisecond)
}

func (c *candidate) stepDown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.Lease)
	defer cancel()
	_ = c.elector.StepDown(ctx, "") // may fail like anything else
}

// lead leads, again and again.
func (c *candidate) lead(ctx context.Context) {
	for ctx.Err() == nil {
		call, cancel := context.WithCancelCause(ctx)
		stop := context.AfterFunc(call, func() { c.journal.add(line{K: kCancelled}) })
		c.mu.Lock()
		c.recall = cancel
		c.mu.Unlock()
		c.journal.add(line{K: kCalled})
		err := c.elector.Lead(call, c.work())
		stop()
		c.journal.add(line{K: kReturned, Text: brief(err)})
		cancel(nil)
		rest := c.between(time.Millisecond, 300*time.Millisecond)
		if election.Permanent(err) {
			rest += 200 * time.Millisecond
		}
		pause(ctx, rest)
	}
}

// probe asks now and then what the elector believes.
func (c *candidate) probe(ctx context.Context) {
	chance := rand.New(rand.NewPCG(c.Seed, 1))
	for ctx.Err() == nil {
		pause(ctx, time.Duration(chance.Int64N(int64(c.Lease/20))))
		since, begun := c.journal.lines(), monotonic()
		if c.elector.IsLeader() {
			c.journal.addUnless(since, begun, line{K: kBelieved})
		}
	}
}

func (c *candidate) between(a, b time.Duration) time.Duration {
	return a + time.Duration(c.chance.Int64N(int64(b-a)+1))
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// brief is what an error comes to.
func brief(err error) string {
	for _, known := range []error{
		election.ErrLost, election.ErrExpired, election.ErrStepDown, election.ErrForeignRecord, election.ErrDenied,
		election.ErrUnfit, election.ErrDraining, election.ErrNoElection, election.ErrConfig, election.ErrUnavailable, errRecalled, errFailed, context.Canceled,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if err != nil {
		return "another error: " + err.Error()
	}
	return ""
}
