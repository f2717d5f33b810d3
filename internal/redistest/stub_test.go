package redistest_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

func TestStubFollowsTheBubblesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		expectTime(t, client)
		time.Sleep(90*time.Minute + 250*time.Millisecond)
		expectTime(t, client)
	})
}

func expectTime(t *testing.T, client *redis.Client) {
	t.Helper()
	if got, err := client.Time(t.Context()).Result(); err != nil || !got.Equal(time.Now()) {
		t.Errorf("TIME = %v, %v; want %v", got, err, time.Now())
	}
	script := redis.NewScript(`return redis.call("TIME")[1]`)
	if got, err := script.Run(t.Context(), client, nil).Int64(); err != nil || got != time.Now().Unix() {
		t.Errorf("TIME in a script = %v, %v; want %v", got, err, time.Now().Unix())
	}
}

func TestStubExpiresKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		if err := client.Set(t.Context(), "k", "v", time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Second)
		if err := client.Get(t.Context(), "k").Err(); err != nil {
			t.Errorf("GET after 59s: %v", err)
		}
		time.Sleep(time.Second)
		if err := client.Get(t.Context(), "k").Err(); err != redis.Nil {
			t.Errorf("GET after 60s: %v, want %v", err, redis.Nil)
		}
	})
}

func TestStubCutsOffOneClientAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		l := stub.Link()
		cutOff, other := stub.Client(l), stub.Client(stub.Link())
		l.Cut()
		if err := cutOff.Ping(t.Context()).Err(); err == nil {
			t.Error("a client behind a cut link got an answer")
		}
		if err := other.Ping(t.Context()).Err(); err != nil {
			t.Errorf("the other client: %v", err)
		}
		l.Heal()
		if err := cutOff.Ping(t.Context()).Err(); err != nil {
			t.Errorf("the client after Heal: %v", err)
		}
	})
}

// A test may end in the middle of every fault: nothing of it may keep its
// bubble from ending.
func TestStubEndsInTheMidstOfFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		stalled, swallowed := stub.Link(), stub.Link()
		for _, client := range []*redis.Client{stub.Client(stalled), stub.Client(swallowed)} {
			if err := client.Ping(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		stalled.Stall()
		swallowed.Swallow()
	})
}

// After as many dials in vain as its pool has places, a client leaves a
// goroutine behind that sleeps between its tries, also beyond Close.
func TestStubOutlastsAClientThatDialsInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		l := stub.Link()
		l.Cut()
		client := stub.Client(l, func(o *redis.Options) { o.PoolSize, o.DialerRetries = 1, 1 })
		if err := client.Ping(t.Context()).Err(); err == nil {
			t.Error("a client behind a cut link got an answer")
		}
	})
}

func TestStubBoundsTheDialOfASubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		l := stub.Link()
		client := stub.Client(l, func(o *redis.Options) { o.DialTimeout = 3 * time.Second })
		l.Stall()
		start := time.Now()
		sub := client.Subscribe(t.Context(), "news") // dials, and keeps the error to itself
		defer sub.Close()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("Subscribe took %v, want the DialTimeout of 3s", took)
		}
	})
}

func TestStubThatIsGoneRefusesDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l *link.Link
		t.Cleanup(func() { // runs after the stub's own
			if _, err := l.Dial(context.Background(), "tcp", link.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("Dial: %v, want %v", err, syscall.ECONNREFUSED)
			}
		})
		l = redistest.NewStub(t).Link()
	})
}

func TestStubOptionsCanBeChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link(), func(o *redis.Options) { o.ClientName = "somebody" })
		if name, err := client.ClientGetName(t.Context()).Result(); name != "somebody" || err != nil {
			t.Errorf("CLIENT GETNAME = %q, %v", name, err)
		}
	})
}
