package electiontest

import (
	"context"
	"time"

	"example.com/incumbent/internal/record"
)

// Pause pauses the election until Resume: the work's context ends with
// election.ErrStepDown, it drains, and no other work begins. Who is elected meanwhile, by
// Elect or after its CoolDown, leads and waits. It may be called while another leads, too.
func (o *Election) Pause() {
	o.tb.Helper()
	if o.asRival(record.Pause{Paused: true}) {
		return
	}
	led := o.endTerm()
	o.ask("pausing", func(ctx context.Context) error { return o.asker.Pause(ctx, time.Time{}, "") })
	if led {
		o.setTold(false) // the read by our own Pause does not count
		o.tell()
	}
}

// Resume ends the pause: who leads begins to work, or whoever is elected next. It waits
// while work drains because of the pause.
func (o *Election) Resume() {
	o.tb.Helper()
	if !o.asRival(record.Pause{}) {
		o.ask("resuming", func(ctx context.Context) error { return o.asker.Resume(ctx, "") })
	}
}

// ask has our own elector do something.
func (o *Election) ask(what string, do func(ctx context.Context) error) {
	o.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := do(ctx); err != nil {
		o.tb.Fatalf("electiontest: %s %q: %v", what, o.name, err)
	}
}

// asRival writes the pause into the record of the other holder, if that leads.
func (o *Election) asRival(p record.Pause) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.read()
	if !r.Held() || r.Nonce != o.rival {
		return false
	}
	o.write(r.WithPause(p).Beaten())
	return true
}

// endTerm notes that the term of a candidate ends here, if one leads. Others may follow.
func (o *Election) endTerm() (led bool) {
	r, led := o.led()
	if led && !r.IsPaused() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.told, o.ended = false, r
	}
	return led
}
