package model

// Variant is the protocol with some rules changed. The zero Variant is the
// protocol.
type Variant struct {
	ExtraGrace      bool // T + G is one tick more than the lease allows
	AnchorAtRetry   bool // trust counts from the last send of the bytes
	AnchorAtReply   bool // trust counts from the answer
	DrainUntrusted  bool // a voluntary drain does not look at trust
	OwnLease        bool // a judge waits its own lease, not the record's
	JudgeWallClock  bool // the judge believes a wall clock that is set forward
	LeaderMonoClock bool // the leader believes a monotonic clock that stood still

	ReleaseEarly    bool // a draining process releases
	SwapTakeover    bool // a grant is a GETSET; who reads its own bytes has won
	BareIncr        bool // a beat is an INCR
	BareDel         bool // a release is a DEL
	ReleaseByName   bool // a release compares the holder's name, not the bytes
	StepDownVacates bool // a step-down writes V
	NonceReused     bool // all attempts of a process look alike
	TermRecomputed  bool // a retry has a new term; mine is what has my nonce
	Unfenced        bool // the resource takes what comes

	GrantOnAbsence bool // absent is waited on, and granted from
	Immediate      bool // absent is granted to whoever has never seen a record
	NoLengthen     bool // a Q with too short a lease is granted from
	LengthenSeen   bool // only a lease that was seen, and is longer than the own one, lengthens a Q
	TermRestarts   bool // the quarantine starts the terms again
	Quarantine     Quarantine

	FreshLook      bool // waits on some bytes, then looks again and takes over what it sees
	AdoptByName    bool // a record with my name is mine
	CodeJudged     bool // an answer that does not match is a loss, whatever the record says
	FloorAtReceipt bool // an answer is compared with what is confirmed when it arrives, not when its request left
	EarlyAnswers   bool // a leader judges answers to what it sent before it led
	AskedForEver   bool // a D is not waited on

	LookOverdue  bool // a record that was pushed is granted from however old the last look: who was held up does so
	FormerAnyway bool // a former record is released whatever was seen meanwhile
	BackUnseen   bool // the server goes back also to the record of a term whose leader was never shown its end

	CountsPlain        bool // beats are counted one by one, whoever writes them
	ResumesEven        bool // who changes the pause of a leader writes an even number, as the leader does
	ConfirmsOthers     bool // a leader takes what somebody else wrote for its own beat
	PauseDropped       bool // a grant does not copy the pause
	SettleForgetsPause bool // a settling does not copy the pause
	StartsPaused       bool // who leads in a pause begins to work
	StartsLate         bool // who leads in a pause begins to work when that is over, trusted or not

	StampBelieved   bool // a push is as old as its own time stamp says, by a clock one tick off
	PublishSeparate bool // a beat is published by itself, before it is sent
	HastyPush       bool // a grant from a pushed record takes that record's term + 1, however old the last look
}

// Quarantine says what becomes of the one kind of request that expects
// something that is not unique: from absent to Q.
type Quarantine uint8

// The ways to send a quarantine.
const (
	// Stamped: an attempt may reach the server several times, and the server makes
	// the bytes of each unique. This is the protocol.
	Stamped Quarantine = iota
	// Once: each attempt has a nonce of its own, and reaches the server at most
	// once, however late.
	Once
	// Replayed: an attempt may reach the server several times.
	Replayed
	// Expiring: the same, and the server refuses the request a lease after the look
	// that it came from.
	Expiring
)

// blurs says that a packet may do something although what it expects is gone,
// or that two attempts may look alike: then nothing may be forgotten.
func (v *Variant) blurs() bool {
	return v.SwapTakeover || v.BareIncr || v.BareDel || v.ReleaseByName || v.NonceReused
}
