package electiontest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/clocktest"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

// A Client is what one process has: a Redis client behind a network of its own,
// and a clock of its own, which fail on request. Faults last until [Client.Heal].
// Its methods may be called from any goroutine.
//
// Hand the Client itself to election.New, election.Connect, singleton.Run or, as
// an election.Redis, to an fx application. The *redis.Client in it is for code
// that wants just that: elections over it work, too, but know no clock other
// than the real one, which [Client.Pause] and a quick [Election.Expire] need.
type Client struct {
	*redis.Client // closed at the end of the test
	lender        // package election runs by the client's clock
	noter         // package fresh says what it holds

	redis *Redis
	link  *link.Link
	clock *clocktest.Clock
	lent  atomic.Bool // an election runs by the clock
	note  func(fault string)
}

// lender keeps the method that package election calls out of the documentation.
type lender = seam.Lender

// noter does the same for what package fresh calls.
type noter = seam.Noter

var (
	_ seam.Clocked = (*Client)(nil)
	_ seam.Holding = (*Client)(nil)
)

// Dials are over before the attempt that they are for, by which few connections
// can be in the making at once; and a pool as large as this makes nobody wait
// for a place in it. The timers of those who wait are shared by all bubbles, and
// must not be.
const (
	dialTimeout = 200 * time.Millisecond
	poolSize    = 100
)

// Client returns a new client, for one more process. Each option may change what
// the client is made with, such as its password.
func (r *Redis) Client(options ...func(*redis.Options)) *Client {
	l := r.stub.Link()
	o := redistest.Options(l)
	o.DialTimeout = dialTimeout
	o.PoolSize, o.PipelinePoolSize = poolSize, -1
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.Dialer = link.NeverFails(o.Dialer) // a pool that counts too many failures dials on after its Close
	for _, change := range options {
		change(o)
	}
	c := &Client{Client: redis.NewClient(o), redis: r, link: l, clock: newClock(), note: func(string) {}}
	c.lender = seam.NewLender(func() seam.Clock {
		c.lent.Store(true)
		return c.clock
	})
	c.noter = seam.NewNoter(r.hold)
	r.tb.Cleanup(func() { _ = c.Close() }) // the test may have closed it
	return c
}

// Cut breaks all connections and refuses new ones: the server is down, or a
// firewall says so.
func (c *Client) Cut() {
	c.note("CUT OFF")
	c.link.Cut()
}

// BlackHole loses what is sent either way from now on, and nobody notices.
func (c *Client) BlackHole() {
	c.note("sends into a BLACK HOLE")
	c.link.Swallow()
}

// Stall holds what is sent either way, and what is on its way, until Heal, which
// delivers it: late, but whole.
func (c *Client) Stall() {
	c.note("STALLED: packets are held")
	c.link.Stall()
}

// LoseReplies loses the next n replies and breaks the connection of each: the
// commands were executed, and the client cannot know.
func (c *Client) LoseReplies(n int) {
	c.note(fmt.Sprintf("will LOSE %d replies", n))
	c.link.LoseReplies(n)
}

// SetLatency makes everything take d to arrive, one way. Heal leaves it as it is.
// With more than 200 ms nobody gets a connection.
func (c *Client) SetLatency(d time.Duration) { c.link.SetLatency(d) }

// Conns returns how many connections are up.
func (c *Client) Conns() int { return c.link.Conns() }

// Heal ends all faults of the network.
func (c *Client) Heal() {
	c.note("network healed")
	c.link.Heal()
}

// Pause lets the process stand still for d, as a long stop of the virtual machine
// does: its elections stop wherever they look at the clock, its work wherever it
// looks at its context. What the work does between two such looks goes on, as if
// it had been done a moment before the pause; that is what a fence is for. Calls
// like IsLeader of a paused process block, too.
func (c *Client) Pause(d time.Duration) {
	c.note(fmt.Sprintf("PAUSED for %v", d))
	c.clock.Stall(d)
}
