package fence

import (
	"context"
	"fmt"
	"strings"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
)

// A Key is the name of a Redis key in a [Cmd]. Every key must be in the slot of the
// record, or of At's key, with every kind of client: what works on one server works in a
// cluster then.
type Key string

// defaultPrefix is that of elections which name none.
const defaultPrefix = "incumbent:"

// KeyFor returns the key name in the slot of what ctx works for: "{nightly}:report" in
// the election "nightly", "{locks}:report" in the space "locks", and with a Prefix of its own "<prefix>data:{nightly}:report".
// In a context of no work it is empty, and refused with [ErrNoTerm].
func KeyFor(ctx context.Context, name string) Key {
	h, ok := register.HolderFrom(ctx)
	if !ok {
		return ""
	}
	return keyFor(h.Place, name)
}

func keyFor(p register.Place, name string) Key {
	tag := register.Tag(p.Key)
	if prefix, _, _ := strings.Cut(p.Key, "{"); prefix != defaultPrefix {
		return Key(prefix + "data:{" + tag + "}:" + name)
	}
	return Key("{" + tag + "}:" + name)
}

// checkKey refuses a key that may not be written behind this check.
func (c *call) checkKey(k Key) error {
	switch {
	case k == "":
		return fmt.Errorf("%w: a key is empty, as KeyFor returns it for a context of no work", ErrNoTerm)
	case isElections(c.holder.Place, k):
		return fmt.Errorf("%w: the key %q belongs to the election or the space of locks: use %q", election.ErrConfig, k, keyFor(c.holder.Place, "…"))
	case string(k) == c.at:
		return fmt.Errorf("%w: the key %q is the fence itself: give the data another", election.ErrConfig, k)
	case register.Tag(string(k)) != register.Tag(c.at):
		return fmt.Errorf("%w: the key %q is not in the slot of %q: use %q", election.ErrConfig, k, c.at, c.instead(k))
	}
	return nil
}

// isElections reports whether a key is the record, or another of the election's own, or of
// the space of locks.
func isElections(p register.Place, k Key) bool {
	base, _, _ := strings.Cut(p.Key, "}")
	base += "}"
	return string(k) == base || strings.HasPrefix(string(k), base+":")
}

// instead is a key for the same data in the slot of the check.
func (c *call) instead(k Key) Key {
	name := strings.NewReplacer("{", "", "}", "").Replace(string(k))
	if c.script.term != nil {
		return Key("{" + register.Tag(c.at) + "}:" + name)
	}
	return keyFor(c.holder.Place, name)
}
