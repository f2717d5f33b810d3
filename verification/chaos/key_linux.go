package chaos

import (
	"slices"
	"strings"

	"example.com/incumbent/verification/sim/check"
)

// change adds a change of the key.
func (j *judge) change(ch change) {
	switch ch.kind {
	case wrote:
		if j.present && j.evicts && j.asks[withoutStamp(ch.bytes)] {
			j.forgot("eviction") // else nobody could have replaced absence
		}
		j.holds, j.present, j.written[ch.bytes] = ch.bytes, true, true
		j.recent = append(j.recent[max(0, len(j.recent)-memorable):], ch.bytes)
		j.history.Add(0, check.Wrote{Now: j.history.State(true, ch.bytes)})
	case put:
		j.put(ch.bytes, "overwritten")
	case gone:
		j.forgot("FLUSHALL")
	case absent:
		if j.present && j.evicts {
			j.forgot("eviction")
		}
	}
}

// withoutStamp is what was asked for: the server adds its time to what replaces
// absence.
func withoutStamp(bytes string) string {
	return bytes[:max(0, strings.LastIndexByte(bytes, ' '))]
}

func (j *judge) forgot(how string) {
	j.present, j.holds = false, ""
	j.history.Add(0, check.Forgot{How: how})
}

func (j *judge) put(bytes, how string) {
	j.present, j.holds = true, bytes
	j.history.Add(0, check.Put{How: how, Now: j.history.State(true, bytes)})
}

// restored adds what the server holds after a restart: what it held, nothing, what
// it held once, or what it wrote as it died and told nobody.
func (j *judge) restored(bytes *string, how string) {
	switch {
	case bytes == nil && j.present:
		j.forgot(how)
	case bytes == nil || j.present && *bytes == j.holds:
	case j.written[*bytes]:
		j.put(*bytes, how)
	default:
		j.report.unseen++
		j.change(change{kind: wrote, bytes: *bytes})
	}
}

// memorable is how many former records are at hand.
const memorable = 50

// former are some of the last records, as chance has it.
func (j *judge) former(coin float64) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	from := int(coin * float64(len(j.recent)))
	return slices.Clone(j.recent[from:min(from+3, len(j.recent))])
}
