package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
)

func newTestCandidate(json bool) (c *Candidate, stdout, stderr *screen) {
	o, stdout, stderr := newOutput(json, map[string]string{"a": "A", "b": "B"})
	c = &Candidate{ID: "a", Election: "e", Lease: 3 * time.Second, out: o, announced: make(chan election.Event, 1)}
	return c, stdout, stderr
}

// The line about an election waits for what only the observer is told.
func TestElectedKnowsTheGap(t *testing.T) {
	for name, c := range map[string]struct {
		events []election.Event
		json   string // in the output
		people string // at the end of the line
	}{
		"first":                 {[]election.Event{{Kind: election.KindElected, Term: 7, Reason: election.ReasonVacancy, Gap: time.Millisecond}}, `"gap_ms":1}`, "term 7"},
		"handover":              {[]election.Event{{Kind: election.KindStandby, Leader: election.Leader{ID: "b", Term: 6}}, {Kind: election.KindElected, Term: 7, Reason: election.ReasonVacancy, Gap: 1100 * time.Microsecond}}, `"gap_ms":1.1}`, "after 1.1 ms with nobody"},
		"takeover":              {[]election.Event{{Kind: election.KindStandby, Leader: election.Leader{ID: "b", Term: 6}}, {Kind: election.KindElected, Term: 7, Reason: election.ReasonSilence, Silence: time.Second}}, `"term":7}`, "took over a silent leader"},
		"left over from before": {[]election.Event{{Kind: election.KindElected, Term: 6}, {Kind: election.KindElected, Term: 7, Reason: election.ReasonVacancy}}, `"gap_ms":0}`, "term 7"},
		"never told":            {nil, `"term":7}`, "term 7"},
	} {
		for _, json := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, JSON %t", name, json), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cand, stdout, _ := newTestCandidate(json)
					go func() {
						time.Sleep(100 * time.Millisecond)
						for _, ev := range c.events {
							cand.Observe(ev)
						}
					}()
					if err := cand.Elected(t.Context(), 7); err != nil {
						t.Error(err)
					}
					want := c.people
					if json {
						want = c.json
					}
					if got := stdout.writes[len(stdout.writes)-1]; !strings.HasSuffix(got, want+"\n") || !strings.Contains(got, "elected") {
						t.Errorf("got %q, want %q", got, want)
					}
				})
			})
		}
	}
}

// A term that ends before its announcement is told in order all the same.
func TestElectedInAnEndedTerm(t *testing.T) {
	c, stdout, _ := newTestCandidate(true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Elected(ctx, 7); err != nil {
		t.Error(err)
	}
	if !strings.Contains(stdout.String(), `"elected"`) {
		t.Errorf("got %s", stdout)
	}
}

func TestRevoked(t *testing.T) {
	for _, c := range []struct {
		cause        error
		json, people string
	}{
		{errors.New("stop"), `"cause":"caller"}`, "draining; work stopped at once"},
		{election.ErrExpired, `"cause":"expired"}`, "expired: no beat confirmed for 1.8s; work stopped at once"},
		{election.ErrStepDown, `"cause":"step_down"}`, "step_down: draining; work stopped at once"},
		{&election.Error{Name: "e", Detail: "why", Err: election.ErrLost}, `"cause":"lost","error":"incumbent: leadership lost: election \"e\": why"}`, `lost: incumbent: leadership lost: election "e": why; work stopped at once`},
		{fmt.Errorf("%w: %w", election.ErrWorkEnded, errStub), `"cause":"work","error":"incumbent: the work ended by itself: stub"}`, "work: incumbent: the work ended by itself: stub; work stopped at once"},
	} {
		for _, json := range []bool{true, false} {
			cand, stdout, _ := newTestCandidate(json)
			cand.Observe(election.Event{Kind: election.KindElected, Term: 7})
			if err := cand.Elected(t.Context(), 7); err != nil {
				t.Error(err)
			}
			cand.Revoked(t.Context(), 7, c.cause)
			want := c.people
			if json {
				want = c.json
			}
			if !strings.HasSuffix(stdout.String(), want+"\n") {
				t.Errorf("got %q, want %q", stdout, want)
			}
		}
	}
}

var errStub = errors.New("stub")

func TestStandby(t *testing.T) {
	sibling := election.Event{Kind: election.KindStandby, Leader: election.Leader{ID: "b", Term: 6}}
	stranger := election.Event{Kind: election.KindStandby, Leader: election.Leader{ID: "host-2", Term: 7}}
	for json, want := range map[bool]int{true: 2, false: 1} { // people have seen the sibling elected
		c, stdout, _ := newTestCandidate(json)
		for _, ev := range []election.Event{sibling, stranger, stranger} { // the last one again, by another campaign
			c.Observe(ev)
		}
		if got := strings.Count(stdout.String(), "standby"); got != want || !strings.Contains(stdout.String(), "host-2") {
			t.Errorf("json %t: %d lines, want %d:\n%s", json, got, want, stdout)
		}
	}
}

func TestTroubles(t *testing.T) {
	for _, json := range []bool{true, false} {
		c, stdout, stderr := newTestCandidate(json)
		c.Observe(election.Event{Kind: election.KindUnreachable, Err: errStub})
		c.Observe(election.Event{Kind: election.KindRevoked, Err: errStub}) // is no trouble, and told by OnRevoked
		c.Observe(election.Event{Kind: election.KindReleaseFailed, Wait: 2900 * time.Millisecond})
		if !strings.Contains(stderr.String(), "others wait up to 2.9s for it") {
			t.Errorf("nothing names the gap: %s", stderr)
		}
		if got := strings.Count(stdout.String(), `"error"`); json && got != 4 || !json && got != 0 { // name and field
			t.Errorf("json %t: got %s", json, stdout)
		}
	}
}

func TestQuarantineIsExplained(t *testing.T) {
	c, stdout, _ := newTestCandidate(false)
	for _, want := range []string{`first start of "e" on this Redis: waiting 3s`, `Redis has forgotten "e": waiting 3s`} {
		c.Observe(election.Event{Kind: election.KindQuarantined, Name: "e", Wait: 3 * time.Second})
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("nothing says %q: %s", want, stdout)
		}
	}
}

func TestLetters(t *testing.T) {
	seen := map[string]bool{}
	for i := range maxCandidates {
		seen[letter(i, maxCandidates)] = true
	}
	if len(seen) != maxCandidates || !seen["A"] || !seen["Z"] || !seen["AA"] || !seen["CV"] {
		t.Errorf("%d letters: %v", len(seen), seen)
	}
	if got := letter(0, 1); got != "" {
		t.Errorf("one that is alone is called %q", got)
	}
}
