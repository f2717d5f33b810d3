package main

import "slices"

// unseen are the variants that the model need not refuse when it follows the simulation, by
// why: what they break is not mapped to it. See docs/verification.md.
var unseen = []struct {
	why   string
	names []string
}{
	{
		"in the model anybody may be slow, for ever, too",
		[]string{"every look begins anew", "back-off without a cap", "looks end", "never released", "settled by looking", "not settled", "turn without an end", "loss survived", "adoption by ID"},
	},
	{
		"what goes back behind everybody's back is not in the model",
		[]string{"no floor"},
	},
	{
		"who tries first, and who rests, is not in the model",
		[]string{"no cool-down", "turns ignored", "heirs that stand back", "told but not written", "nobody else told", "the deaf have a rank"},
	},
	{
		"what observers and hooks are told is not in the model",
		[]string{"revocation not told", "hooks unpaired", "drain ignores trust"},
	},
	{
		"the model lets a process hear of what is written, not of what is published",
		[]string{"published before the write", "separate PUBLISH"},
	},
	{
		"other elections and the ledger are not in the model",
		[]string{"answers of another request", "ledger unchecked in a storm", "run before its claim in a storm"},
	},
}

// outside says why the model need not refuse a variant; "" if it must.
func (m mutant) outside() string {
	for _, u := range unseen {
		if slices.Contains(u.names, m.name) {
			return u.why
		}
	}
	return m.harmless
}
