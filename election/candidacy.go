package election

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A candidacy is what stays the same of an elector: who stands, for which election, and
// where that is. Whatever works for an elector gets this, and not the elector.
type candidacy struct {
	cfg    Config
	timing heartbeat.Timing
	place  register.Place
	rdb    Redis
	clock  seam.Clock
	log    *slog.Logger
	names  *names // of the Conn

	hushed   atomic.Bool // nobody wants to know of beats
	reported reported    // owned by the reporter
}

// A legacy is what one campaign of an elector leaves to the next. Whoever set running
// owns it.
type legacy struct {
	coolDownEnds      heartbeat.Instant // no campaign before
	former            record.Grant      // of the last term of our own, or of a grant that is given up
	lateGrants        int               // grants in a row that were answered too late
	duplicateReported bool              // that somebody else uses our ID
}

// memory is what the Conn knows of the election. There is one while a call is under way.
func (c *candidacy) memory() *memory { return c.names.find(c.place.Key) }

// sameElection reports whether both are candidates of one election: the same key
// on the same Redis. An election of that name on another Redis is another one, and
// may be led inside this one to move it there.
func (c *candidacy) sameElection(other *candidacy) bool {
	return c.place == other.place && register.SameRedis(c.rdb, other.rdb)
}

// absent explains that there is no record.
func (c *candidacy) absent() error {
	return fmt.Errorf("%w: key %s is absent at %s: nobody was ever a candidate there, or Redis lost its memory; check the name, the prefix, the database and the address",
		ErrNoElection, c.place.Key, register.NewTarget(c.rdb).Name())
}

// foreign explains a record that is none, and how to repair it.
func (c *candidacy) foreign(s register.Observation) error {
	show := fmt.Sprintf("GETRANGE '%s' 0 200", c.place.Key)
	if errors.Is(s.Foreign, register.ErrWrongType) { // on which GETRANGE fails
		show = fmt.Sprintf("TYPE '%s'", c.place.Key)
	}
	return fmt.Errorf("%w: key %s holds something else (%w); look at it with redis-cli %s, and if nothing needs it, redis-cli DEL '%s'",
		ErrForeignRecord, c.place.Key, s.Foreign, show, c.place.Key)
}
