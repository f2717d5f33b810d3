package space

import "example.com/incumbent/verification/model"

// Named is a variant under its name, with what it breaks.
type Named struct {
	Name    string
	About   string
	Variant Variant
	Config  Config // a small one that shows it
	Breaks  Invariant
}

// Run explores the variant within its configuration and watches the invariant that it is known to
// break, or all of them if there is none.
func (n Named) Run(opt model.Options) model.Report {
	if n.Breaks == 0 {
		return Run(n.Config, n.Variant, opt)
	}
	return Run(n.Config, n.Variant, opt, n.Breaks)
}

// Broken returns the variants that must be refuted.
func Broken() []Named {
	var all []Named
	for _, some := range [][]Named{brokenTiming(), brokenMemory(), brokenScripts(), brokenGrants(), brokenSessions()} {
		all = append(all, some...)
	}
	return all
}

// Sound returns other ways to keep a rule that must hold, too.
func Sound() []Named {
	return []Named{{
		Name: "acquire-remakes", About: "every acquire makes a session that is gone: nobody works under one whose trust is over, so the rule is for liveness alone",
		Variant: Variant{AcquireRemakes: true}, Config: two(func(c *Config) { c.Beats, c.Flushes, c.Crashes = 1, 1, 1 }),
	}}
}

// Lookup returns the variant of a name, or the zero Named.
func Lookup(name string) Named {
	for _, n := range append(Broken(), Sound()...) {
		if n.Name == name {
			return n
		}
	}
	return Named{}
}

// two returns the configuration of two processes in which most variants are refuted, with some
// changes.
func two(changes ...func(*Config)) Config {
	c := Config{Processes: 2, Sessions: 1, Calls: 1, Beats: 0, Seats: 1, Open: true}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func brokenTiming() []Named {
	beat := two(func(c *Config) { c.Beats = 1 })
	return []Named{
		{Name: "lease-too-short", About: "T + G is one tick more than the lease allows", Variant: Variant{ExtraGrace: true}, Config: two(), Breaks: Overlap},
		{Name: "trust-from-retry", About: "trust counts from the last send of the bytes", Variant: Variant{AnchorAtRetry: true}, Config: two(), Breaks: Overlap},
		{Name: "trust-from-answer", About: "trust counts from the answer", Variant: Variant{AnchorAtAnswer: true}, Config: two(), Breaks: Overlap},
		{Name: "beat-from-retry", About: "the same, of a beat alone", Variant: Variant{AnchorAtRetry: true, MakingExact: true}, Config: beat, Breaks: Overlap},
		{Name: "beat-from-answer", About: "the same, of a beat alone", Variant: Variant{AnchorAtAnswer: true, MakingExact: true}, Config: beat, Breaks: Overlap},
	}
}

func brokenMemory() []Named {
	flush := two(func(c *Config) { c.Flushes = 1 })
	mixed := two(func(c *Config) { c.Flushes, c.Leases = 1, []Lease{Long, Short} })
	return []Named{
		{Name: "absence-open", About: "a hash that is not there counts as an open space", Variant: Variant{AbsenceOpen: true}, Config: flush, Breaks: Overlap},
		{Name: "no-quarantine", About: "absence is opened at once", Variant: Variant{NoQuarantine: true}, Config: flush, Breaks: Overlap},
		{
			Name: "quarantine-replayed", About: "two quarantines of one author look alike", Variant: Variant{QuarantineReplayed: true},
			Config: two(func(c *Config) { c.Flushes, c.Open = 2, false }), Breaks: Overlap,
		},
		{
			Name: "open-anything", About: "an opening does not compare the bytes of the quarantine", Variant: Variant{OpenAnything: true},
			Config: two(func(c *Config) { c.Flushes, c.Open = 1, false }), Breaks: Overlap,
		},
		{Name: "lease-unmet", About: "an epoch does not carry the longest lease of its sessions", Variant: Variant{LeaseUnmet: true}, Config: mixed, Breaks: Overlap},
		{Name: "no-lengthen", About: "a quarantine is opened although it is shorter than a lease that is known", Variant: Variant{NoLengthen: true}, Config: mixed, Breaks: Overlap},
		{
			Name: "judge-own-lease", About: "a judge waits its own lease, not the session's", Variant: Variant{OwnLease: true},
			Config: two(func(c *Config) { c.Leases = []Lease{Long, Short} }), Breaks: Overlap,
		},
		{Name: "key-each", About: "each lock has a key of its own, and one is evicted", Variant: Variant{KeyEach: true}, Config: flush, Breaks: Overlap},
		{
			Name: "term-restarts", About: "terms begin again when the hash is lost", Variant: Variant{TermRestarts: true},
			Config: two(func(c *Config) { c.Flushes = 1 }), Breaks: Terms,
		},
	}
}

func brokenScripts() []Named {
	return []Named{
		{
			Name: "beat-remakes", About: "a beat makes a session that is gone", Variant: Variant{BeatRemakes: true},
			Config: two(func(c *Config) { c.Flushes, c.Beats = 1, 1 }), Breaks: Overlap,
		},
		{
			Name: "beat-anything", About: "a beat does not compare the bytes", Variant: Variant{BeatAnything: true},
			Config: two(func(c *Config) { c.Beats = 2 }), Breaks: Overlap,
		},
		{
			Name: "reap-anything", About: "a reap does not compare the bytes", Variant: Variant{ReapAnything: true},
			Config: two(func(c *Config) { c.Beats = 1 }), Breaks: Overlap,
		},
		{
			Name: "stranger-beats", About: "a stranger writes the next beat of a session", Variant: Variant{StrangerBeats: true},
			Config: two(func(c *Config) { c.Beats = 1 }), Breaks: Overlap,
		},
		{
			Name: "release-anyones", About: "a release frees the lock whoever holds it", Variant: Variant{ReleaseAnyones: true},
			Config: two(func(c *Config) { c.Calls = 2 }), Breaks: Overlap,
		},
	}
}

func brokenGrants() []Named {
	return []Named{
		{Name: "withdraw", About: "a grant is published, and taken back if nobody listens", Variant: Variant{Withdraw: true}, Config: two(func(c *Config) { c.Calls = 2 }), Breaks: Overlap},
		{Name: "withdraw-push", About: "the same: what was received is not true", Variant: Variant{Withdraw: true}, Config: two(), Breaks: FalsePush},
		{
			Name: "push-any-call", About: "a push counts for whatever call the process has now", Variant: Variant{PushAnyCall: true},
			Config: two(func(c *Config) { c.Calls = 2 }), Breaks: Overlap,
		},
		{Name: "grant-untrusted", About: "a grant counts although the session is not trusted", Variant: Variant{Untrusted: true}, Config: two(), Breaks: Overlap},
		{
			Name: "question-ignored", About: "nobody answers for calls that it does not know", Variant: Variant{QuestionIgnored: true},
			Config: two(func(c *Config) { c.Heals = 1 }), Breaks: Stuck,
		},
		{Name: "question-releases", About: "who is asked releases although its call still waits", Variant: Variant{QuestionReleases: true}, Config: two(), Breaks: Overlap},
	}
}

func brokenSessions() []Named {
	return []Named{
		{Name: "end-early", About: "a session is ended before its works", Variant: Variant{EndEarly: true}, Config: two(), Breaks: Overlap},
		{
			Name: "end-reused", About: "a session goes on after its end was sent", Variant: Variant{EndReused: true},
			Config: two(func(c *Config) { c.Calls = 2 }), Breaks: Overlap,
		},
		{
			Name: "floor-at-receipt", About: "a late answer is compared with what was confirmed since", Variant: Variant{FloorAtReceipt: true},
			Config: two(func(c *Config) { c.Beats, c.Slow = 1, true }), Breaks: FalseLoss,
		},
	}
}
