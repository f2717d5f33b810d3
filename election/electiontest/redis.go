package electiontest

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2/server"

	"example.com/incumbent/internal/redistest"
)

// Redis is a server in memory, without sockets. It runs on the clock of the
// synctest bubble in which it was made, or on the real one. Make it with
// [NewRedis]; its methods may be called from any goroutine.
type Redis struct {
	tb   testing.TB
	stub *redistest.Stub

	// mu guards what follows. Whoever holds it asks the server nothing: the
	// server may be asking for it.
	mu        sync.Mutex
	elections map[string]*Election // by key
	spaces    map[string]*Space    // by key
	held      map[string][]func()  // by key: what forgets the value that a process holds
}

// NewRedis starts a server that ends with the test. In a bubble give it the
// bubble's own tb. What runs on the server must have ended before the test does:
// end it in the test, or in a Cleanup that is registered after NewRedis.
func NewRedis(tb testing.TB) *Redis {
	tb.Helper()
	r := &Redis{tb: tb, stub: redistest.NewStub(tb), elections: map[string]*Election{}, spaces: map[string]*Space{}, held: map[string][]func(){}}
	r.stub.Mini.Server().SetPreHook(r.serve)
	return r
}

// FlushAll deletes everything, as FLUSHALL does, or a restart without persistence.
func (r *Redis) FlushAll() { r.stub.Mini.FlushAll() }

// FailCommands answers every command with that error from now on, such as "LOADING Redis
// is loading the dataset in memory" or "NOPERM no permissions". An empty one ends
// it.
func (r *Redis) FailCommands(answer string) { r.stub.Mini.SetError(answer) }

// RequirePassword turns away connections that come without that password from now
// on. Call it while nobody connects: the stand-in reads it without a lock.
func (r *Redis) RequirePassword(password string) { r.stub.Mini.RequireAuth(password) }

// serve runs before every command, also before one that a script calls. In the
// latter case the server holds its lock.
func (r *Redis) serve(_ *server.Peer, cmd string, args ...string) bool {
	switch {
	case strings.HasPrefix(cmd, "EVAL") && len(args) > 2:
		r.guard(args[1], args[2:])
	case cmd == "SET" && len(args) > 1:
		if o := r.electionAt(args[0]); o != nil {
			o.written()
		}
	}
	return false
}

// guard has the elections and spaces among a script's keys guarded before it runs: requests
// of several elections may share one.
func (r *Redis) guard(keys string, args []string) {
	n, err := strconv.Atoi(keys)
	if err != nil {
		return
	}
	n = min(max(n, 0), len(args))
	for _, key := range args[:n] {
		if o := r.electionAt(key); o != nil {
			o.guard(args...)
		}
		if s := r.spaceAt(key); s != nil {
			s.guard(args[n:])
		}
	}
}

func (r *Redis) electionAt(key string) *Election {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.elections[key]
}

func (r *Redis) add(o *Election) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.elections[o.key] = o
}

func (r *Redis) spaceAt(key string) *Space {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spaces[key]
}

func (r *Redis) addSpace(s *Space) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spaces[s.place.Key] = s
}
