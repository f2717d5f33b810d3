package main

// Parts of the scripts of a space of locks, and the tests that try them.
const (
	spaceLua = "internal/space/lua/"
	spaceIn  = "verification/space"
	inStorms = "TestStorms"
)

// spaces are variants of locks that come and go.
func spaces() []mutant {
	all := [][]mutant{spaceScripts(), spaceMemory(), spaceSessions()}
	var flat []mutant
	for _, some := range all {
		for _, m := range some {
			if m.test == "" {
				m = m.inTest(spaceIn, inStorms)
				m.long = true // two runs of a seed differ, and a mistake needs a coincidence
			}
			flat = append(flat, m)
		}
	}
	return flat
}

func spaceScripts() []mutant {
	const took = "redis.call('HDEL', K, 'l:' .. $free .. ':' .. name) seated[$free] = false"
	return []mutant{
		several("published, then withdrawn", "a seat is granted and published, and taken back if the reply says that nobody listens",
			edit{spaceLua + "space.lua fill", "if $asks or not exact or publish($w[1], '0') then", "if true then"},
			edit{
				spaceLua + "space.lua fill", "if not asks then publish($w[1], '! ' .. $w[2] .. ' ' .. $its .. ' ' .. $free .. ' ' .. name) end",
				"if not asks and not publish($w[1], '! ' .. $w[2] .. ' ' .. $its .. ' ' .. $free .. ' ' .. name) then " + took + " end",
			}),
		one("release without the call", "a release frees the lock whoever holds it",
			spaceLua+"release.lua", "if not $is[1] or string.sub($is[1], 1, #$own) ~= $own then return 0 end", "if not $is[1] then return 0 end"),
		one("a beat makes the session", "a beat makes a session that is gone",
			spaceLua+"beat.lua", "if $bytes ~= ARGV[2] then", "if $bytes and $bytes ~= ARGV[2] then"),
		one("beats not compared", "a beat is written whatever the bytes of the session are",
			spaceLua+"beat.lua", "if $bytes ~= ARGV[2] then", "if not $bytes then").inTest("internal/space", "TestABeatNeverMakesASession"),
		one("epoch not compared", "an epoch is written whatever stands there",
			spaceLua+"found.lua", "if $new == '' or ($bytes or '') ~= ARGV[1] then", "if $new == '' then"),
		one("reap without the bytes", "a judge ends a session whatever its bytes are now",
			spaceLua+"reap.lua", "if $bytes ~= ARGV[2] then", "if not $bytes then").inTest("internal/space", "TestABeatNeverMakesASession"),
		one("terms from one", "terms of a space are counted, and begin again when the hash is lost",
			spaceLua+"space.lua term", "local $us = $now[1] * 1000000 + $now[2]", "$$\nlocal us = 1"),
	}
}

func spaceMemory() []mutant {
	return []mutant{
		one("absent is open", "a space that is not there counts as open",
			spaceLua+"acquire.lua", "if not $is[1] then return {'absent'} end", "$is[1] = $is[1] or '1 O 3600000 - 1.1'"),
		one("space not quarantined", "a space that is not there is opened at once",
			"internal/space DecideEpoch", "case $is.Bytes == \"\":\nreturn Quarantine", "case $is.Bytes == \"\":\nreturn OpenNew"),
		several("quarantines alike", "two quarantines of a space have the same bytes",
			edit{spaceLua + "found.lua", "$new = $new .. ' ' .. $now[1] .. '.' .. $now[2]", "$new = $new .. ' 1.1'"},
			edit{"internal/space NewEpoch", "record.NewNonce()", "map[bool]string{false: \"AAAAAAAAAAAAAAAA\", true: record.NewNonce()}[open]"}),
	}
}

func spaceSessions() []mutant {
	return []mutant{
		one("half a session's lease", "a judge waits half of the lease of a session",
			"internal/space Session.Sign", "Lease: $s.Lease", "Lease: $s.Lease / 2"),
		one("session trusted from the answer", "trust in a session counts from the answer to its beat",
			"lock session.answered", "$t.pulse.Confirm($b.firstSent, $now, $s.clock.Float64())", "$t.pulse.Confirm($now, $now, $s.clock.Float64())"),
		one("session trusted from the retry", "trust in a session counts from the last send of its beat",
			"lock session.send", "$b.begun, $b.answers = $now, $_", "$$\n$b.firstSent = $now"),
		one("a session goes on after its end", "a call may begin under a session whose end is sent",
			"lock session.plan", "$t.leaving = true", "").inTest("lock", "TestACallThatMeetsTheEndOfItsSession"),
		one("once on a notification", "what shall be done once is done when the lock is granted, without a look at the result",
			"lock call.notified", "$got == nil || $c.once != nil", "$got == nil").inTest("lock", "TestOnceRunsAgainWhatFailed"),
		one("session ended before its works", "a session is ended in Redis when its trust ends, although works run",
			"lock session.plan", "len($t.calls) == 0 && ($over || $t.leaving || $idle)", "$over || len($t.calls) == 0 && ($t.leaving || $idle)"),
		one("unknown calls keep their seats", "nobody releases what late copies have taken",
			"lock chores.doubt", "if $known { return }", "_ = $known\nif true {\nreturn\n}"),
		one("questions release", "a call that is asked about is released although it waits or holds",
			"lock chores.doubt", "if $known { return }", "_ = $known"),
	}
}
