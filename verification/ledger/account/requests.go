package account

// decided is what a leader alone decides about.
func (e entry) decided() entry {
	e.gone, e.paused, e.until, e.ask = false, false, 0, ""
	return e
}

// asked judges what becomes of requests. Around a loss they may be forgotten.
func (b *Book) asked(p *page, w Write, before, after entry) {
	p.stood, p.ask = before, after.ask
	forgiven := w.Before == "" || p.excused > 0
	switch {
	case w.Term == 0 && (before.decided() != after.decided() || before.gone != after.gone):
		b.breaks(Stale, "%s: who only asks decides: %s after %s", w.Job, w.After, w.Before)
	case w.Term == 0 || forgiven:
	case before.ask != "" && after.ask != before.ask && (after.state != "R" || after.run.due != before.ask):
		b.breaks(Unaccounted, "%s: nothing became of the request %s", w.Job, before.ask)
	case before.paused && !after.paused && (before.until == 0 || before.until > w.Server):
		b.breaks(Policy, "%s: a pause until %d ends", w.Job, before.until)
	}
}
