package pubsub

import (
	"context"
	"slices"
)

// change wakes who brings the subscription in line.
func (s *Subscription) change() {
	select {
	case s.wakeUp <- struct{}{}:
	default:
	}
}

// syncChannels adjusts the subscription whenever the wanted channels change.
func (s *Subscription) syncChannels() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.wakeUp:
		}
		s.turn <- struct{}{}
		if s.pubsub != nil {
			_ = s.adjust(s.noDial()) // the receiving side meets the same failure and connects anew
		}
		<-s.turn
	}
}

// adjust subscribes and unsubscribes what has changed. What fails is tried again at the
// next adjustment. The caller has the turn.
func (s *Subscription) adjust(ctx context.Context) error {
	add, drop := s.difference()
	for batch := range slices.Chunk(add, batchSize) {
		if err := s.pubsub.Subscribe(ctx, batch...); err != nil {
			s.putBack(add, drop)
			return err
		}
		for _, c := range batch {
			s.subscribed[c] = true
		}
	}
	for batch := range slices.Chunk(drop, batchSize) {
		if err := s.pubsub.Unsubscribe(ctx, batch...); err != nil {
			s.putBack(drop)
			return err
		}
		for _, c := range batch {
			delete(s.subscribed, c)
		}
	}
	return nil
}

// putBack has the next adjustment look at channels again, also at those that need nothing
// any more.
func (s *Subscription) putBack(lists ...[]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, channels := range lists {
		for _, c := range channels {
			s.changed[c] = struct{}{}
		}
	}
}

// renew has the next adjustment look at every channel: the connection is new.
func (s *Subscription) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.wanted {
		s.changed[c] = struct{}{}
	}
}

// difference is what has to be done, looking only at channels that changed: there may
// be many others.
func (s *Subscription) difference() (add, drop []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.changed {
		switch wanted := s.wanted[c] != nil; {
		case wanted && !s.subscribed[c]:
			add = append(add, c)
		case !wanted && s.subscribed[c]:
			drop = append(drop, c)
		}
	}
	clear(s.changed)
	slices.Sort(add) // an order of our own, not of a map: runs can be repeated
	slices.Sort(drop)
	return add, drop
}
