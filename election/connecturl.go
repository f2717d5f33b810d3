package election

import (
	"cmp"
	"errors"
	"fmt"

	"example.com/incumbent/internal/redisurl"
)

// ConnectURL returns a Conn over the Redis at these addresses, and makes the client
// for it. [Conn.Close] closes that client. It sends nothing and does not block.
//
//	redis://user:password@host:6379/0             one server; rediss:// for TLS
//	unix:///run/redis.sock?db=1                   one server, by its socket
//	redis://h1:6379,h2:6379                       a cluster
//	redis://h1:26379,h2:26379?master_name=main    a master behind Sentinels
//
// The options are those of go-redis: see redis.ParseURL, redis.ParseClusterURL and
// redis.ParseFailoverURL. Behind Sentinel the user and password before the host are
// those of the Sentinels; the options username and password are those of the master.
// The addresses of a list may differ in host and port only. Addresses with names, such
// as a=redis://host:6379, are kept for a quorum of independent servers and refused.
//
// The defaults are those of [Connect].
//
// Errors wrap [ErrConfig]; no error shows the address, since that may hold a password.
func ConnectURL(url string, defaults Config) (*Conn, error) {
	target, err := redisurl.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	rdb := target.Connect()
	c, err := Connect(rdb, defaults)
	if err != nil {
		return nil, errors.Join(err, rdb.Close())
	}
	c.closeClient = rdb.Close
	return c, nil
}

// closeOwn closes the client that ConnectURL made, once.
func (c *Conn) closeOwn() error {
	c.mu.Lock()
	closeClient := c.closeClient
	c.closeClient = nil
	c.mu.Unlock()
	if closeClient == nil {
		return nil
	}
	return closeClient()
}

// checkDefaults refuses what is wrong whatever the election.
func (c Config) checkDefaults() error {
	if c.Name != "" {
		return fmt.Errorf("%w: the defaults have the name %.140q: leave it empty, every election has its own", ErrConfig, c.Name)
	}
	return c.checkFields("the defaults")
}

// over returns c with the defaults in the place of its zero fields.
func (c Config) over(defaults Config) Config {
	c.ID = cmp.Or(c.ID, defaults.ID)
	c.Meta = cmp.Or(c.Meta, defaults.Meta)
	c.Lease = cmp.Or(c.Lease, defaults.Lease)
	c.Grace = cmp.Or(c.Grace, defaults.Grace)
	c.Stall = cmp.Or(c.Stall, defaults.Stall)
	c.CoolDown = cmp.Or(c.CoolDown, defaults.CoolDown)
	c.ReleaseTimeout = cmp.Or(c.ReleaseTimeout, defaults.ReleaseTimeout)
	c.Bootstrap = cmp.Or(c.Bootstrap, defaults.Bootstrap)
	c.Prefix = cmp.Or(c.Prefix, defaults.Prefix)
	c.Logger = cmp.Or(c.Logger, defaults.Logger)
	if c.Observer == nil {
		c.Observer = defaults.Observer
	}
	if c.OnOverrun == nil {
		c.OnOverrun = defaults.OnOverrun
	}
	return c
}
