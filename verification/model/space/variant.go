package space

// Variant is the protocol with some rules changed. The zero Variant is the protocol.
type Variant struct {
	ExtraGrace     bool // T + G is one tick more than the lease allows
	AnchorAtRetry  bool // trust counts from the last send of the bytes
	AnchorAtAnswer bool // trust counts from the answer
	MakingExact    bool // and these two not for the bytes that make a session

	AbsenceOpen        bool // a hash that is not there counts as an open space
	LeaseUnmet         bool // an epoch does not carry the longest lease of its sessions
	NoLengthen         bool // a quarantine that is too short is opened
	OwnLease           bool // a judge waits its own lease, not the session's
	NoQuarantine       bool // absence is opened at once
	QuarantineReplayed bool // two quarantines of one author look alike
	OpenAnything       bool // an opening does not compare the bytes of the quarantine
	KeyEach            bool // each lock has a key of its own, which may be lost alone

	BeatRemakes    bool // a beat makes a session that is gone
	BeatAnything   bool // a beat does not compare the bytes
	ReapAnything   bool // a reap does not compare the bytes
	StrangerBeats  bool // a stranger writes the next beat of a session
	AcquireRemakes bool // every acquire makes a session that is gone
	ReleaseAnyones bool // a release frees the lock whoever holds it

	Withdraw         bool // a grant is published, and taken back if nobody listens
	PushAnyCall      bool // a push counts for whatever call the process has now
	Untrusted        bool // a grant counts although the session is not trusted
	QuestionIgnored  bool // nobody answers for calls that it does not know
	QuestionReleases bool // who is asked releases although its call still waits
	EndEarly         bool // a session is ended before its works
	EndReused        bool // a session goes on after its end was sent
	FloorAtReceipt   bool // an answer is compared with what is confirmed when it arrives
	TermRestarts     bool // terms begin again when the hash is lost
}
