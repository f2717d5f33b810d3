package chaos

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// fault is one kind of trouble. Do returns when it is over; false means that there
// was nothing for it to happen to.
type fault struct {
	kind   string
	weight int
	do     func(w *world, s strike) bool
}

func catalogue() []fault {
	var all []fault
	all = append(all, processFaults()...)
	all = append(all, networkTroubles()...)
	return append(all, serverFaults()...)
}

// processFaults happen to a candidate's process. One of them at a time.
func processFaults() []fault {
	return []fault{
		{"SIGKILL candidate", 3, onProcess(func(w *world, c *slot, s strike) { w.crashSlot(c, s.long) })},
		{"SIGSTOP candidate, short", 2, onProcess(func(w *world, c *slot, s strike) { w.freeze(c, s.long/4) })},
		{"SIGSTOP candidate, past its trust", 4, onProcess(func(w *world, c *slot, s strike) {
			w.freeze(c, w.Lease*5/4+s.long)
		})},
		{"SIGKILL frozen candidate", 1, onProcess(func(w *world, c *slot, s strike) {
			c.signal(syscall.SIGSTOP)
			w.sleep(s.long)
			w.crashSlot(c, s.long)
		})},
		{"orderly stop", 2, onProcess(func(w *world, c *slot, s strike) { w.restartSlot(c, s.long) })},
		{"recall", 1, onProcess(func(_ *world, c *slot, _ strike) { c.tell(cmdRecall) })},
		{"step-down", 2, func(w *world, s strike) bool {
			c := w.slots[s.aim.slot]
			w.note(s, "asked for by "+c.name())
			c.tell(cmdStepDown)
			return true
		}},
		{"pause", 2, steering(func(_ *world, _ strike, c *slot) { c.tell(cmdPause + " 0") })},
		{"pause until", 2, steering(func(w *world, s strike, c *slot) {
			c.tell(fmt.Sprint(cmdPause, " ", (s.long + w.Lease/2).Milliseconds()))
		})},
		{"resume", 2, steering(func(_ *world, _ strike, c *slot) { c.tell(cmdResume) })},
	}
}

// steering asks a candidate of this version for something that none of it need lead for.
func steering(do func(*world, strike, *slot)) func(*world, strike) bool {
	return func(w *world, s strike) bool {
		c := w.present(s.aim.slot)
		w.note(s, "asked for by "+c.name())
		w.steered.Store(int64(monotonic() + steerPatience(w.Lease) + settling))
		do(w, s, c)
		return true
	}
}

func onProcess(do func(*world, *slot, strike)) func(*world, strike) bool {
	return func(w *world, s strike) bool {
		c := w.target(s.aim)
		if !c.mu.TryLock() {
			return false
		}
		defer c.mu.Unlock()
		w.note(s, c.name())
		do(w, c, s)
		return true
	}
}

// networkTroubles happen between a candidate and Redis, or between all and Redis.
func networkTroubles() []fault {
	return []fault{
		{"latency", 2, lasting(func(f *networkFaults, s strike) { f.latency = s.long / 4 },
			func(f *networkFaults) { f.latency = 0 })},
		{"black hole", 2, lasting(func(f *networkFaults, s strike) { f.swallows = ways(s) },
			func(f *networkFaults) { f.swallows = [2]bool{} })},
		{"stall, then deliver", 3, lasting(func(f *networkFaults, s strike) { f.stalled = ways(s) },
			func(f *networkFaults) { f.stalled = [2]bool{} })},
		{"refuse", 1, lasting(func(f *networkFaults, _ strike) { f.refuse = true },
			func(f *networkFaults) { f.refuse = false })},
		{"cut after n bytes", 2, lasting(func(f *networkFaults, s strike) {
			n := 1 + int(s.coin*500)
			f.cutAfter[s.dir%2] = n
		}, func(f *networkFaults) { f.cutAfter = [2]int{} })},
		{"reset", 2, momentary((*proxy).reset)},
		{"half-open", 2, momentary((*proxy).halfOpen)},
	}
}

var wayNames = [...]string{"requests", "answers", "both ways"}

// ways are the directions that a strike hits.
func ways(s strike) [2]bool {
	return [2]bool{toServer: s.dir != int(toClient), toClient: s.dir != int(toServer)}
}

// lasting is a fault of networks that ends after a while.
func lasting(begin func(*networkFaults, strike), end func(*networkFaults)) func(*world, strike) bool {
	return func(w *world, s strike) bool {
		proxies, whose := w.proxies(s.aim)
		w.note(s, fmt.Sprintf("%s, %s, for %v", whose, wayNames[s.dir], s.long.Round(time.Millisecond)))
		for _, p := range proxies {
			p.strike(func(f *networkFaults) { begin(f, s) })
			if s.fault.kind == "refuse" {
				p.reset()
			}
		}
		w.sleep(s.long)
		for _, p := range proxies {
			p.strike(end)
			p.resetDeaf()
		}
		return true
	}
}

func momentary(do func(*proxy)) func(*world, strike) bool {
	return func(w *world, s strike) bool {
		proxies, whose := w.proxies(s.aim)
		w.note(s, whose)
		for _, p := range proxies {
			do(p)
		}
		return true
	}
}

// serverFaults happen to Redis. One of them at a time.
func serverFaults() []fault {
	return []fault{
		{"restart without memory", 2, onServer(func(w *world, s strike) { w.crashServer(forgets, s.long) })},
		{"restart from a snapshot", 1, onServer(restoreSnapshot)},
		{"restart with AOF", 1, onServer(restoreAppends)},
		{"SIGSTOP redis", 2, onServer(func(w *world, s strike) {
			w.server.signal(syscall.SIGSTOP)
			w.sleep(s.long)
			w.server.signal(syscall.SIGCONT)
		})},
		{"FLUSHALL", 2, onServer(func(w *world, _ strike) { w.say(w.admin.FlushAll) })},
		{"DEL", 1, onServer(func(w *world, _ strike) {
			w.attempt(func(ctx context.Context) error { return w.admin.Del(ctx, key).Err() })
		})},
		{"foreign record", 1, onServer(foreignRecord)},
		{"rights taken away", 1, onServer(func(w *world, s strike) {
			w.insist(func(ctx context.Context) error {
				return w.admin.Do(ctx, "ACL", "SETUSER", "default", "-evalsha", "-eval").Err()
			})
			w.sleep(s.long)
			w.insist(func(ctx context.Context) error { return w.admin.Do(ctx, "ACL", "SETUSER", "default", "+@all").Err() })
		})},
		{"old hints", 2, onServer(oldHints)},
		{"SCRIPT FLUSH", 1, onServer(func(w *world, _ strike) { w.say(w.admin.ScriptFlush) })},
		{"CLIENT KILL", 2, killClients},
		{"CLIENT PAUSE", 2, onServer(pauseClients)},
		{"busy script", 1, onServer(busyScript)},
		{"out of memory", 2, onServer(func(w *world, s strike) {
			w.configured(s.long, "maxmemory", "1", "0")
		})},
		{"eviction", 1, onServer(evict)},
		{"read-only", 2, onServer(func(w *world, s strike) {
			w.attempt(func(ctx context.Context) error { return w.admin.ReplicaOf(ctx, "127.0.0.1", "1").Err() })
			w.sleep(s.long)
			w.insist(func(ctx context.Context) error { return w.admin.ReplicaOf(ctx, "NO", "ONE").Err() })
		})},
		{"too few replicas", 1, onServer(func(w *world, s strike) {
			w.configured(s.long, "min-replicas-to-write", "1", "0")
		})},
	}
}

func onServer(do func(*world, strike)) func(*world, strike) bool {
	return func(w *world, s strike) bool {
		if !w.serverFault.TryLock() {
			return false
		}
		defer w.serverFault.Unlock()
		w.note(s, fmt.Sprint("for ", s.long.Round(time.Millisecond)))
		do(w, s)
		return true
	}
}

// restoreSnapshot goes back to what was saved a while ago: acknowledged writes are
// undone.
func restoreSnapshot(w *world, s strike) {
	w.insist(func(ctx context.Context) error { return w.admin.Save(ctx).Err() })
	w.sleep(s.long)
	w.crashServer(snapshot, time.Duration(s.coin*float64(s.long)))
}

// restoreAppends comes back with every write.
func restoreAppends(w *world, s strike) {
	w.insist(func(ctx context.Context) error { return w.admin.ConfigSet(ctx, "appendonly", "yes").Err() })
	w.insist(w.rewritten)
	w.crashServer(appends, time.Duration(s.coin*float64(s.long)))
	w.insist(func(ctx context.Context) error { return w.admin.ConfigSet(ctx, "appendonly", "no").Err() })
}

// killClients has the server close the connections of candidates.
func killClients(w *world, s strike) bool {
	proxies, whose := w.proxies(s.aim)
	w.note(s, whose)
	for _, p := range proxies {
		for _, addr := range p.locals() {
			w.attempt(func(ctx context.Context) error { return w.admin.ClientKillByFilter(ctx, "ADDR", addr).Err() })
		}
	}
	return true
}

func pauseClients(w *world, s strike) {
	mode := "WRITE"
	if s.coin < 0.5 {
		mode = "ALL"
	}
	w.attempt(func(ctx context.Context) error {
		return w.admin.Do(ctx, "CLIENT", "PAUSE", s.long.Milliseconds(), mode).Err()
	})
	w.sleep(s.long)
}

// busyScript loops in the server until it is killed.
func busyScript(w *world, s strike) {
	looping := make(chan struct{})
	go func() {
		defer close(looping)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = w.patient.Eval(ctx, "while true do end", nil).Err() // ends as it is killed
	}()
	w.sleep(s.long)
	for {
		w.attempt(func(ctx context.Context) error { return w.admin.ScriptKill(ctx).Err() })
		select {
		case <-looping:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// evict has the server throw the record out.
func evict(w *world, s strike) {
	w.judge.then(func() { w.judge.evicts = true })
	w.insist(func(ctx context.Context) error {
		return w.admin.ConfigSet(ctx, "maxmemory-policy", "allkeys-random").Err()
	})
	w.insist(func(ctx context.Context) error { return w.admin.ConfigSet(ctx, "maxmemory", "1").Err() })
	w.witness()
	w.sleep(time.Duration(s.coin * float64(s.long)))
	w.insist(func(ctx context.Context) error { return w.admin.ConfigSet(ctx, "maxmemory", "0").Err() })
	w.insist(func(ctx context.Context) error { return w.admin.ConfigSet(ctx, "maxmemory-policy", "noeviction").Err() })
	w.witness()
	w.judge.then(func() { w.judge.evicts = false })
}

// foreignRecord has somebody else use the key. Who repairs it deletes it, or brings
// back what it held.
func foreignRecord(w *world, s strike) {
	before, err := w.admin.Get(context.Background(), key).Result()
	w.insist(func(ctx context.Context) error { return w.admin.Set(ctx, key, "42", 0).Err() })
	w.sleep(s.long)
	w.insist(func(ctx context.Context) error {
		if err == nil && s.coin < 0.5 {
			return w.admin.Set(ctx, key, before, 0).Err()
		}
		return w.admin.Del(ctx, key).Err()
	})
}

// oldHints publishes again what the key once held.
func oldHints(w *world, s strike) {
	for _, bytes := range w.judge.former(s.coin) {
		w.attempt(func(ctx context.Context) error { return w.admin.Publish(ctx, key+":records", bytes).Err() })
	}
}
