package space

import (
	"context"
	"strings"

	"example.com/incumbent/heartbeat"
)

// A Set is names that its members share. The locks of a set are no names that a caller can
// lock. Each member holds a seat of one of them, and of each name one member the lock.
type Set string

// MaxMembers is how many members a set can have: a lock has no more seats.
const MaxMembers = MaxSeats

// Lock is the lock of which each member holds a seat.
func (s Set) Lock() string { return "+" + string(s) }

// NameLock is the lock of a name.
func (s Set) NameLock(name string) string { return s.Lock() + "+" + name }

// SetOf returns the set that a lock belongs to; false if it belongs to none.
func SetOf(lock string) (Set, bool) {
	rest, is := strings.CutPrefix(lock, "+")
	set, _, _ := strings.Cut(rest, "+")
	return Set(set), is
}

// IsMembership reports whether a lock is that of which members hold a seat.
func IsMembership(lock string) bool {
	return strings.HasPrefix(lock, "+") && strings.Count(lock, "+") == 1
}

// IsSetLock reports whether a lock is one of a set, and well-formed.
func IsSetLock(lock string) bool {
	set, is := SetOf(lock)
	name, ofName := strings.CutPrefix(lock, set.Lock()+"+")
	return is && IsName(string(set)) && (!ofName || IsName(name))
}

// A View is what one script has seen of a set.
type View struct {
	Members []Seat
	Names   []Named // as asked for

	Sent, Received heartbeat.Instant
}

// A Named is what a view shows of a name.
type Named struct {
	SID     string // of who holds it, empty if nobody that lives
	waiting string
}

// Awaited reports whether a session waits for the name.
func (n Named) Awaited(sid string) bool {
	for asks := range strings.FieldsSeq(n.waiting) {
		if of, _, _ := strings.Cut(asks, ":"); of == sid {
			return true
		}
	}
	return false
}

// View shows a set to a session: its members, and who has the names that these locks are of. If
// it tells, the other members are told to look, too.
func (s *Store) View(ctx context.Context, set Set, sid string, tells bool, locks []string) (View, error) {
	line := ""
	if tells {
		line = "~ " + string(set)
	}
	w := append(view.Command(1, 6+len(locks)), s.key, set.Lock(), MaxMembers, sid, line, s.Place.Suffix)
	for _, l := range locks {
		w = append(w, l)
	}
	v := View{Sent: s.clock.Now()}
	value, err := s.run(ctx, view, w)
	if err != nil {
		return v, err
	}
	v.Received = s.clock.Now()
	return v, v.read(value, len(locks))
}

func (v *View) read(value any, names int) (err error) {
	values, _ := value.([]any)
	if len(values) != 2 {
		return unexpected(value)
	}
	of, _ := values[1].([]any)
	if len(of) != 2*names {
		return unexpected(value)
	}
	if v.Members, err = readSeats(values[0]); err != nil {
		return err
	}
	v.Names = make([]Named, names)
	for i := range v.Names {
		v.Names[i].SID, _ = of[2*i].(string)
		v.Names[i].waiting, _ = of[2*i+1].(string)
	}
	return nil
}
