package lock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
)

// spread has a process spread names of a set.
func (p *process) spread(ctx context.Context, set string, names []string, work func(name string) Work) <-chan error {
	result := make(chan error, 1)
	go func() { result <- p.Spread(ctx, set, names, work) }()
	return result
}

// noted are the notes so far, sorted.
func (w *world) noted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	notes := w.notes
	w.notes = nil
	slices.Sort(notes)
	return notes
}

// A name moves when the other waits for it and the work has returned, and begins there at that
// instant. Work that does not end holds up its own name alone.
func TestSpreadMovesOneByOne(t *testing.T) {
	bubble(t, true, func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		defer cancel()
		stuck := make(chan struct{})
		var some atomic.Bool
		work := func(id string) func(name string) Work {
			return func(name string) Work {
				return func(ctx context.Context, _ Term) error {
					w.note("%s begins at %s", name, id)
					<-ctx.Done()
					if w.since() < time.Minute && !errors.Is(context.Cause(ctx), election.ErrStepDown) {
						w.Error(context.Cause(ctx))
					}
					if some.CompareAndSwap(false, true) {
						w.note("%s is stuck at %s", name, id)
						<-stuck
					}
					time.Sleep(time.Second)
					w.note("%s ends at %s", name, id)
					return nil
				}
			}
		}
		names := []string{"u", "v", "w", "x", "y", "z"}
		results := []<-chan error{w.process("a").spread(ctx, "set", names, work("a"))}
		w.at(time.Second)
		if got := w.noted(); len(got) != 6 || got[0] != "0s u begins at a" {
			w.Errorf("%q", got)
		}
		results = append(results, w.process("b").spread(ctx, "set", names, work("b")))
		w.at(30 * time.Second)
		got := w.noted()
		if len(got) != 5 || !strings.HasPrefix(got[0], "1s ") || !strings.HasSuffix(got[0], " is stuck at a") {
			w.Errorf("%q", got)
		}
		for _, note := range got[1:] { // within the rest after a look
			at, err := time.ParseDuration(strings.Fields(note)[0])
			begins, is := strings.CutSuffix(note, " begins at b")
			if is && !slices.Contains(got, begins+" ends at a") || at > 2*time.Second+lookPause || err != nil {
				w.Errorf("%q", got)
			}
		}
		close(stuck)
		w.at(time.Minute)
		name := strings.Fields(got[0])[1]
		if got := fmt.Sprint(w.noted()); got != fmt.Sprintf("[31s %[1]s begins at b 31s %[1]s ends at a]", name) {
			w.Error(got)
		}
		cancel()
		for _, result := range results {
			if err := <-result; err != nil {
				w.Error(err)
			}
		}
	})
}

// Work that returns by itself runs again where it is, with the same term, after 1 s, 2 s and so on
// up to a minute, and after a run of a minute after 1 s again. Nobody else runs it meanwhile.
func TestSpreadRunsAgainWhatReturns(t *testing.T) {
	bubble(t, true, func(w *world) {
		ctx, cancel := context.WithTimeout(w.Context(), 2*time.Minute)
		defer cancel()
		var log bytes.Buffer
		var mu sync.Mutex
		var terms []Term
		work := func(string) Work {
			return func(ctx context.Context, term Term) error {
				w.note("run")
				mu.Lock()
				terms = append(terms, term)
				runs := len(terms)
				mu.Unlock()
				if runs == 4 {
					time.Sleep(time.Minute)
				}
				return fmt.Errorf("failed in run %d", runs)
			}
		}
		p := w.process("p", func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		first := p.spread(ctx, "set", []string{"x"}, work)
		time.Sleep(time.Second / 2)
		second := w.process("q").spread(ctx, "set", []string{"x"}, work)
		if err := errors.Join(<-first, <-second); err != nil {
			w.Error(err)
		}
		w.expect("0s run", "1s run", "3s run", "7s run", "1m8s run", "1m10s run", "1m14s run", "1m22s run", "1m38s run")
		var pauses backOff
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			if got := pauses.next(); got != want*time.Second {
				w.Error(got, want)
			}
		}
		if slices.Max(terms) != terms[0] {
			w.Error("other terms", terms)
		}
		if !strings.Contains(log.String(), `set=set name=x term=946684800000001 lasted=0s again=1s error="failed in run 1"`) {
			w.Error(log.String())
		}
	})
}

// Names that only some processes know run on those, within two leases; the others run them never.
// When all know them, loads are even.
func TestSpreadOfDifferentNames(t *testing.T) {
	bubble(t, true, func(w *world) {
		f := w.fleet(hundred()[:50]...)
		older, newer := f.names[:40], f.names[10:] // 10 are removed, 10 are new
		a, b := f.join("a", older...), f.join("b", older...)
		w.at(2 * time.Second)
		c := f.join("c", newer...)
		w.at(2*time.Second + 2*lease + lease)
		sum := 0
		for _, n := range f.loads() {
			sum += n
		}
		if sum != 50 {
			w.Errorf("%d of 50 names run: %v", sum, f.loads())
		}
		f.gone(a)
		d := f.join("d", newer...)
		time.Sleep(3 * lease)
		f.gone(b)
		f.names = newer
		time.Sleep(2 * time.Second)
		f.settled(2)
		f.gone(c)
		f.gone(d)
	})
}

// All locks are lost: all work ends, and begins again when the space is open.
func TestSpreadAfterALossOfData(t *testing.T) {
	bubble(t, true, func(w *world) {
		f := w.fleet(hundred()[:30]...)
		for i := range 3 {
			f.join(fmt.Sprint("p", i))
		}
		w.at(5 * time.Second)
		f.settled(3)
		w.redis.FlushAll()
		w.at(7 * time.Second)
		if got := f.loads(); len(got) != 0 {
			w.Error("work goes on", got)
		}
		w.at(5*time.Second + lease*2)
		f.settled(3)
	})
}

// Two sets of a space have nothing to do with each other, nor with locks of the same names.
func TestSpreadOfTwoSets(t *testing.T) {
	bubble(t, true, func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		p := w.process("p")
		first := p.spread(ctx, "one", []string{"x", "y"}, func(name string) Work { return w.works("one/"+name, time.Hour) })
		second := p.spread(ctx, "two", []string{"x"}, func(name string) Work { return w.works("two/"+name, time.Hour) })
		if err := p.Do(ctx, "x", nothing); err != nil {
			w.Error(err)
		}
		w.at(time.Second)
		if got := fmt.Sprint(w.noted()); got != "[0s one/x begins 0s one/y begins 0s two/x begins]" {
			w.Error(got)
		}
		for name, want := range map[string]int{"+one": 1, "+one+x": 1, "+two+y": 0} {
			if got, err := p.Holders(ctx, name); err != nil || len(got) != want {
				w.Error(name, got, err)
			}
		}
		if err := p.Close(); !errors.Is(err, ErrRunning) {
			w.Error(err)
		}
		cancel()
		if err := errors.Join(<-first, <-second); err != nil {
			w.Error(err)
		}
	})
}

func TestSpreadRefusesBadInput(t *testing.T) {
	bubble(t, true, func(w *world) {
		p := w.process("p")
		work := func(string) Work { return nothing }
		for want, err := range map[string]error{
			`set "a b": give`:                      p.Spread(w.Context(), "a b", []string{"x"}, work),
			`set "a": 0 names`:                     p.Spread(w.Context(), "a", nil, work),
			`set "a": 1001 names`:                  p.Spread(w.Context(), "a", make([]string, 1001), work),
			`name "x" is there twice`:              p.Spread(w.Context(), "a", []string{"x", "y", "x"}, work),
			`name "x+y": give 1 to 128`:            p.Spread(w.Context(), "a", []string{"x+y"}, work),
			`name "": give 1 to 128`:               p.Spread(w.Context(), "a", []string{""}, work),
			`set "a": the work is nil`:             p.Spread(w.Context(), "a", []string{"x"}, nil),
			`set "a": the work of name "x" is nil`: p.Spread(w.Context(), "a", []string{"x"}, func(string) Work { return nil }),
		} {
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
				w.Errorf("%v, want %q", err, want)
			}
		}
		for _, name := range []string{"+", "++x", "+a+", "+a+b+c", "a+b", "+a b"} {
			if _, err := p.Holders(w.Context(), name); !errors.Is(err, ErrConfig) {
				w.Error(name, err)
			}
		}
		over, cancel := context.WithCancel(w.Context())
		cancel()
		if err := p.Spread(over, "a", []string{"x"}, work); err != nil || len(w.fields()) > 0 {
			w.Error(err, w.fields())
		}
	})
}

// A process spreads a set once. A space that is to be closed takes no more, and what runs goes on.
func TestSpreadTwiceAndClose(t *testing.T) {
	bubble(t, true, func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		p := w.process("p")
		work := func(name string) Work { return w.works(name, time.Hour) }
		first := p.spread(ctx, "set", []string{"x"}, work)
		synctest.Wait()
		if err := p.Spread(ctx, "set", []string{"x"}, work); !errors.Is(err, ErrRunning) {
			w.Error(err)
		}
		if err := p.Close(); !errors.Is(err, ErrRunning) {
			w.Error(err)
		}
		if err := p.Spread(ctx, "other", []string{"x"}, work); !errors.Is(err, ErrClosed) {
			w.Error(err)
		}
		w.at(time.Minute)
		cancel()
		if err := <-first; err != nil {
			w.Error(err)
		}
		w.expect("0s x begins", "1m0s x ends")
		if err := p.Close(); err != nil {
			w.Error(err)
		}
	})
}

func TestDecideAboutAName(t *testing.T) {
	t.Parallel()
	for want, all := range map[move][]standing{
		stay: {
			{}, {awaited: true}, {vacant: lease - 1, room: true}, {vacant: 2*lease - 1}, // another's
			{mine: true, asks: true}, {mine: true, asks: true, holds: true, awaited: true}, // it has what it shall have
			{asks: true, holds: true},              // nobody waits for it yet
			{asks: true, vacant: 2 * lease},        // nobody takes it
			{asks: true, ending: true, mine: true}, // not before it has ended
			{asks: true, holds: true, ending: true, awaited: true},
		},
		take:     {{mine: true}, {vacant: lease, room: true}, {vacant: 2 * lease}},
		withdraw: {{asks: true}, {asks: true, awaited: true}, {asks: true, vacant: lease}},
		handOver: {{asks: true, holds: true, awaited: true}, {asks: true, holds: true, awaited: true, vacant: 3 * lease}},
	} {
		for _, s := range all {
			s.lease = lease
			if got := s.decide(); got != want {
				t.Errorf("%+v: %v, want %v", s, got, want)
			}
		}
	}
}

// Work goes on for as long as nobody waits for its name, whoever shall have it.
func TestSpreadGoesOnUntilSomebodyWaits(t *testing.T) {
	bubble(t, true, func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		a := w.process("a").spread(ctx, "set", []string{"x", "y"}, func(name string) Work { return w.works(name, time.Hour) })
		w.at(time.Second)
		b := w.process("b").spread(ctx, "set", []string{"z"}, func(name string) Work { return w.works(name, time.Hour) })
		w.at(time.Minute)
		if got := fmt.Sprint(w.noted()); got != "[0s x begins 0s y begins 1s z begins]" && got != "[0s x begins 0s y begins 6s z begins]" {
			w.Error(got)
		}
		cancel()
		if err := errors.Join(<-a, <-b); err != nil {
			w.Error(err)
		}
	})
}
