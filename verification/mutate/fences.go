package main

// Parts of the scripts that check a term before a write.
const (
	byRecord = "internal/register/lua/check.lua check"
	byTerm   = "internal/register/lua/term.lua check"
	frame    = "internal/register/lua/frame.lua"
)

// fences are variants of the check before a write.
func fences() []mutant {
	const held = "(status ~= 'L' and status ~= 'D') or term ~= ARGV[1] or nonce ~= ARGV[2]"
	return []mutant{
		one("check omitted", "a write is not checked",
			frame, "local refused = check()", "local refused = nil").inTest("fence", "TestAWriteThatComesLateIsRefused"),
		several("check after the write", "the check stands behind the text",
			edit{frame, "local refused = check() if refused then return refused end", ""},
			edit{frame, "local failed", "local refused = check() if refused then return refused end $$"}).inTest("fence", "TestByRecordPassesUnderItsOwnGrantAlone"),
		one("check by term only", "a grant of the same term with another nonce passes",
			byRecord, held, "(status ~= 'L' and status ~= 'D') or term ~= ARGV[1]").inTest("fence", "TestByRecordPassesUnderItsOwnGrantAlone"),
		one("check by nonce only", "a later term passes if its nonce is the same",
			byRecord, held, "(status ~= 'L' and status ~= 'D') or nonce ~= ARGV[2]").inTest("fence", "TestByRecordPassesUnderItsOwnGrantAlone"),
		one("check without status", "a vacant record of our grant passes",
			byRecord, held, "term ~= ARGV[1] or nonce ~= ARGV[2]").inTest("fence", "TestByRecordPassesUnderItsOwnGrantAlone"),
		one("draining is refused", "work that drains may not write",
			byRecord, held, "status ~= 'L' or term ~= ARGV[1] or nonce ~= ARGV[2]").inTest("fence", "TestByRecordPassesUnderItsOwnGrantAlone"),
		one("own term refused", "by term, the second write of a term is refused",
			byTerm, "tonumber(seen) > tonumber(ARGV[1])", "tonumber(seen) >= tonumber(ARGV[1])").inTest("fence", "TestByTermPassesUnlessALaterTermWasSeen"),
		one("compared as texts", "by term, a shorter number that begins higher counts as later",
			byTerm, "tonumber(seen) > tonumber(ARGV[1])", "seen > ARGV[1]").inTest("fence", "TestByTermPassesUnlessALaterTermWasSeen"),
		one("never raised", "by term, what was seen is not kept",
			byTerm, "if seen ~= ARGV[1] then", "if false then").inTest("fence", "TestAnEmptyDoClaims"),
		one("foreign fence overwritten", "by term, a key that holds something else is taken for a fence",
			byTerm, "if type(seen) == 'table' or seen and not (#seen <= 16 and string.find(seen, '^%d+$')) then return {3} end",
			"if type(seen) ~= 'string' or not string.find(seen, '^%d+$') then seen = false end").inTest("fence", "TestAFenceThatHoldsNoTerm"),
		one("error of a text as an error", "the client takes the error of a command for one of the server",
			frame, "return {2, failed}", "return redis.error_reply(failed)").inTest("fence", "TestACommandThatFailsEndsTheScript"),
		one("any slot", "a key in another slot is sent",
			"fence call.checkKey", "case register.Tag(string($k)) != register.Tag($c.at):", "case false:").inTest("fence", "TestWhatIsWrongIsRefusedAtOnce"),
		one("sent after the end", "a context that is not told of the end of its term writes after that",
			"fence call.run", "election.ContextErr($1)", "$1.Err()").inTest("fence", "TestTheEndOfTheTermIsTheCause"),
	}
}
