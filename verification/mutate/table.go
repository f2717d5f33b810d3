package main

// table is all variants.
func table() []mutant {
	var all []mutant
	for _, part := range [][]mutant{trust(), judge(), campaign(), terms(), ends(), scripts(), hints(), handover(), packets()} {
		all = append(all, part...)
	}
	return all
}

// Files that are patched.
const (
	timingFile   = "heartbeat/timing.go"
	pulseFile    = "heartbeat/pulse.go"
	judgeFile    = "heartbeat/judge.go"
	instantFile  = "heartbeat/instant.go"
	tenureFile   = "election/tenure.go"
	verdictFile  = "election/verdict.go"
	termFile     = "election/term.go"
	electionFile = "election/election.go"
	leadFile     = "election/lead.go"
	campaignFile = "election/campaign.go"
	decideFile   = "election/decide.go"
	grantFile    = "election/grant.go"
	resolveFile  = "election/resolve.go"
	memoryFile   = "election/memory.go"
	recordFile   = "internal/record/record.go"
	releaseFile  = "election/release.go"
	watcherFile  = "election/watcher.go"
	pausesFile   = "election/pauses.go"
	queueFile    = "internal/succession/turn.go"
	rosterFile   = "internal/succession/waitlist.go"
	packetsFile  = "internal/register/packets.go"
	callFile     = "internal/register/call.go"
	beaterFile   = "election/beater.go"
	hooksFile    = "singleton/hooks.go"
	casFile      = "internal/register/lua/cas.lua"
)
