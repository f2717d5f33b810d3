package register

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// A Target is whom a client reaches, as far as that is known. Errors name it and say what
// to do. It never holds a password.
type Target struct {
	addr     string // for people; empty: unknown
	plain    bool   // a client of one server, which follows no redirection
	sentinel bool   // which Sentinel names
	tls      bool

	answered atomic.Bool // Redis has answered at least once
}

// NewTarget asks a client, or a wrapper of one, for its options. The addresses of
// Sentinels are not among them.
func NewTarget(rdb Client) *Target {
	switch k := classifyClient(rdb); {
	case k.sentinel:
		return &Target{addr: "the master that Sentinel names", plain: true, sentinel: true, tls: k.server.TLSConfig != nil}
	case k.server != nil:
		return &Target{addr: k.server.Addr, plain: true, tls: k.server.TLSConfig != nil}
	case k.cluster != nil:
		return &Target{addr: clusterName(k.cluster.Addrs), tls: k.cluster.TLSConfig != nil}
	}
	return &Target{}
}

// clusterName names a cluster by the first nodes that the client was given.
func clusterName(addrs []string) string {
	const most = 3
	switch {
	case len(addrs) == 0: // found by Sentinel
		return "the cluster"
	case len(addrs) > most:
		return fmt.Sprintf("the cluster at %s and %d more", strings.Join(addrs[:most], ", "), len(addrs)-most)
	}
	return "the cluster at " + strings.Join(addrs, ", ")
}

// Name is for sentences.
func (t *Target) Name() string {
	if t == nil || t.addr == "" {
		return "the server"
	}
	return t.addr
}

// heard notes that Redis has answered.
func (t *Target) heard() {
	if !t.answered.Load() {
		t.answered.Store(true)
	}
}

// Silent is the error of a request that had no answer within that time.
func (t *Target) Silent(within time.Duration) error {
	return fmt.Errorf("%w: %s", ErrUnavailable, t.noAnswer(within))
}

// ended is the error of a request whose caller did not wait any longer.
func (t *Target) ended(cause error) error {
	return fmt.Errorf("%w: no answer from %s before the call ended (%w)", ErrUnavailable, t.Name(), cause)
}

func (t *Target) noAnswer(within time.Duration) string {
	until := "in time"
	if within > 0 {
		until = fmt.Sprint("within ", within.Round(time.Millisecond))
	}
	return fmt.Sprintf("no answer from %s %s; %s?", t.Name(), until, t.question())
}

// question is what to find out first when there was no answer.
func (t *Target) question() string {
	q := "is Redis running there"
	if t != nil && t.sentinel {
		q = "are Redis and the Sentinels running"
	}
	if about := t.aboutTLS(); about != "" {
		q += ", and " + about
	}
	return q
}

// aboutTLS asks for what is often the reason when nobody there has ever spoken Redis.
func (t *Target) aboutTLS() string {
	switch {
	case t == nil || t.addr == "" || t.answered.Load():
		return ""
	case t.tls:
		return "does it speak TLS"
	}
	return "does it want TLS"
}

// closed is said of a connection that ended without an answer.
func (t *Target) closed() string {
	said := t.Name() + " closed the connection"
	if about := t.aboutTLS(); about != "" {
		said += "; " + about + "?"
	}
	return said
}
