package model

// Named is a variant under its name, with what it breaks.
type Named struct {
	Name    string
	About   string
	Variant Variant
	Config  Config // a small one that shows it
	Breaks  Invariant
	Source  *Source // instead of Variant and Config: the source pattern
}

// Run explores the variant within its configuration and watches the invariant
// that it is known to break, or all of them if there is none.
func (n Named) Run(opt Options) Report {
	if n.Source != nil {
		return RunSource(*n.Source, opt)
	}
	if n.Breaks == 0 {
		return Run(n.Config, n.Variant, opt)
	}
	return Run(n.Config, n.Variant, opt, n.Breaks)
}

// Broken returns the variants that must be refuted.
func Broken() []Named {
	var all []Named
	for _, some := range [][]Named{sourcePattern(), brokenTiming(), brokenRegister(), brokenMemory(), brokenJudgement(), brokenFormer(), brokenPauses(), brokenPushes()} {
		all = append(all, some...)
	}
	return all
}

// Sound returns other ways to keep a rule that must hold, too.
func Sound() []Named {
	return []Named{
		{
			Name: "quarantine-once", About: "the request of a quarantine reaches the server at most once, and nobody makes its bytes unique",
			Variant: Variant{Quarantine: Once}, Config: two(func(c *Config) { c.Flushes, c.Crashes = 2, 1 }),
		},
		{
			Name: "quarantine-expiring", About: "the server refuses a quarantine a lease after the look it came from; it may arrive twice",
			Variant: Variant{Quarantine: Expiring}, Config: two(func(c *Config) { c.Flushes, c.Crashes = 2, 1 }),
		},
		{
			Name: "immediate", About: "absent is granted to whoever has never seen a record, and memory is never lost",
			Variant: Variant{Immediate: true}, Config: two(func(c *Config) { c.Crashes, c.Quits, c.Asks = 1, 1, 1 }),
		},
		{
			Name: "look-overdue", About: "a pushed record is granted from however old the last look is, as by a process that was held up",
			Variant: Variant{LookOverdue: true}, Config: two(func(c *Config) { c.Pushes = 1 }),
		},
		{
			Name: "former-anyway-forward", About: "a former record is released whatever was seen meanwhile, and the server never goes back",
			Variant: Variant{FormerAnyway: true}, Config: two(func(c *Config) { c.Flushes, c.Crashes, c.Asks, c.Former = 1, 1, 1, true }),
		},
	}
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

// two returns the configuration of two processes in which most variants are
// refuted, with some changes.
func two(changes ...func(*Config)) Config {
	c := Config{Processes: 2, Terms: 2, Beats: 1}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func sourcePattern() []Named {
	return []Named{
		{
			Name: "source", About: "SETNX 1, INCR, GETSET 1 with old < now, DEL at exit; a leader crashes, nothing else goes wrong",
			Source: &Source{Processes: 3, Window: 2, Crashes: 1}, Breaks: Overlap,
		},
		{
			Name: "source-stall", About: "the same; a leader misses some turns",
			Source: &Source{Processes: 2, Window: 2, Stalls: 3}, Breaks: Overlap,
		},
	}
}

func brokenTiming() []Named {
	return []Named{
		{Name: "grace-too-long", About: "T + G is one tick more than the lease allows", Variant: Variant{ExtraGrace: true}, Config: two(), Breaks: Overlap},
		{Name: "anchor-at-retry", About: "trust counts from the last send of the bytes", Variant: Variant{AnchorAtRetry: true}, Config: two(), Breaks: Overlap},
		{Name: "anchor-at-reply", About: "trust counts from the answer", Variant: Variant{AnchorAtReply: true}, Config: two(), Breaks: Overlap},
		{Name: "drain-untrusted", About: "a voluntary drain does not look at trust", Variant: Variant{DrainUntrusted: true}, Config: two(), Breaks: Overlap},
		{
			Name: "judge-own-lease", About: "a judge waits its own lease, not the record's", Variant: Variant{OwnLease: true},
			Config: two(func(c *Config) { c.Leases = []Lease{Long, Short} }), Breaks: Overlap,
		},
		{Name: "judge-wall-clock", About: "the judge believes a wall clock that is set forward", Variant: Variant{JudgeWallClock: true}, Config: two(), Breaks: Overlap},
		{Name: "leader-mono-clock", About: "the leader believes a monotonic clock that stood still", Variant: Variant{LeaderMonoClock: true}, Config: two(), Breaks: Overlap},
	}
}

func brokenRegister() []Named {
	return []Named{
		{Name: "release-early", About: "a draining process releases before its work has ended", Variant: Variant{ReleaseEarly: true}, Config: two(), Breaks: Overlap},
		{Name: "getset-takeover", About: "a grant is a GETSET, and who reads its own bytes has won", Variant: Variant{SwapTakeover: true}, Config: two(), Breaks: Overlap},
		{Name: "incr-beat", About: "a beat is a bare INCR", Variant: Variant{BareIncr: true}, Config: two(), Breaks: Clobber},
		{Name: "del-resign", About: "a release is a bare DEL", Variant: Variant{BareDel: true}, Config: two(), Breaks: Clobber},
		{
			Name: "release-by-name", About: "a release compares the holder's name, not the bytes", Variant: Variant{ReleaseByName: true},
			Config: two(func(c *Config) { c.Terms = 3 }), Breaks: Overlap,
		},
		{
			Name: "step-down-vacates", About: "a step-down writes V", Variant: Variant{StepDownVacates: true},
			Config: two(func(c *Config) { c.Asks = 1 }), Breaks: Overlap,
		},
		{
			Name: "nonce-reused", About: "all attempts of a process look alike", Variant: Variant{NonceReused: true},
			Config: two(func(c *Config) { c.Crashes = 1 }), Breaks: Overlap,
		},
		{Name: "term-recomputed", About: "a retry has a new term, and mine is what has my nonce", Variant: Variant{TermRecomputed: true}, Config: two(), Breaks: Overlap},
		{
			Name: "unfenced", About: "the resource takes what comes", Variant: Variant{Unfenced: true},
			Config: two(func(c *Config) { c.Fenced = true }), Breaks: Fence,
		},
	}
}

func brokenMemory() []Named {
	flush := two(func(c *Config) { c.Flushes = 1 })
	return []Named{
		{Name: "grant-on-absence", About: "absent is waited on, and granted from", Variant: Variant{GrantOnAbsence: true}, Config: flush, Breaks: Overlap},
		{Name: "immediate-flush", About: "absent is granted to whoever has never seen a record, and memory is lost", Variant: Variant{Immediate: true}, Config: flush, Breaks: Overlap},
		{Name: "quarantine-replayed", About: "the request of a quarantine may arrive twice", Variant: Variant{Quarantine: Replayed}, Config: flush, Breaks: Overlap},
		{
			Name: "no-lengthen", About: "a Q with too short a lease is granted from", Variant: Variant{NoLengthen: true},
			Config: two(func(c *Config) { c.Leases, c.Flushes = []Lease{Long, Short}, 1 }), Breaks: Overlap,
		},
		{
			Name: "lengthen-seen", About: "a lease that is configured, but was not seen, does not lengthen a Q", Variant: Variant{LengthenSeen: true},
			Config: two(func(c *Config) { c.Processes, c.Beats, c.Flushes, c.Leases = 3, 0, 1, []Lease{Long, Short, Long} }), Breaks: Overlap,
		},
		{
			Name: "term-restarts", About: "the quarantine starts the terms again", Variant: Variant{TermRestarts: true},
			Config: two(func(c *Config) { c.Flushes, c.Fenced = 1, true }), Breaks: Fence,
		},
	}
}

func brokenJudgement() []Named {
	slow := two(func(c *Config) { c.Slow = true })
	return []Named{
		{Name: "fresh-look", About: "waits on X, looks again, takes over what it sees", Variant: Variant{FreshLook: true}, Config: two(), Breaks: Overlap},
		{
			Name: "adopt-by-name", About: "a record with my name is mine", Variant: Variant{AdoptByName: true},
			Config: two(func(c *Config) { c.Crashes = 1 }), Breaks: Overlap,
		},
		{
			Name: "code-judged", About: "an answer that does not match is a loss, whatever the record says", Variant: Variant{CodeJudged: true},
			Config: two(func(c *Config) { c.Asks = 1 }), Breaks: FalseLoss,
		},
		{Name: "floor-at-receipt", About: "a late answer is compared with what was confirmed since", Variant: Variant{FloorAtReceipt: true}, Config: slow, Breaks: FalseLoss},
		{Name: "early-answers", About: "a leader judges answers to what it sent before it led", Variant: Variant{EarlyAnswers: true}, Config: slow, Breaks: FalseLoss},
		{
			Name: "asked-for-ever", About: "a D is not waited on", Variant: Variant{AskedForEver: true},
			Config: two(func(c *Config) { c.Asks, c.Crashes, c.Heals = 1, 1, 1 }), Breaks: Ghost,
		},
	}
}

func brokenFormer() []Named {
	back := two(func(c *Config) { c.Terms, c.Beats, c.Former, c.Reverts = 3, 0, true, 1 })
	return []Named{
		{
			Name: "former-anyway", About: "a former record is released whatever was seen meanwhile, and the server goes back",
			Variant: Variant{FormerAnyway: true}, Config: back, Breaks: Overlap,
		},
		{
			Name: "back-unseen", About: "the server goes back to the record of a former leader that no answer had shown the end of its term: assumption A1",
			Variant: Variant{BackUnseen: true}, Config: back, Breaks: Overlap,
		},
	}
}

func brokenPauses() []Named {
	once, twice := two(func(c *Config) { c.Terms, c.Beats, c.Pauses = 3, 0, 1 }), two(func(c *Config) { c.Beats, c.Pauses = 0, 2 })
	return []Named{
		{
			Name: "stranger-beats", About: "beats are counted one by one: a stranger resumes by the leader's next beat",
			Variant: Variant{CountsPlain: true}, Config: twice, Breaks: Overlap,
		},
		{
			Name: "asker-writes-even", About: "who changes the pause of a leader writes an even number, as the leader does",
			Variant: Variant{ResumesEven: true}, Config: twice, Breaks: Overlap,
		},
		{
			Name: "confirms-others", About: "a leader takes what somebody else wrote for its own beat, which it never sent",
			Variant: Variant{ConfirmsOthers: true}, Config: twice, Breaks: Overlap,
		},
		{Name: "pause-dropped", About: "a grant does not copy the pause", Variant: Variant{PauseDropped: true}, Config: once, Breaks: Unpaused},
		{
			Name: "settle-forgets-pause", About: "a settling does not copy the pause", Variant: Variant{SettleForgetsPause: true},
			Config: two(func(c *Config) { c.Terms, c.Beats, c.Pauses, c.Quits = 3, 0, 1, 1 }), Breaks: Unpaused,
		},
		{Name: "works-paused", About: "who leads in a pause begins to work", Variant: Variant{StartsPaused: true}, Config: once, Breaks: WorksPaused},
		{Name: "starts-late", About: "who leads in a pause may begin to work when that is over, trusted or not", Variant: Variant{StartsLate: true}, Config: once, Breaks: Overlap},
	}
}

func brokenPushes() []Named {
	push := two(func(c *Config) { c.Pushes = 1 })
	return []Named{
		{Name: "stamp-believed", About: "a push is as old as its stamp says, by a clock one tick off", Variant: Variant{StampBelieved: true}, Config: push, Breaks: Overlap},
		{Name: "separate-publish", About: "a beat is published by itself, before it is sent", Variant: Variant{PublishSeparate: true}, Config: push, Breaks: Overlap},
		{
			Name: "hasty-push", About: "a pushed V is granted from with its term + 1, however old the last look", Variant: Variant{HastyPush: true},
			Config: two(func(c *Config) { c.Flushes, c.Quits, c.Pushes = 1, 1, 1 }), Breaks: Terms,
		},
	}
}
