package succession

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
)

// A Waitlist is the leader's list of who waits for leadership, so that a release can
// wake a few of them in turn and not all. It is fed by what they announce beside their looks.
// Nothing of it is believed: who is notified of a vacancy still has to win it by a CAS.
type Waitlist struct {
	mu      sync.Mutex
	waiters map[string]waiter // by token
}

// waiter is one who waits, by the leader's clock.
type waiter struct {
	token string
	since heartbeat.Instant
	heard heartbeat.Instant // last
}

// MaxNotified is how many are notified of a vacancy first.
const MaxNotified = 3

const (
	maxWaiters = 1000 // of more, those heard of last are kept

	longestWait = 365 * 24 * time.Hour // that is announced
)

// announcement is what a waiting candidate publishes: who it is, and for how long
// it has waited.
func announcement(token string, waited time.Duration) string {
	return fmt.Sprintf("waits %s %d", token, min(waited, longestWait).Milliseconds())
}

// ParseAnnouncement reads what somebody else published.
func ParseAnnouncement(s string) (token string, waited time.Duration, ok bool) {
	rest, ok := strings.CutPrefix(s, "waits ")
	if !ok || len(rest) > 64 {
		return "", 0, false
	}
	token, number, _ := strings.Cut(rest, " ")
	ms, ok := record.ParseNumber(number, 0, longestWait.Milliseconds())
	if !ok || !record.IsNonce(token) {
		return "", 0, false
	}
	return token, time.Duration(ms) * time.Millisecond, true
}

// Add lists a waiter, or notes that it still waits.
func (r *Waitlist) Add(token string, waited time.Duration, now heartbeat.Instant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiters == nil {
		r.waiters = map[string]waiter{}
	}
	if _, known := r.waiters[token]; !known && len(r.waiters) >= maxWaiters {
		delete(r.waiters, r.silent())
	}
	r.waiters[token] = waiter{token, now.Add(-waited), now}
}

// silent is who was not heard of for the longest time.
func (r *Waitlist) silent() (token string) {
	var last *waiter
	for _, w := range r.waiters {
		if last == nil || w.heard.Mono < last.heard.Mono || w.heard.Mono == last.heard.Mono && w.token < last.token {
			last = &w
		}
	}
	return last.token
}

// First are the tokens of those who have waited longest and were heard of within
// the patience, some of them.
func (r *Waitlist) First(patience time.Duration, now heartbeat.Instant) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []waiter
	for _, w := range r.waiters {
		if now.Since(w.heard) <= patience {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b waiter) int {
		return cmp.Or(cmp.Compare(a.since.Mono, b.since.Mono), cmp.Compare(a.token, b.token))
	})
	var tokens []string
	for _, w := range all[:min(len(all), MaxNotified)] {
		tokens = append(tokens, w.token)
	}
	return tokens
}
