// Package balance assigns names to members, about as many to each. It is a pure function, so
// whoever knows the same computes the same.
package balance

import (
	"cmp"
	"slices"
)

// Nobody is the index of no member.
const Nobody = -1

// Bound is the most names that one of so many members shall have: names / members, rounded up.
func Bound(names, members int) int {
	if members == 0 {
		return 0
	}
	return (names + members - 1) / members
}

// Assign returns for each name the index of the member that shall have it, or [Nobody] if there
// are no members. Holders says for each name which member has it now, or Nobody.
//
// Loads differ by one at most: some members have the bound, the others one less. A member keeps
// what it has up to that; of more it keeps those names that rendezvous hashing gives it the
// highest scores for. The others go to whom rendezvous hashing prefers among the members that
// have room, the highest scores first. So as few names move as the loads allow: none if a member
// leaves a balanced set, and at most the bound if one joins. The order of names and of members
// does not matter. Names must differ, and so must members.
//
// Rendezvous hashing is by Thaler and Ravishankar (1998); a bound for the load is an idea of
// Mirrokni, Thorup and Zadimoghaddam (2018).
func Assign(names, members []string, holders []int) []int {
	a := assignment{
		names: names, members: members,
		load: make([]int, len(members)), targets: slices.Repeat([]int{Nobody}, len(names)),
	}
	if len(members) > 0 {
		a.share, a.over = len(names)/len(members), len(names)%len(members)
	}
	var kept []pair
	for i, h := range holders {
		if h != Nobody {
			kept = append(kept, a.pair(i, h))
		}
	}
	a.take(kept)
	var rest []pair
	for i, target := range a.targets {
		if target != Nobody {
			continue
		}
		for m := range members {
			if a.room(m) {
				rest = append(rest, a.pair(i, m))
			}
		}
	}
	a.take(rest)
	return a.targets
}

type assignment struct {
	names, members []string
	share          int   // of each member
	over           int   // how many members may still have one more
	load           []int // of each member
	targets        []int // of each name
}

// A pair is a name and a member that may have it.
type pair struct {
	score        uint64
	name, member int
}

func (a *assignment) pair(name, member int) pair {
	return pair{score(a.names[name], a.members[member]), name, member}
}

// room reports whether a member may have one more name.
func (a *assignment) room(member int) bool {
	return a.load[member] < a.share || a.load[member] == a.share && a.over > 0
}

// take assigns the names of the pairs with the highest scores first.
func (a *assignment) take(pairs []pair) {
	slices.SortFunc(pairs, func(p, q pair) int {
		return cmp.Or(
			cmp.Compare(q.score, p.score),
			cmp.Compare(a.names[p.name], a.names[q.name]),
			cmp.Compare(a.members[p.member], a.members[q.member]),
		)
	})
	for _, p := range pairs {
		if a.targets[p.name] != Nobody || !a.room(p.member) {
			continue
		}
		if a.load[p.member] == a.share {
			a.over--
		}
		a.targets[p.name] = p.member
		a.load[p.member]++
	}
}

// score is how much rendezvous hashing prefers a member for a name: FNV-1a of both with a zero
// between, and then the finalizer of MurmurHash3, since the high bits of the former differ
// little. All versions must agree on it, so it never changes.
func score(name, member string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * prime
	}
	h *= prime // the zero
	for i := range len(member) {
		h = (h ^ uint64(member[i])) * prime
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
