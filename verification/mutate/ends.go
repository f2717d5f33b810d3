package main

// ends are variants of how a term ends.
func ends() []mutant {
	return []mutant{
		one("released before the end", "the office is released when the context ends, not when the work has",
			leadFile, "	err := work(t.ctx, t.term)\n",
			"	stop := context.AfterFunc(t.inner, func() {\n		if !t.gone {\n			s.release(context.Background(), t.candidacy, t.rec, t.pulse.Anchor(), nil)\n		}\n	})\n	defer stop()\n	err := work(t.ctx, t.term)\n"),
		one("never released", "the office is not released",
			leadFile, "		s.beater.retire(t)\n		t.drained = t.clock.Now().Since(*t.stopping)\n		s.releaseTerm(t.inner, t)", "		s.beater.retire(t)"),
		one("released without exact bytes", "a release vacates whatever it is shown",
			releaseFile, "		case err == nil && (!answer.Readable() || answer.Rec.Grant() != rec.Grant()):\n",
			"		case err == nil && answer.Readable() && answer.Rec.Held() && answer.Rec.Grant() != rec.Grant():\n			rec = answer.Rec\n			continue\n		case err == nil && !answer.Readable():\n"),
		one("stepped down by a vacancy", "a request to step down writes a vacancy",
			electionFile, "seen.Rec.Next(record.Draining)", "seen.Rec.Next(record.Vacant)"),
		one("step-down ignored", "the leader does not see that it was asked",
			verdictFile, "	case s.Rec.Status == record.Draining && t.rec.Status == record.Led:\n		t.stepDown(s, now)", "	case s.Rec.Status == record.Draining && t.rec.Status == record.Led:\n		t.rec, t.bytes, t.pending = s.Rec, s.Bytes, nil"),
		one("code without the record", "every compare that fails is a loss",
			verdictFile, "|| !s.Rec.Held() || s.Rec.Beat < floor:", "|| !s.Rec.Held() || t.pending == nil || s.Bytes != t.pending.swap.Next:"),
		one("applied by prefix", "an answer with the same term and beat counts as applied",
			verdictFile, "case t.pending != nil && s.Bytes == t.pending.swap.Next:", "case t.pending != nil && s.Rec.Beat == t.pending.swap.Rec.Beat:"),
		one("loss survived", "a leader beats on when its record names another",
			verdictFile, "case !s.Readable() || s.Rec.Grant() != t.owner || !s.Rec.Held() || s.Rec.Beat < floor:\n		t.lose(s, now)",
			"case !s.Readable() || s.Rec.Grant() != t.owner || !s.Rec.Held() || s.Rec.Beat < floor:\n		t.failed(ErrUnavailable)"),
		{name: "record created again", what: "a leader whose record is gone writes it again", edits: []edit{
			{verdictFile, "	switch {\n	case !s.Readable() ||", "	switch {\n	case !s.Present:\n		t.bytes, t.pending = \"\", nil\n		t.pulse.Hurry(now)\n	case !s.Readable() ||"},
			{tenureFile, "Expect: register.Contents{Present: true, Bytes: t.bytes}", "Expect: register.Contents{Present: t.bytes != \"\", Bytes: t.bytes}"},
		}},
		one("no floor", "an older state of our own record is not noticed",
			verdictFile, "|| !s.Rec.Held() || s.Rec.Beat < floor:", "|| !s.Rec.Held():"),
		one("denial is a loss", "an error is a loss",
			verdictFile, "		t.failed(r.Err)", "		t.lose(register.Observation{}, t.clock.Now())"),
		one("deadline swallowed", "Lead returns nil for work that a deadline cut short and that says nothing",
			leadFile, "	case errors.Is(over, context.DeadlineExceeded):", "	case false:").inTest("TestADeadlineIsNeverNil"),
		one("error swallowed", "an error that only says that the context has ended is dropped",
			leadFile, "	returned = true\n", "	returned = true\n	if t.ctx.Err() != nil && errors.Is(err, t.ctx.Err()) {\n		err = nil\n	}\n").inTest("TestLeadReturnsTheErrorOfTheWorkAsItIs"),
		one("revocation not told", "the observer is not told that a term has ended",
			tenureFile, "		t.report(Event{Kind: KindRevoked,", "		_ = (Event{Kind: KindRevoked,"),
		one("hooks unpaired", "OnRevoked is not called when the work panics",
			hooksFile, "			defer func() { h.OnRevoked(context.WithoutCancel(ctx), term, causeOf(ctx, err)) }()",
			"			defer func() {\n				if r := recover(); r != nil {\n					panic(r)\n				}\n				h.OnRevoked(context.WithoutCancel(ctx), term, causeOf(ctx, err))\n			}()"),
	}
}
