package space

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A view shows who is a member, who has the names and who waits for them, of who lives.
func TestAViewShowsTheLivingOfASet(t *testing.T) {
	both(t, func(r *rig) {
		const set = Set("s:1")
		r.open()
		a, b, c := r.session(), r.session(), r.session()
		of := func(lock, sid string, n int64, limit int) Call { return Call{Name: lock, SID: sid, N: n, Limit: limit} }
		for _, sid := range []string{a, b, c} {
			r.listen(sid)
			r.granted(of(set.Lock(), sid, 1, MaxMembers), true)
		}
		x, y, z := set.NameLock("x"), set.NameLock("y"), set.NameLock("z")
		r.granted(of(x, a, 2, 1), true)
		r.refused(of(x, b, 2, 1), true, 1)
		r.refused(of(x, c, 2, 1), true, 2)
		r.granted(of(y, c, 3, 1), true)
		r.lines(a)
		look := func(tells bool) View {
			t.Helper()
			v, err := r.store.View(r.Context(), set, a, tells, []string{x, y, z})
			if err != nil || len(v.Names) != 3 {
				r.Fatal(v, err)
			}
			return v
		}
		v := look(false)
		if len(v.Members) != 3 || v.Members[0].Holder.SID != a || v.Members[2].Seat != 2 || v.Members[1].Session.Lease != lease || v.Members[1].Bytes != bytesOf(0) {
			r.Errorf("%+v", v.Members)
		}
		if n := v.Names; n[0].SID != a || n[1].SID != c || n[2].SID != "" || !n[0].Awaited(b) || !n[0].Awaited(c) || n[0].Awaited(a) || n[1].Awaited(b) || n[2].Awaited("") {
			r.Errorf("%+v", n)
		}
		r.die(c)
		v = look(true)
		if len(v.Members) != 2 || v.Names[1].SID != "" {
			r.Errorf("%+v", v)
		}
		for sid, want := range map[string]string{a: "", b: "~"} {
			kinds, line := r.lines(sid)
			if kinds != want || want != "" && (line.Kind != Changed || line.Name != "s:1") {
				r.Errorf("%q %+v, want %q", kinds, line, want)
			}
		}
	})
}

// A set of the most names, most of which are free, is one script.
func TestAViewOfManyNames(t *testing.T) {
	both(t, func(r *rig) {
		const set = Set("s")
		r.open()
		a := r.session()
		locks := make([]string, 1000)
		for i := range locks {
			locks[i] = set.NameLock(fmt.Sprint(strings.Repeat("n", 120), i))
		}
		r.granted(Call{Name: locks[999], SID: a, N: 1, Limit: 1}, true)
		v, err := r.store.View(r.Context(), set, a, false, locks)
		if err != nil || len(v.Names) != 1000 || v.Names[999].SID != a || slices.ContainsFunc(v.Names[:999], func(n Named) bool { return n.SID != "" }) {
			r.Error(err)
		}
	})
}

func TestSetsAndTheirLocks(t *testing.T) {
	t.Parallel()
	for lock, want := range map[string]Set{"+a": "a", "+a+x": "a", "+a:b+x:y": "a:b", "+a+": "a", "+": "", "+a+x+y": "a"} {
		if got, is := SetOf(lock); got != want || !is {
			t.Errorf("%q: %q, %v", lock, got, is)
		}
	}
	for lock, want := range map[string]bool{
		"+a": true, "+a+x": true, "+a:b+x@y": true, "": false, "a": false, "#a": false, "+": false, "++x": false, "+a+": false, "+a+x+y": false, "+a b": false,
	} {
		if got := IsSetLock(lock); got != want {
			t.Errorf("%q: %v", lock, got)
		}
		if got := IsMembership(lock); got != (lock == "+a" || lock == "+" || lock == "+a b") {
			t.Errorf("%q: %v", lock, got)
		}
	}
	var v View
	for _, value := range []any{nil, "x", []any{}, []any{[]any{}, []any{"x"}}, []any{[]any{int64(0), "x", "y"}, []any{"", ""}}} {
		if err := v.read(value, 1); err == nil || errors.Is(err, errors.ErrUnsupported) {
			t.Error(value, err)
		}
	}
}

func BenchmarkView(b *testing.B) {
	s := redistest.Start(b)
	for _, n := range []int{100, 1000} {
		for _, members := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("names=%d/members=%d", n, members), func(b *testing.B) { benchmarkView(b, s, n, members) })
		}
	}
}

// benchmarkView looks at names that one member holds, or each one in turn.
func benchmarkView(b *testing.B, s *redistest.Server, names, members int) {
	rdb := s.Client()
	if err := rdb.FlushAll(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
	d := register.NewDirect(rdb, 4, time.Second)
	defer d.Stop()
	const set = Set("s")
	store := NewStore(d, NewPlace("incumbent:", "s", 0), true, seam.NewSystem(), time.Second)
	sids := make([]string, members)
	fields := []any{}
	for i := range sids {
		sids[i] = record.NewNonce()
		fields = append(fields, "s:"+sids[i], bytesOf(0), SeatField(i, set.Lock()), sids[i]+":1:1795241018539000")
	}
	locks := make([]string, names)
	for i := range locks {
		locks[i] = set.NameLock(fmt.Sprintf("tenant-%03d", i))
		fields = append(fields, SeatField(0, locks[i]), sids[i%members]+":2:1795241018539000")
	}
	if err := rdb.HSet(b.Context(), store.Place.Key, fields...).Err(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if v, err := store.View(b.Context(), set, sids[0], false, locks); err != nil || len(v.Members) != members {
			b.Fatal(err)
		}
	}
}
