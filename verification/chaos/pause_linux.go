package chaos

import (
	"strings"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// present is a slot whose processes are of this version, the first from that one on. There
// is one at least: the first.
func (w *world) present(from int) *slot {
	for i := range w.slots {
		if c := w.slots[(from+i)%len(w.slots)]; !c.old {
			return c
		}
	}
	return w.slots[0]
}

// unpause ends pauses before a calm, in which somebody has to work, when no request for one
// is made any more.
func (w *world) unpause() {
	w.let(time.Duration(w.steered.Load()) - monotonic())
	for until := monotonic() + startTimeout; w.resume(); {
		if monotonic() > until {
			w.judge.complain(check.Pause, "the election stays paused, whoever resumes it")
			return
		}
		w.sleep(w.Lease / 4)
	}
}

// let ends pauses while d passes: a candidate may bring back one that it saw before Redis
// lost its memory.
func (w *world) let(d time.Duration) {
	for until := monotonic() + d; monotonic() < until && w.ctx.Err() == nil; {
		w.resume()
		w.sleep(min(w.Lease/4, until-monotonic()))
	}
}

// resume asks for the end of a pause if one stands.
func (w *world) resume() (paused bool) {
	if paused = w.judge.paused(); paused && w.ctx.Err() == nil {
		w.present(int(w.procs.Load())).tell(cmdResume)
	}
	return paused && w.ctx.Err() == nil
}

// paused reports whether the key says so, as far as was told.
func (j *judge) paused() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.present && strings.Contains(j.holds, " p=")
}

// presentKind is the kind of an event under the name that it has in this version.
func presentKind(kind string) string {
	if now, renamed := renamedKinds[kind]; renamed {
		return now
	}
	return kind
}

// renamedKinds are the kinds of events that older versions call otherwise.
var renamedKinds = map[string]string{
	"lingering": "held_overrun", "history_lost": "record_lost", "foreign": "foreign_record", "ghost": "grant_unresolved",
	"late_grant": "grant_late", "unheard": "publish_failed",
}
