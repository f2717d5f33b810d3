package singleton_test

import (
	"errors"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

func TestKeepRefusesWhatMakesNoSense(t *testing.T) {
	tests := map[string]struct {
		work   election.Work
		policy singleton.Policy
	}{
		"no work":               {nil, singleton.Policy{}},
		"negative minimum":      {obey, singleton.Policy{MinBackOff: -1}},
		"negative maximum":      {obey, singleton.Policy{MaxBackOff: -1}},
		"maximum below minimum": {obey, singleton.Policy{MinBackOff: 2 * time.Second, MaxBackOff: time.Second}},
		"maximum below default": {obey, singleton.Policy{MaxBackOff: time.Millisecond}},
		"OnReturn too small":    {obey, singleton.Policy{OnReturn: -1}},
		"OnReturn not known":    {obey, singleton.Policy{OnReturn: singleton.OnReturnStop + 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				k := w.candidate("a").keep(tc.work, tc.policy)
				if err := k.returned(); !errors.Is(err, election.ErrConfig) || k.at != 0 {
					w.Errorf("Keep returned %v at %v, want ErrConfig at once", k.err, k.at)
				}
			})
		})
	}
}

func TestKeepAllowsLongBackOffs(t *testing.T) {
	bubble(t, func(w *world) { // longer than the default of the maximum, which follows
		k := w.candidate("a").keep(obey, singleton.Policy{MinBackOff: time.Hour})
		time.Sleep(time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
	})
}

func TestKeepOfABusyElectorReturnsErrRunning(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a")
		first := c.keep(obey, singleton.Policy{})
		time.Sleep(time.Minute)
		second := c.keep(obey, singleton.Policy{})
		if err := second.returned(); !errors.Is(err, election.ErrRunning) || second.at != time.Minute {
			w.Errorf("the second Keep returned %v at %v, want ErrRunning at once", err, second.at)
		}
		if first.over() {
			w.Errorf("the first Keep returned %v", first.err)
		}
	})
}

func TestKeepOnAClosedConnReturnsErrClosed(t *testing.T) {
	bubble(t, func(w *world) {
		conn, err := election.Connect(w.redis.Client(), election.Config{})
		if err != nil {
			w.Fatal(err)
		}
		e, err := conn.Elector(election.Config{Name: "x"})
		if err != nil {
			w.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			w.Fatal(err)
		}
		if err := singleton.Keep(w.Context(), e, obey, singleton.Policy{}); !errors.Is(err, election.ErrClosed) {
			w.Errorf("Keep returned %v, want ErrClosed", err)
		}
	})
}
