package space

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// An Answer is what became of a request for a lock.
type Answer struct {
	Kind AnswerKind

	Term  int64 // granted
	Seat  int
	Lease time.Duration // of the epoch, if the session was made

	Queued int // held: the place in the queue, from 1; 0: in none
	Ahead  []Seat

	Epoch  string // closed, short: its bytes
	Result string // done, unknown: its bytes

	Sent, Received heartbeat.Instant
}

// AnswerKind is what an [Answer] says.
type AnswerKind int

// Kinds of answers.
const (
	Grant      AnswerKind = iota + 1
	Held                  // by others, or others wait for longer
	Absent                // there is no epoch: the space is new, or was lost
	Closed                // the epoch is a quarantine
	Short                 // the epoch's lease is shorter than that of the session that shall be made
	Gone                  // the session is, and may not be made
	HasResult             // of Begin: there is a result
	Mismatch              // of Begin: the fingerprint is another
	Unresolved            // of Begin: whoever began has died
	Made                  // of Begin: the session is there now, ask again
)

// A Seat is one that somebody holds.
type Seat struct {
	Seat    int
	Holder  Holder
	Bytes   string // of the session
	Session Session
}

// maxSkew is how far the server's clock may be off the client's. The scripts know it, too.
const maxSkew = 24 * time.Hour

func readAnswer(value any) (Answer, error) {
	if text, ok := value.(string); ok {
		return readGrant(text)
	}
	values, _ := value.([]any)
	if len(values) == 0 {
		return Answer{}, unexpected(value)
	}
	word, _ := values[0].(string)
	switch len(values) {
	case 1:
		return readWord(word)
	case 2:
		text, _ := values[1].(string)
		return readPair(word, text)
	case 3:
		queued, ok := values[1].(int64)
		if word != "held" || !ok {
			break
		}
		ahead, err := readSeats(values[2])
		return Answer{Kind: Held, Queued: int(queued), Ahead: ahead}, err
	}
	return Answer{}, unexpected(value)
}

func readGrant(text string) (Answer, error) {
	term, seat, _ := strings.Cut(text, " ")
	seat, lease, has := strings.Cut(seat, " ")
	t, ok1 := record.ParseNumber(term, 1, MaxTerm)
	s, ok2 := record.ParseNumber(seat, 0, MaxSeats-1)
	a := Answer{Kind: Grant, Term: t, Seat: int(s)}
	ok3 := true
	if has {
		a.Lease, ok3 = parseLease(lease)
	}
	if !ok1 || !ok2 || !ok3 {
		return Answer{}, unexpected(text)
	}
	return a, nil
}

func readWord(word string) (Answer, error) {
	switch word {
	case "absent":
		return Answer{Kind: Absent}, nil
	case "gone":
		return Answer{Kind: Gone}, nil
	case "mismatch":
		return Answer{Kind: Mismatch}, nil
	case "made":
		return Answer{Kind: Made}, nil
	}
	return Answer{}, unexpected(word)
}

func readPair(word, text string) (Answer, error) {
	switch word {
	case "closed":
		return Answer{Kind: Closed, Epoch: text}, nil
	case "short":
		return Answer{Kind: Short, Epoch: text}, nil
	case "done":
		return Answer{Kind: HasResult, Result: text}, nil
	case "unknown":
		return Answer{Kind: Unresolved, Result: text}, nil
	case "foreign":
		return Answer{}, fmt.Errorf("%w: %w %.60q", ErrForeign, ErrResult, text)
	case "unfit":
		seconds, _ := strconv.ParseInt(text, 10, 64)
		return Answer{}, fmt.Errorf("%w: the clock of Redis says %s, and is more than %v off that of this process: set the wrong one right",
			register.ErrUnfit, time.Unix(seconds, 0).UTC().Format(time.RFC3339), maxSkew)
	}
	return Answer{}, unexpected(word)
}

func readSeats(value any) ([]Seat, error) {
	values, _ := value.([]any)
	if len(values)%3 != 0 {
		return nil, unexpected(value)
	}
	seats := make([]Seat, 0, len(values)/3)
	for i := 0; i < len(values); i += 3 {
		seat, ok := values[i].(int64)
		holder, _ := values[i+1].(string)
		bytes, _ := values[i+2].(string)
		if !ok || seat < 0 || seat >= MaxSeats {
			return nil, unexpected(values[i])
		}
		s := Seat{Seat: int(seat), Bytes: bytes}
		var err1, err2 error
		s.Holder, err1 = ParseHolder(holder)
		s.Session, err2 = ParseSession(bytes)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		seats = append(seats, s)
	}
	return seats, nil
}

func readStep(value any) (Step, error) {
	values, _ := value.([]any)
	if len(values) != 4 {
		return Step{}, unexpected(value)
	}
	cursor, ok1 := values[0].(string)
	sessions, ok2 := values[1].([]any)
	own, ok3 := values[2].([]any)
	if !ok1 || !ok2 || !ok3 || len(sessions)%2 != 0 || len(own)%3 != 0 {
		return Step{}, unexpected(value)
	}
	step := Step{Cursor: cursor, Sessions: make(map[string]string, len(sessions)/2)}
	step.Epoch, _ = values[3].(string)
	for i := 0; i < len(sessions); i += 2 {
		sid, _ := sessions[i].(string)
		step.Sessions[sid], _ = sessions[i+1].(string)
	}
	for i := 0; i < len(own); i += 3 {
		seat, _ := own[i].(string)
		name, _ := own[i+1].(string)
		call, _ := own[i+2].(string)
		at, err1 := strconv.Atoi(seat)
		n, err2 := strconv.ParseInt(call, 10, 64)
		if err := errors.Join(err1, err2); err != nil || at < 0 || at >= MaxSeats {
			continue // somebody else's
		}
		step.Own = append(step.Own, Own{name, n, at})
	}
	return step, nil
}

func asText(value any, err error) (string, error) {
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", unexpected(value)
	}
	return text, nil
}

func asBool(value any, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, ok := value.(int64)
	if !ok {
		return false, unexpected(value)
	}
	return n == 1, nil
}

func asSeats(value any, err error) ([]Seat, error) {
	if err != nil {
		return nil, err
	}
	return readSeats(value)
}

func unexpected(value any) error {
	return fmt.Errorf("%w: an answer of unexpected form %.100v", register.ErrUnavailable, value)
}
