package electiontest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/fresh"
	"example.com/incumbent/singleton"
)

// A value that a test lets expire is refreshed at once if somebody reads it where it is
// refreshed, and when the leader looks if not; nobody gets the old one.
func TestExpireValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		r.ExpireValue("token") // there is none
		n := 0
		keeper := r.Client()
		login := func(context.Context, election.Term) (string, time.Time, error) {
			n++
			return fmt.Sprint("token ", n), time.Now().Add(time.Hour), nil
		}
		kept, read := value(t, keeper, login), value(t, r.Client(), nil)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- singleton.Run(ctx, keeper, "token", kept.Work) }()
		want(t, read, "token 1", time.Minute) // the first lease of an election
		r.ExpireValue("token")
		want(t, kept, "token 2", 0)
		want(t, read, "token 2", time.Second)
		r.ExpireValue("token")
		want(t, read, "token 3", 7*time.Second)

		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		r.ExpireValue("token") // and nobody refreshes it
		limited, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if got, err := read.Get(limited); !errors.Is(err, fresh.ErrNoValue) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func value(t *testing.T, c *electiontest.Client, login fresh.Refresh[string]) *fresh.Value[string] {
	t.Helper()
	v, err := fresh.New(c, fresh.Config{Name: "token"}, login)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// want reads a value within some time.
func want(t *testing.T, v *fresh.Value[string], want string, within time.Duration) {
	t.Helper()
	began := time.Now()
	if got, err := v.Get(t.Context()); err != nil || got != want || time.Since(began) > within {
		t.Errorf("%q, %v after %v; want %q within %v", got, err, time.Since(began), want, within)
	}
}
