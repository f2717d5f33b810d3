package record

// A Change is what kind of step leads from one record to the next.
type Change string

// The changes of a record.
const (
	ChangeNone        Change = ""               // the same record, or a step that this version does not make
	ChangeBeat        Change = "beat"           // the leader renewed it
	ChangeElected     Change = "elected"        // a candidate was granted leadership
	ChangeAsked       Change = "asked"          // somebody asked the leader to step down
	ChangePaused      Change = "paused"         // somebody paused the election, or changed its pause
	ChangeResumed     Change = "resumed"        // somebody resumed it, or its pause is over
	ChangeReleased    Change = "released"       // the leader released it, or a candidate its own former record
	ChangeQuarantined Change = "quarantined"    // an absent record was marked
	ChangeLengthened  Change = "lengthened"     // a quarantine got a longer lease
	ChangeResolved    Change = "grant_resolved" // a candidate replaced what its unresolved grant expected
)

// Transition says what changed between two records of one key, the second of which was
// written over the first. The zero Record stands for an absent or foreign one. It is
// derived from the two alone, so that whoever writes need not say what it does.
func Transition(before, after Record) Change {
	same := before.Grant() == after.Grant()
	switch {
	case after.Status == Vacant && same && before.Held():
		return ChangeReleased
	case after.Status == Vacant && !same && before.Term == after.Term:
		return ChangeResolved
	case after.Status == Vacant && before.Status == Vacant && same:
		return pausing(before, after)
	case after.Status == Quarantined && before.Status == Quarantined:
		return lengthening(before, after)
	case after.Status == Quarantined && before.Status == 0:
		return ChangeQuarantined
	case after.Status == Led && !same:
		return ChangeElected
	case after.Held() && same:
		return withinTerm(before, after)
	}
	return ChangeNone
}

func lengthening(before, after Record) Change {
	switch {
	case before.Term != after.Term:
		return ChangeNone
	case before.Lease < after.Lease:
		return ChangeLengthened
	}
	return pausing(before, after)
}

// pausing is the change of the pause.
func pausing(before, after Record) Change {
	switch p := after.Pause(); {
	case after.Beat <= before.Beat || before.Pause() == p:
		return ChangeNone
	case p.Paused:
		return ChangePaused
	}
	return ChangeResumed
}

// withinTerm is the change between two records of one grant.
func withinTerm(before, after Record) Change {
	switch {
	case after.Beat <= before.Beat:
		return ChangeNone
	case pausing(before, after) != ChangeNone:
		return pausing(before, after)
	case before.Status == after.Status:
		return ChangeBeat
	case before.Status == Led:
		return ChangeAsked
	}
	return ChangeNone
}
