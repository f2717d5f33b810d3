package space

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// rig is a space on some server.
type rig struct {
	*testing.T

	rdb   *redis.Client
	store *Store
	heard map[string]*redis.PubSub
}

const lease = 5 * time.Second

func newRig(t *testing.T, rdb *redis.Client, exact bool) *rig {
	d := register.NewDirect(rdb, 4, time.Second)
	t.Cleanup(d.Stop)
	at := NewPlace("incumbent:", "s", 0)
	return &rig{t, rdb, NewStore(d, at, exact, seam.NewSystem(), time.Second), map[string]*redis.PubSub{}}
}

// both runs a test on the stand-in and on a real server.
func both(t *testing.T, test func(r *rig)) {
	t.Helper()
	t.Run("stand-in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			stub := redistest.NewStub(t)
			r := newRig(t, stub.Client(stub.Link()), true)
			defer r.deafen()
			test(r)
		})
	})
	t.Run("server", func(t *testing.T) {
		r := newRig(t, redistest.Start(t).Client(), true)
		defer r.deafen()
		test(r)
	})
}

func (r *rig) deafen() {
	for _, ps := range r.heard {
		_ = ps.Close()
	}
}

// open opens the space.
func (r *rig) open() {
	r.Helper()
	if is, err := r.store.Found(r.Context(), "", NewEpoch(true, lease, "")); err != nil || !is.Epoch.Open {
		r.Fatal(is, err)
	}
}

// session makes one.
func (r *rig) session() string {
	r.Helper()
	sid := record.NewNonce()
	if err := r.rdb.HSet(r.Context(), r.store.Place.Key, "s:"+sid, bytesOf(0)).Err(); err != nil {
		r.Fatal(err)
	}
	return sid
}

func bytesOf(beat int64) string { return Session{beat, lease, "p"}.String() }

func (r *rig) die(sid string) {
	r.Helper()
	if is, err := r.store.Reap(r.Context(), sid, bytesOf(0)); is != "" || err != nil {
		r.Fatal(is, err)
	}
}

// listen subscribes a session.
func (r *rig) listen(sid string) {
	r.Helper()
	ps := r.rdb.Subscribe(r.Context(), r.store.Place.Channel(sid))
	if _, err := ps.Receive(r.Context()); err != nil {
		r.Fatal(err)
	}
	r.heard[sid] = ps
}

// lines are what a session has received, but for probes.
func (r *rig) lines(sid string) (kinds string, last Line) {
	r.Helper()
	for {
		msg, err := r.heard[sid].ReceiveTimeout(r.Context(), 50*time.Millisecond)
		if err != nil {
			return kinds, last
		}
		text := msg.(*redis.Message).Payload
		if l := ParseLine(text); l.Kind != Ignored {
			last = l
		}
		kinds += text[:1]
	}
}

func call(sid string, n int64, limit int) Call { return Call{Name: "a", SID: sid, N: n, Limit: limit} }

func (r *rig) ask(c Call, wait bool) Answer {
	r.Helper()
	a, err := r.store.Acquire(r.Context(), Ask{Call: c, Wait: wait})
	if err != nil {
		r.Fatal(err)
	}
	return a
}

func (r *rig) granted(c Call, wait bool) Answer {
	r.Helper()
	a := r.ask(c, wait)
	if a.Kind != Grant {
		r.Fatalf("%+v, want a grant", a)
	}
	return a
}

func (r *rig) refused(c Call, wait bool, queued int) Answer {
	r.Helper()
	a := r.ask(c, wait)
	if a.Kind != Held || a.Queued != queued {
		r.Fatalf("%+v, want held, place %d", a, queued)
	}
	return a
}

func (r *rig) release(c Call, want bool) {
	r.Helper()
	if got, err := r.store.Release(r.Context(), c); got != want || err != nil {
		r.Fatal(got, err)
	}
}

// left are the fields but for those of the space itself and of sessions.
func (r *rig) left(want ...string) {
	r.Helper()
	fields, err := r.rdb.HKeys(r.Context(), r.store.Place.Key).Result()
	if err != nil {
		r.Fatal(err)
	}
	var got []string
	for _, f := range fields {
		if f != "e" && f != "t" && !strings.HasPrefix(f, "s:") {
			got = append(got, f)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		r.Errorf("left %q, want %q", got, want)
	}
}

func TestALockGoesFromOneToTheNext(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b := r.session(), r.session()
		first := r.granted(call(a, 1, 1), false)
		if again := r.granted(call(a, 1, 1), false); again.Term != first.Term {
			r.Errorf("a copy is granted term %d after %d", again.Term, first.Term)
		}
		held := r.refused(call(b, 1, 1), false, 0)
		if len(held.Ahead) != 1 || held.Ahead[0].Holder != (Holder{a, 1, first.Term}) || held.Ahead[0].Session.ID != "p" || held.Ahead[0].Bytes != bytesOf(0) {
			r.Errorf("%+v", held.Ahead)
		}
		r.release(call(b, 1, 1), false)
		r.release(call(a, 2, 1), false) // another call of the same process
		r.release(call(a, 1, 1), true)
		r.release(call(a, 1, 1), false)
		r.left()
		if second := r.granted(call(b, 2, 1), false); second.Term <= first.Term {
			r.Errorf("term %d after %d", second.Term, first.Term)
		}
	})
}

func TestAReleaseGrantsToWhoWaitsLongest(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b, c := r.session(), r.session(), r.session()
		r.listen(a)
		r.listen(b)
		r.listen(c)
		r.granted(call(a, 1, 1), true)
		r.refused(call(b, 1, 1), true, 1)
		r.refused(call(c, 1, 1), true, 2)
		r.refused(call(b, 1, 1), true, 1) // a copy
		if kinds, last := r.lines(a); kinds != "???" || last != (Line{Kind: Asked, Name: "a", N: 1, SID: b}) {
			r.Errorf("%q %+v", kinds, last)
		}
		r.release(call(a, 1, 1), true)
		kinds, last := r.lines(b)
		if kinds != "0!" || last.N != 1 || last.Seat != 0 || last.Name != "a" {
			r.Errorf("%q %+v", kinds, last)
		}
		if got := r.granted(call(b, 1, 1), true); got.Term != last.Term {
			r.Errorf("term %d, published %d", got.Term, last.Term)
		}
		r.refused(call(a, 2, 1), false, 0) // who tries does not overtake
		r.release(call(c, 1, 1), false)    // gives up
		r.release(call(b, 1, 1), true)
		r.left()
	})
}

// A queue has 32 places. Who comes later has none, and takes the first that becomes free.
func TestAQueueHasThirtyTwoPlaces(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		r.granted(call(r.session(), 1, 1), false)
		var waiting []Call
		for place := 1; place <= 32; place++ {
			waiting = append(waiting, call(r.session(), 1, 1))
			r.refused(waiting[place-1], true, place)
		}
		late := call(r.session(), 1, 1)
		r.refused(late, true, 0)
		r.release(waiting[7], false) // gives up
		r.refused(late, true, 32)
		r.refused(waiting[31], true, 31)
	})
}

// A session that does not listen is passed over and stays in the queue; it needs no probe when
// it asks. While it does not count, whoever comes is granted the lock.
func TestWhoDoesNotListenIsPassedOver(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b, c := r.session(), r.session(), r.session()
		r.granted(call(a, 1, 1), true)
		r.refused(call(b, 1, 1), true, 1)
		r.release(call(a, 1, 1), true)
		r.left("w:a")
		r.granted(call(c, 1, 1), false)
		r.refused(call(b, 1, 1), true, 1)
		r.release(call(c, 1, 1), true)
		r.granted(call(b, 1, 1), true)
		r.release(call(b, 1, 1), true)
		r.left()
	})
}

// Where PUBLISH does not count all listeners, the first that lives is granted without a probe.
func TestWithoutExactCountsTheFirstThatLivesIsGranted(t *testing.T) {
	both(t, func(r *rig) {
		r.store = newRig(r.T, r.rdb, false).store
		r.open()
		a, b, c := r.session(), r.session(), r.session()
		r.granted(call(a, 1, 1), true)
		r.refused(call(b, 1, 1), true, 1)
		r.refused(call(c, 1, 1), true, 2)
		r.die(b)
		r.release(call(a, 1, 1), true)
		r.granted(call(c, 1, 1), true)
		r.release(call(c, 1, 1), true)
		r.left()
	})
}

func TestWhatADeadSessionHoldsIsFree(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b := r.session(), r.session()
		r.granted(call(a, 1, 1), true)
		r.refused(call(b, 1, 1), false, 0)
		r.die(a)
		r.granted(call(b, 1, 1), false)
		r.release(call(a, 1, 1), false)
		if got := r.ask(call(a, 2, 1), true); got.Kind != Gone {
			r.Errorf("%+v", got)
		}
		r.left("l:0:a")
	})
}

func TestSeatsAreGivenToSoMany(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b := r.session(), r.session()
		r.listen(b)
		for n := range int64(3) {
			if got := r.granted(call(a, n+1, 3), true); got.Seat != int(n) {
				r.Errorf("call %d: seat %d", n+1, got.Seat)
			}
		}
		r.refused(call(b, 1, 2), true, 1) // of two seats
		r.refused(call(b, 2, 3), true, 2)
		r.release(call(a, 3, 3), true)
		if kinds, _ := r.lines(b); kinds != "" {
			r.Errorf("%q: a free seat overtakes the first in the queue", kinds)
		}
		r.refused(call(b, 3, 4), false, 0)
		r.release(call(a, 2, 3), true)
		if kinds, last := r.lines(b); kinds != "0!0!" || last.N != 2 || last.Seat != 2 {
			r.Errorf("%q %+v", kinds, last)
		}
	})
}

func TestASpaceThatIsNotOpenGivesNothingAway(t *testing.T) {
	both(t, func(r *rig) {
		sid := record.NewNonce()
		ask := Ask{Call: call(sid, 1, 1), Wait: true, Make: bytesOf(0)}
		got, err := r.store.Acquire(r.Context(), ask)
		if got.Kind != Absent || err != nil {
			r.Fatalf("%+v, %v", got, err)
		}
		q := NewEpoch(false, lease, "")
		is, err := r.store.Found(r.Context(), "", q)
		if err != nil || is.Epoch.Open || is.Epoch.Nonce != q.Nonce {
			r.Fatalf("%+v, %v", is, err)
		}
		if late, _ := r.store.Found(r.Context(), "", NewEpoch(true, lease, "")); late.Bytes != is.Bytes {
			r.Errorf("%+v over %+v", late, is)
		}
		if got, err = r.store.Acquire(r.Context(), ask); got.Kind != Closed || got.Epoch != is.Bytes || err != nil {
			r.Fatalf("%+v, %v", got, err)
		}
		o := OpenUp.Next(is, lease)
		for range 2 { // the second is a copy
			if is, err = r.store.Found(r.Context(), is.Bytes, o); err != nil || is.Bytes != o.String() {
				r.Fatalf("%+v, %v", is, err)
			}
		}
		ask.Make = Session{0, 2 * lease, "p"}.String()
		if got, _ = r.store.Acquire(r.Context(), ask); got.Kind != Short {
			r.Errorf("%+v for a session whose lease nobody would know of after a loss", got)
		}
		ask.Make = bytesOf(0)
		if got, _ = r.store.Acquire(r.Context(), ask); got.Kind != Grant {
			r.Errorf("%+v", got)
		}
		if n := r.rdb.Exists(r.Context(), r.store.Place.Key).Val(); n != 1 {
			r.Error(n)
		}
	})
}

func TestABeatNeverMakesASession(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		sid := r.session()
		for range 2 { // the second is a copy
			if is, err := r.store.Beat(r.Context(), sid, bytesOf(0), bytesOf(1)); is != bytesOf(1) || err != nil {
				r.Fatal(is, err)
			}
		}
		if is, _ := r.store.Beat(r.Context(), sid, bytesOf(3), bytesOf(4)); is != bytesOf(1) {
			r.Error(is)
		}
		if is, _ := r.store.Reap(r.Context(), sid, bytesOf(0)); is != bytesOf(1) {
			r.Error("reaped with older bytes", is)
		}
		if is, _ := r.store.Reap(r.Context(), sid, bytesOf(1)); is != "" {
			r.Error(is)
		}
		if is, err := r.store.Beat(r.Context(), sid, bytesOf(1), bytesOf(2)); is != "" || err != nil {
			r.Error(is, err)
		}
	})
}

func TestHoldersAreThoseThatLive(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b := r.session(), r.session()
		r.granted(call(a, 1, 3), true)
		second := r.granted(call(b, 1, 3), true)
		r.die(a)
		got, err := r.store.Holders(r.Context(), "a")
		if err != nil || len(got) != 1 || got[0].Seat != 1 || got[0].Holder.Term != second.Term || got[0].Session.ID != "p" {
			r.Errorf("%+v, %v", got, err)
		}
	})
}

func TestACleanupFindsWhatNobodyAsksFor(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b, c := r.session(), r.session(), r.session()
		r.listen(c)
		r.granted(call(a, 1, 2), true)
		r.granted(call(b, 7, 2), true)
		r.refused(call(c, 1, 2), true, 1)
		r.die(a)
		step, err := r.store.Cleanup(r.Context(), "0", 64, b)
		if err != nil || step.Cursor != "0" {
			r.Fatalf("%+v, %v", step, err)
		}
		if len(step.Sessions) != 2 || step.Sessions[b] != bytesOf(0) || len(step.Own) != 1 || step.Own[0] != (Own{"a", 7, 1}) || !strings.HasPrefix(step.Epoch, "1 O 5000 ") {
			r.Errorf("%+v", step)
		}
		if kinds, last := r.lines(c); !strings.HasSuffix(kinds, "0!") || last.Seat != 0 {
			r.Errorf("%q %+v", kinds, last)
		}
		r.die(b)
		r.die(c)
		if _, err := r.store.Cleanup(r.Context(), "0", 64, b); err != nil {
			r.Fatal(err)
		}
		r.left()
	})
}

// A late copy of a request that waits leaves a queue to which no lock points.
func TestACleanupFindsAQueueWithoutALock(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		b, c := r.session(), r.session()
		r.listen(b)
		if err := r.rdb.HSet(r.Context(), r.store.Place.Key, "w:a", c+":4:1 "+b+":3:1").Err(); err != nil {
			r.Fatal(err)
		}
		r.die(c)
		if _, err := r.store.Cleanup(r.Context(), "0", 64, b); err != nil {
			r.Fatal(err)
		}
		if kinds, last := r.lines(b); kinds != "0!" || last.N != 3 {
			r.Errorf("%q %+v", kinds, last)
		}
		r.release(call(b, 3, 1), true)
		r.left()
	})
}

func (r *rig) begin(sid string, n int64, change ...func(*Begin)) Answer {
	r.Helper()
	b := Begin{Ask: Ask{Call: Call{Name: OnceLock("k"), SID: sid, N: n, Limit: 1}, Wait: true}, Key: "k", Retain: time.Hour, ID: "p"}
	for _, c := range change {
		c(&b)
	}
	a, err := r.store.Begin(r.Context(), b)
	if err != nil {
		r.Fatal(err)
	}
	return a
}

func (r *rig) finish(sid string, n int64, result string, want bool) {
	r.Helper()
	c := Call{Name: OnceLock("k"), SID: sid, N: n, Limit: 1}
	if got, err := r.store.Finish(r.Context(), c, "k", result, time.Hour); got != want || err != nil {
		r.Fatalf("%v, %v, want %v", got, err, want)
	}
}

func TestWhatIsDoneOnceIsNotBegunAgain(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b := r.session(), r.session()
		r.listen(b)
		first := r.begin(a, 1)
		if again := r.begin(a, 1); again.Kind != Grant || again.Term != first.Term {
			r.Errorf("a copy: %+v", again)
		}
		if got := r.begin(b, 1); got.Kind != Held || got.Queued != 1 {
			r.Errorf("%+v", got)
		}
		printed := func(b *Begin) { b.Fingerprint = "x" }
		if got := r.begin(b, 2, printed); got.Kind != Held { // the first gave none
			r.Errorf("%+v", got)
		}
		result := Result{Status: Done, Fingerprint: "y", Term: first.Term, ID: "p", Body: `{"a": 1}`}
		r.finish(b, 1, result.String(), false)
		r.finish(a, 1, result.String(), true)
		r.finish(a, 1, result.String(), true) // a copy
		if kinds, last := r.lines(b); !strings.HasSuffix(kinds, "=") || last.Name != "k" {
			r.Errorf("%q %+v", kinds, last)
		}
		r.left()
		got := r.begin(b, 3)
		if is, err := ParseResult(got.Result); got.Kind != HasResult || err != nil || is != result {
			r.Errorf("%+v, %+v, %v", got, is, err)
		}
		if got := r.begin(b, 4, printed); got.Kind != Mismatch {
			r.Errorf("%+v", got)
		}
		if ttl := r.rdb.PTTL(r.Context(), r.store.Place.Once("k")).Val(); ttl <= 0 || ttl > time.Hour {
			r.Error(ttl)
		}
		if who, err := r.store.Forget(r.Context(), "k"); len(who) != 0 || err != nil {
			r.Error(who, err)
		}
		if got := r.begin(b, 5); got.Kind != Grant {
			r.Errorf("%+v", got)
		}
		if who, err := r.store.Forget(r.Context(), "k"); len(who) != 1 || who[0].Holder.SID != b || err != nil {
			r.Error(who, err)
		}
	})
}

func TestWhatFailedIsBegunAgainAndWhatDiedIsNot(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b := r.session(), r.session()
		r.listen(b)
		first := r.begin(a, 1)
		r.begin(b, 1)
		r.finish(a, 1, "", true)
		if kinds, _ := r.lines(b); !strings.HasSuffix(kinds, "0!") {
			r.Errorf("%q", kinds)
		}
		second := r.begin(b, 1)
		if second.Kind != Grant || second.Term <= first.Term {
			r.Fatalf("%+v", second)
		}
		c := r.session()
		r.die(b)
		got := r.begin(c, 1)
		if is, err := ParseResult(got.Result); got.Kind != Unresolved || err != nil || is.Status != Started || is.Term != second.Term || is.ID != "p" {
			r.Errorf("%+v, %+v, %v", got, is, err)
		}
		again := func(b *Begin) { b.RunAgain = true }
		third := r.begin(c, 2, again)
		if third.Kind != Grant || r.begin(c, 2).Kind != Grant {
			r.Errorf("%+v", third)
		}
		r.finish(c, 2, "", true)
		if n := r.rdb.Exists(r.Context(), r.store.Place.Once("k")).Val(); n != 0 {
			r.Error("a mark is left")
		}
		r.left()
	})
}

// A late copy of a request that makes a session must not mark a result: nobody would work for it.
func TestASessionIsMadeBeforeAResultIsMarked(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		sid := record.NewNonce()
		makes := func(b *Begin) { b.Make = bytesOf(0) }
		if got := r.begin(sid, 1); got.Kind != Gone {
			r.Errorf("%+v", got)
		}
		if got := r.begin(sid, 1, makes); got.Kind != Made {
			r.Errorf("%+v", got)
		}
		if n := r.rdb.Exists(r.Context(), r.store.Place.Once("k")).Val(); n != 0 {
			r.Error("marked")
		}
		if got := r.begin(sid, 1); got.Kind != Grant {
			r.Errorf("%+v", got)
		}
	})
}

func TestAFullServerRefusesGrantsAndFreesSeats(t *testing.T) {
	r := newRig(t, redistest.Start(t).Client(), true)
	r.open()
	a, b := r.session(), r.session()
	r.granted(call(a, 1, 1), true)
	r.refused(call(b, 1, 1), true, 1)
	other := Call{Name: "b", SID: a, N: 2, Limit: 1}
	r.granted(other, true)
	if err := r.rdb.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.Acquire(t.Context(), Ask{Call: Call{Name: "c", SID: a, N: 3, Limit: 1}}); !errors.Is(err, register.ErrUnavailable) || !strings.Contains(err.Error(), "out of memory") {
		t.Error(err)
	}
	r.release(other, true)
	r.release(call(a, 1, 1), true)
	if is, err := r.store.Reap(t.Context(), a, bytesOf(0)); is != "" || err != nil {
		t.Error(is, err)
	}
	if err := r.rdb.ConfigSet(t.Context(), "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	r.granted(call(b, 1, 1), true)
}

// A clock that is a day off gives no terms, neither to who asks nor to who waits.
func TestAClockThatIsADayOffGivesNoTerms(t *testing.T) {
	both(t, func(r *rig) {
		r.open()
		a, b := r.session(), r.session()
		r.listen(b)
		r.granted(call(a, 1, 1), true)
		r.refused(call(b, 1, 1), true, 1)
		right := r.store.clock
		r.store.clock = skewed{right, 25 * time.Hour}
		for _, limit := range []int{1, 2} {
			_, err := r.store.Acquire(r.Context(), Ask{Call: Call{Name: "z", SID: a, N: 9, Limit: limit}})
			if !errors.Is(err, register.ErrUnfit) {
				r.Error(limit, err)
			}
		}
		r.release(call(a, 1, 1), true)
		if kinds, _ := r.lines(b); strings.Contains(kinds, "!") {
			r.Error(kinds)
		}
		r.store.clock = right
		r.granted(call(b, 1, 1), true)
	})
}

func TestAKeyOfAnotherTypeIsLeftAlone(t *testing.T) {
	both(t, func(r *rig) {
		if err := r.rdb.Set(r.Context(), r.store.Place.Key, "mine", 0).Err(); err != nil {
			r.Fatal(err)
		}
		if _, err := r.store.Acquire(r.Context(), Ask{Call: call(record.NewNonce(), 1, 1)}); !register.IsWrongType(err) {
			r.Error(err)
		}
		if is := r.rdb.Get(r.Context(), r.store.Place.Key).Val(); is != "mine" {
			r.Error(is)
		}
	})
}

// skewed is a clock whose wall clock is off.
type skewed struct {
	seam.Clock

	by time.Duration
}

func (s skewed) Now() (i heartbeat.Instant) {
	i = s.Clock.Now()
	i.Wall += s.by
	return i
}
