package electiontest

import (
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/space"
)

// rivalSpaceLease is the lease of the other process: the shortest that a process can have,
// so that a quarantine lasts for the lease of the process under test. Each process
// lengthens that of the space to its own, without a wait.
const rivalSpaceLease = 2 * time.Second

// rivalSession is what the other process has in a space.
type rivalSession struct {
	sid   string
	is    space.Session
	calls int   // that hold something or wait
	n     int64 // of the last call
}

func newRivalSession() rivalSession {
	return rivalSession{sid: record.NewNonce(), is: space.Session{Lease: rivalSpaceLease, ID: "electiontest"}}
}

// newEpoch is one over absence, with the server's time.
func newEpoch(open bool, lease time.Duration) string {
	now := time.Now()
	return space.NewEpoch(open, lease, fmt.Sprintf("%d.%d", now.Unix(), now.Nanosecond()/1000)).String()
}

func sessionField(sid string) string { return "s:" + sid }

func (s *Space) read(field string) string { return s.redis.stub.Mini.HGet(s.place.Key, field) }

func (s *Space) write(field, bytes string) { s.redis.stub.Mini.HSet(s.place.Key, field, bytes) }

func (s *Space) remove(field string) { s.redis.stub.Mini.HDel(s.place.Key, field) }

func (s *Space) fields() []string {
	fields, _ := s.redis.stub.Mini.HKeys(s.place.Key) // an error leaves nothing to read
	return fields
}

// guard runs before a script is executed. The other process has always just beaten. What
// a process sends of its session is noted.
func (s *Space) guard(args []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beatAsRival()
	for _, arg := range args {
		switch _, err := space.ParseSession(arg); {
		case arg == s.rival.sid:
			return
		case err == nil:
			s.beat = time.Now()
			delete(s.lost, args[0]) // of a beat it is the first
		}
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// beatAsRival lets nobody believe that the other process has died. What was lost it does
// not bring back.
func (s *Space) beatAsRival() {
	field := sessionField(s.rival.sid)
	if s.rival.calls == 0 || s.read(field) != s.rival.is.String() {
		return
	}
	s.rival.is.Beat++
	s.write(field, s.rival.is.String())
}

// begin begins a call of the other process.
func (s *Space) begin(name string) space.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rival.calls++
	s.rival.n++
	return space.Call{Name: name, SID: s.rival.sid, N: s.rival.n, Limit: 1}
}

// left notes the end of a call, and reports whether it was the last.
func (s *Space) left() (sid, bytes string, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rival.calls--
	return s.rival.sid, s.rival.is.String(), s.rival.calls == 0
}

// session is what the other process makes its session with.
func (s *Space) session() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rival.is.String()
}

// holding is the sessions that hold a lock, with their leases, but for that of the other
// process.
func (s *Space) holding() map[string]time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := map[string]time.Duration{}
	for _, field := range s.fields() {
		if !strings.HasPrefix(field, "l:") {
			continue
		}
		h, err := space.ParseHolder(s.read(field))
		if err != nil || h.SID == s.rival.sid {
			continue
		}
		if is, err := space.ParseSession(s.read(sessionField(h.SID))); err == nil {
			held[h.SID] = is.Lease
		}
	}
	return held
}

// forget ends sessions.
func (s *Space) forget(sids map[string]time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sid := range sids {
		s.remove(sessionField(sid))
		s.lost[sid] = true
	}
}

// lose leaves nothing of the space but a quarantine. That comes first: nobody is granted
// anything from then on.
func (s *Space) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	lease := rivalSpaceLease
	if was, err := space.ParseEpoch(s.read("e")); err == nil {
		lease = was.Lease
	}
	s.write("e", newEpoch(false, lease))
	for _, field := range s.fields() {
		if field == "e" {
			continue
		}
		s.remove(field)
		if sid, session := strings.CutPrefix(field, sessionField("")); session {
			s.lost[sid] = true
		}
	}
}

// told reports whether all of these sessions have beaten since they were ended.
func (s *Space) told(sids map[string]time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sid := range sids {
		if s.lost[sid] {
			return false
		}
	}
	return true
}

func (s *Space) lastBeat() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beat
}
