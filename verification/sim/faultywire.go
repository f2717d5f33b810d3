package sim

import (
	"time"

	"example.com/incumbent/internal/link"
)

// The faults of a wire are those of a [link.Link].

// reconnect is how long a subscription is gone after a break.
const reconnect = 300 * time.Millisecond

func each(dirs []link.Direction, do func(link.Direction)) {
	if len(dirs) == 0 {
		dirs = []link.Direction{link.ToServer, link.ToClient}
	}
	for _, d := range dirs {
		do(d)
	}
}

// SetLatency makes whatever is sent from now on take d and up to as much again.
func (n *wire) SetLatency(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latency = d
}

// Cut loses what is on its way and refuses what comes, until Heal.
func (n *wire) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = true
	n.breakLocked()
}

// Reset loses what is on its way.
func (n *wire) Reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.breakLocked()
	n.resubscribeLocked()
}

func (n *wire) breakLocked() {
	n.epoch++
	n.held = [2][]func(){}
	close(n.broken)
	n.broken = make(chan struct{})
}

// resubscribeLocked begins the subscriptions anew, after a while.
func (n *wire) resubscribeLocked() {
	ears := n.ears
	n.ears = nil
	if len(ears) == 0 {
		return
	}
	n.deafUntil = time.Now().Add(reconnect)
	n.w.after(reconnect, n.p.n, inHold, func() {
		for _, s := range ears {
			if !s.isOver() {
				n.push(s, "")
			}
		}
	})
}

func (s *subscription) isOver() bool {
	r := s.route.w.store.(*mapServer)
	r.mu.Lock()
	defer r.mu.Unlock()
	return s.over
}

// Stall holds back what is on its way and what is sent, until Resume or Heal.
func (n *wire) Stall(dirs ...link.Direction) {
	n.mu.Lock()
	defer n.mu.Unlock()
	each(dirs, func(d link.Direction) { n.stalled[d] = true })
}

// Resume lets arrive what was held back, in any order.
func (n *wire) Resume(dirs ...link.Direction) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.resumeLocked(dirs)
}

func (n *wire) resumeLocked(dirs []link.Direction) {
	each(dirs, func(d link.Direction) {
		n.stalled[d] = false
		held := n.held[d]
		n.held[d] = nil
		for i, land := range held {
			n.sendLocked(d, uint64(i), n.random(uint64(i), 10*time.Millisecond), land)
		}
	})
}

// Swallow loses what is sent, until Heal.
func (n *wire) Swallow(dirs ...link.Direction) {
	n.mu.Lock()
	defer n.mu.Unlock()
	each(dirs, func(d link.Direction) { n.swallowed[d] = true })
}

// Heal ends every fault.
func (n *wire) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		n.resubscribeLocked()
	}
	n.down, n.lose, n.double = false, 0, 0
	n.swallowed = [2]bool{}
	n.resumeLocked(nil)
}

// LoseReplies loses the next n answers, or hints.
func (n *wire) LoseReplies(count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lose = count
}

// CutAfter loses the next answer, or hint: half of one is none.
func (n *wire) CutAfter(int) { n.LoseReplies(1) }

// Double has the next n requests executed twice, or hints heard twice.
func (n *wire) Double(count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.double = count
}
