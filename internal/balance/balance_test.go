package balance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"
)

// texts are so many different ones.
func texts(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%02d", prefix, i)
	}
	return all
}

func nobody(n int) []int { return slices.Repeat([]int{Nobody}, n) }

// loads is how many names each member has.
func loads(members int, holders []int) []int {
	all := make([]int, members)
	for _, h := range holders {
		if h != Nobody {
			all[h]++
		}
	}
	return all
}

// moves is how many names have another holder than before, of those that had one.
func moves(before, after []int) (moved, taken int) {
	for i := range before {
		switch {
		case before[i] == Nobody && after[i] != Nobody:
			taken++
		case before[i] != after[i]:
			moved++
		}
	}
	return moved, taken
}

// without is who holds the names when a member is gone, in a list of members without it.
func without(gone int, holders []int) []int {
	all := slices.Clone(holders)
	for i, h := range all {
		switch {
		case h == gone:
			all[i] = Nobody
		case h > gone:
			all[i]--
		}
	}
	return all
}

// 100 names, ten members that join one by one, one that dies, and a rolling update of all.
func TestMembersJoinDieAndAreReplaced(t *testing.T) {
	t.Parallel()
	names := texts("tenant-", 100)
	var members []string
	holders, next := nobody(100), 0
	join := func() (moved, taken int) {
		members = append(members, fmt.Sprint("member-", next))
		next++
		before := holders
		holders = Assign(names, members, holders)
		return moves(before, holders)
	}
	leave := func(m int) (moved, taken int) {
		members = slices.Delete(slices.Clone(members), m, m+1)
		before := without(m, holders)
		holders = Assign(names, members, before)
		return moves(before, holders)
	}
	for i, want := range []int{0, 50, 33, 25, 20, 16, 14, 12, 11, 10} {
		moved, _ := join()
		if most := Bound(100, i+1); moved != want || moved > most || slices.Max(loads(i+1, holders)) > most {
			t.Errorf("%d members: moved %d, loads %v; want %d moved", i+1, moved, loads(i+1, holders), want)
		}
	}
	for len(members) > 6 {
		if moved, taken := leave(0); moved != 0 || taken > Bound(100, len(members)+1) {
			t.Errorf("one of %d dies: moved %d, taken over %d; want 0 moved", len(members)+1, moved, taken)
		}
	}
	for range 6 { // each leaves, and another comes
		had := loads(6, holders)[0]
		if moved, taken := leave(0); moved != 0 || taken != had || had < 16 || had > 17 {
			t.Errorf("one of 6 leaves: moved %d, taken over %d; want 0 and %d", moved, taken, had)
		}
		if moved, _ := join(); moved != 16 {
			t.Errorf("another comes: moved %d; want 16", moved)
		}
	}
}

// A case is something to assign.
type instance struct {
	names, members []string
	holders        []int
}

func (c instance) assign() []int { return Assign(c.names, c.members, c.holders) }

// random draws some names and members; some names have holders.
func random(seed uint64) instance {
	r := rand.New(rand.NewPCG(seed, 1))
	c := instance{names: texts("n", r.IntN(40)), members: texts("m", 1+r.IntN(12))}
	for range c.names {
		c.holders = append(c.holders, r.IntN(len(c.members)+1)-1)
	}
	return c
}

// check says what is wrong with an assignment.
func (c instance) check() error {
	targets := c.assign()
	bound := Bound(len(c.names), len(c.members))
	had, has := loads(len(c.members), c.holders), loads(len(c.members), targets)
	for i, target := range targets {
		if target < 0 || target >= len(c.members) {
			return fmt.Errorf("%s has no member", c.names[i])
		}
	}
	share, over := len(c.names)/len(c.members), len(c.names)%len(c.members)
	least := 0 // names that cannot stay
	for m, n := range has {
		if n > bound || n < share {
			return fmt.Errorf("%d names on %s: the share is %d, the bound %d", n, c.members[m], share, bound)
		}
		least += max(0, had[m]-share)
		if had[m] > share && over > 0 {
			least--
			over--
		}
	}
	if moved, _ := moves(c.holders, targets); moved != least {
		return fmt.Errorf("%d names moved: %d would do", moved, least)
	}
	c.holders = targets
	if again := c.assign(); !slices.Equal(again, targets) {
		return fmt.Errorf("what was assigned moves again: %v, then %v", targets, again)
	}
	return nil
}

// All names have a member, none has more than the bound, as few as possible move, and what was
// assigned stays.
func TestProperties(t *testing.T) {
	t.Parallel()
	if err := quick.Check(func(seed uint64) bool {
		err := random(seed).check()
		if err != nil {
			t.Logf("seed %d: %v", seed, err)
		}
		return err == nil
	}, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

// The order in which names and members are given does not matter. If a member joins a balanced
// set, no more names than the bound move, and if one leaves, none of the others.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	if err := quick.Check(func(seed uint64) bool {
		c := random(seed)
		want := c.assign()
		r := rand.New(rand.NewPCG(seed, 2))
		names, members := r.Perm(len(c.names)), r.Perm(len(c.members))
		o := instance{names: make([]string, len(names)), members: make([]string, len(members)), holders: make([]int, len(names))}
		for i, at := range members {
			o.members[at] = c.members[i]
		}
		for i, at := range names {
			o.names[at], o.holders[at] = c.names[i], Nobody
			if h := c.holders[i]; h != Nobody {
				o.holders[at] = members[h]
			}
		}
		for i, target := range o.assign() {
			if at := slices.Index(names, i); target != members[want[at]] {
				return false
			}
		}
		balanced := want
		joined := Assign(c.names, append(slices.Clone(c.members), "new"), balanced)
		moved, _ := moves(balanced, joined)
		left := Assign(c.names, c.members[:len(c.members)-1], without(len(c.members)-1, balanced))
		stayed, _ := moves(without(len(c.members)-1, balanced), left)
		return moved <= Bound(len(c.names), len(c.members)+1) && (stayed == 0 || len(c.members) == 1)
	}, &quick.Config{MaxCount: 1000}); err != nil {
		t.Error(err)
	}
}

// Processes of different versions must agree.
func TestScoresNeverChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, member string
		want         uint64
	}{{"", "", 0xb9034ad37056f5fb}, {"tenant-07", "AAAAAAAAAAAAAAAA", 0x914d6dda36ed5be2}, {"tenant-08", "AAAAAAAAAAAAAAAA", 0xf81091cbe6f0ed0c}} {
		if got := score(c.name, c.member); got != c.want {
			t.Errorf("score(%q, %q) = %#x, want %#x", c.name, c.member, got, c.want)
		}
	}
}

func TestWithoutMembers(t *testing.T) {
	t.Parallel()
	if got := Assign([]string{"x"}, nil, nobody(1)); !slices.Equal(got, nobody(1)) || Bound(1, 0) != 0 {
		t.Error(got, Bound(1, 0))
	}
}

func BenchmarkAssign(b *testing.B) {
	names, members := texts("tenant-", 1000), texts("member-", 256)
	for b.Loop() {
		Assign(names, members, nobody(1000))
	}
}
