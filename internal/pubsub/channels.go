package pubsub

import (
	"context"
	"slices"
)

// change wakes who brings the subscription in line.
func (h *Subscription) change() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// align adjusts the subscription whenever the wanted channels change.
func (h *Subscription) align() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.changed:
		}
		h.turn <- struct{}{}
		if h.pubsub != nil {
			_ = h.adjust(h.noDial()) // the receiving side meets the same failure and connects anew
		}
		<-h.turn
	}
}

// adjust subscribes and unsubscribes what has changed. What fails is tried again at the
// next adjustment. The caller has the turn.
func (h *Subscription) adjust(ctx context.Context) error {
	add, drop := h.difference()
	for batch := range slices.Chunk(add, hintBatch) {
		if err := h.pubsub.Subscribe(ctx, batch...); err != nil {
			h.putBack(add, drop)
			return err
		}
		for _, c := range batch {
			h.subscribed[c] = true
		}
	}
	for batch := range slices.Chunk(drop, hintBatch) {
		if err := h.pubsub.Unsubscribe(ctx, batch...); err != nil {
			h.putBack(drop)
			return err
		}
		for _, c := range batch {
			delete(h.subscribed, c)
		}
	}
	return nil
}

// putBack has the next adjustment look at channels again, also at those that need nothing
// any more.
func (h *Subscription) putBack(lists ...[]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, channels := range lists {
		for _, c := range channels {
			h.news[c] = struct{}{}
		}
	}
}

// renew has the next adjustment look at every channel: the connection is new.
func (h *Subscription) renew() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.wanted {
		h.news[c] = struct{}{}
	}
}

// difference is what has to be done, looking only at channels with news: there may
// be many others.
func (h *Subscription) difference() (add, drop []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.news {
		switch wanted := h.wanted[c] != nil; {
		case wanted && !h.subscribed[c]:
			add = append(add, c)
		case !wanted && h.subscribed[c]:
			drop = append(drop, c)
		}
	}
	clear(h.news)
	slices.Sort(add) // an order of our own, not of a map: runs can be repeated
	slices.Sort(drop)
	return add, drop
}
