package singleton_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// permanent are the troubles that need a person, each with its mending.
var permanent = map[string]struct {
	want  error
	cause func(w *world)
	mend  func(w *world, c *candidate)
}{
	"foreign record": {
		election.ErrForeignRecord,
		func(w *world) { w.set("somebody's cache") },
		func(w *world, _ *candidate) { w.admin.Del(w.Context(), key) },
	},
	"foreign type": {
		election.ErrForeignRecord,
		func(w *world) { w.admin.HSet(w.Context(), key, "field", "value") },
		func(w *world, _ *candidate) { w.admin.Del(w.Context(), key) },
	},
	"wrong password": {
		election.ErrDenied,
		func(w *world) { w.redis.RequirePassword("right") },
		func(w *world, c *candidate) {
			synctest.Wait()
			w.redis.RequirePassword("wrong")
			c.client.Conns() // miniredis reads the password without a lock; that of the link does instead
		},
	},
	"missing right": {
		election.ErrDenied,
		func(w *world) {
			w.redis.FailCommands("NOPERM this user has no permissions to run the 'evalsha' command")
		},
		func(w *world, _ *candidate) { w.redis.FailCommands("") },
	},
}

func wrongPassword(o *redis.Options) { o.Password = "wrong" }

// expectPermanentPauses checks the pauses between tries: from 1 s they double to
// 30 s, give or take a tenth of them at random.
func (w *world) expectPermanentPauses(tries []line) {
	w.Helper()
	if len(tries) < 20 || len(tries) > 28 {
		w.Fatalf("%d tries in 10 minutes, want five in the first half and then one in 27 to 33 s: %v", len(tries), tries)
	}
	middle, exact := time.Second, 0
	for i, try := range tries[1:] {
		pause := try.at - tries[i].at
		if pause < middle*9/10 || pause > middle*11/10 {
			w.Errorf("pause %d is %v, want %v give or take a tenth", i, pause, middle)
		}
		if pause == middle {
			exact++
		}
		middle = min(2*middle, 30*time.Second)
	}
	if exact > 1 {
		w.Errorf("%d pauses of exactly that: no jitter", exact)
	}
}

// Rights that are missing for a moment, as when a password is changed, cost little
// more than that moment, each time.
func TestKeepComesBackSoonAfterAShortTrouble(t *testing.T) {
	bubble(t, func(w *world) {
		c, d := w.candidate("a", noCoolDown), w.diary()
		k := c.keep(d.of(obey), singleton.Policy{})
		for range 5 {
			time.Sleep(time.Minute)
			w.redis.FailCommands("NOPERM this user has no permissions to run the 'evalsha' command")
			time.Sleep(20 * time.Second) // the term expires, its release is refused, and so is the campaign
			w.redis.FailCommands("")
			mended := w.now()
			time.Sleep(30 * time.Second)
			took := d.last().began - mended
			w.Logf("elected %v after 20s without the right", took)
			if took < 0 || took > 9*time.Second { // a pause of 8 s, give or take a tenth; what is left of its term it releases itself
				w.Errorf("elected %v after the right was there again", took)
			}
		}
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
	})
}

func TestKeepTriesAgainSlowlyWhatNeedsAPerson(t *testing.T) {
	for name, tc := range permanent {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				tc.cause(w)
				c, d := w.candidateOf("a", wrongPassword), w.diary()
				k := c.keep(d.of(obey), singleton.Policy{})
				time.Sleep(10 * time.Minute)
				w.expectPermanentPauses(c.journal.with("cannot campaign"))
				if k.over() {
					w.Fatalf("Keep returned %v", k.err)
				}

				tc.mend(w, c)
				mended := w.now()
				time.Sleep(2 * time.Minute)
				if elected := d.last().began - mended; elected > 33*time.Second+15500*time.Millisecond {
					w.Errorf("elected %v after the trouble was mended, want one pause and one lease at most", elected)
				}
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
			})
		})
	}
}

func TestKeepGivesUpOnWhatNeedsAPersonIfThePolicySaysSo(t *testing.T) {
	for name, tc := range permanent {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				tc.cause(w)
				k := w.candidateOf("a", wrongPassword).keep(obey, singleton.Policy{StopOnPermanent: true})
				if err := k.returned(); !errors.Is(err, tc.want) || !election.Permanent(err) || k.at != 0 {
					w.Errorf("Keep returned %v at %v, want %v at once", k.err, k.at, tc.want)
				}
			})
		})
	}
}
