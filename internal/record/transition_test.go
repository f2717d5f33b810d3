package record

import (
	"testing"
	"time"
)

func TestTransition(t *testing.T) {
	led := Record{Status: Led, Term: 7, Beat: 4, Lease: time.Second, Holder: "a", Nonce: "AAAABBBBCCCCDDDD", ID: "-"}
	with := func(r Record, edit func(*Record)) Record { edit(&r); return r }
	other := func(r *Record) { r.Term, r.Beat, r.Nonce, r.Holder = r.Term+1, 0, "EEEEFFFFGGGGHHHH", "b" }
	draining, vacant := led.Steered(Draining), led.Next(Vacant)
	quarantined := with(led, func(r *Record) { r.Status = Quarantined })
	longer := with(quarantined.Next(Quarantined), func(r *Record) { r.Lease, r.Nonce = 2*time.Second, "EEEEFFFFGGGGHHHH" })
	paused := Pause{Paused: true, Until: 5}
	held := led.WithPause(paused)
	fresh := func(r *Record) { r.Nonce = "EEEEFFFFGGGGHHHH" }
	taken := with(led, other)

	for name, c := range map[string]struct {
		before, after Record
		want          Change
	}{
		"granted at once from absence":          {Record{}, led, ChangeElected},
		"granted after a vacancy":               {vacant, with(vacant, func(r *Record) { other(r); r.Status = Led }), ChangeElected},
		"granted after a quarantine":            {quarantined, taken, ChangeElected},
		"taken over from a silent leader":       {led, taken, ChangeElected},
		"taken over from a draining leader":     {draining, taken, ChangeElected},
		"beat":                                  {led, led.Beaten(), ChangeBeat},
		"beat while draining":                   {draining, draining.Beaten(), ChangeBeat},
		"asked to step down":                    {led, draining, ChangeAsked},
		"released":                              {led, vacant, ChangeReleased},
		"released while draining":               {draining, draining.Next(Vacant), ChangeReleased},
		"absence marked":                        {Record{}, quarantined, ChangeQuarantined},
		"quarantine lengthened":                 {quarantined, longer, ChangeLengthened},
		"grant resolved over a vacancy":         {vacant, with(vacant.Next(Vacant), fresh), ChangeResolved},
		"grant resolved over a silent leader":   {led, with(vacant, fresh), ChangeResolved},
		"grant resolved over a quarantine":      {quarantined, with(quarantined.Next(Vacant), fresh), ChangeResolved},
		"paused while somebody leads":           {led, led.Steered(Draining).WithPause(paused), ChangePaused},
		"pause changed":                         {held, held.Steered(Led).WithPause(Pause{Paused: true}), ChangePaused},
		"resumed by somebody":                   {held, held.Steered(Led).WithPause(Pause{}), ChangeResumed},
		"resumed as its time is over":           {held, held.Beaten().WithPause(Pause{}), ChangeResumed},
		"beat in a pause":                       {held, held.Beaten(), ChangeBeat},
		"asked to step down in a pause":         {held, held.Steered(Draining), ChangeAsked},
		"released in a pause":                   {held, held.Next(Vacant), ChangeReleased},
		"vacancy paused":                        {vacant, vacant.Next(Vacant).WithPause(paused), ChangePaused},
		"vacancy resumed":                       {vacant.WithPause(paused), vacant.Next(Vacant), ChangeResumed},
		"quarantine paused":                     {quarantined, with(quarantined.Next(Quarantined).WithPause(paused), fresh), ChangePaused},
		"nothing":                               {led, led, ChangeNone},
		"an older beat":                         {led.Next(Led), led, ChangeNone},
		"a request taken back":                  {draining, draining.Next(Led), ChangeNone},
		"a quarantine that is not longer":       {longer, with(longer, func(r *Record) { r.Beat++ }), ChangeNone},
		"a leader replaced by a quarantine":     {led, with(quarantined, other), ChangeNone},
		"a vacancy that follows another's term": {led, with(vacant, other), ChangeNone},
	} {
		if got := Transition(c.before, c.after); got != c.want {
			t.Errorf("%s: %v to %v is %q, want %q", name, c.before, c.after, got, c.want)
		}
	}
}
