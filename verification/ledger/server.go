package ledger

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"example.com/incumbent/verification/internal/script"
)

// server is what a script needs of Redis. It executes the real Lua, and nothing at once with
// something else.
type server struct {
	now    func() int64 // microseconds, of its own clock
	record string
	ledger map[string]string
	runs   map[string]string // the newest line of each history

	scripts *script.Host
	wrote   []change // by the script that runs
}

// change is a write of one entry.
type change struct{ job, before, after, line string }

func newServer(now func() int64) *server {
	s := &server{now: now, ledger: map[string]string{}, runs: map[string]string{}}
	s.scripts = script.New(s.execute)
	return s
}

func (s *server) close() { s.scripts.Close() }

// eval executes a script.
func (s *server) eval(digest string, keys, args []string) (any, error) {
	s.wrote = s.wrote[:0]
	return s.scripts.Eval(digest, keys, args)
}

func (s *server) execute(name string, a []string) lua.LValue {
	switch name {
	case "TIME":
		now := s.now()
		return s.scripts.List(strconv.FormatInt(now/1e6, 10), strconv.FormatInt(now%1e6, 10))
	case "GET": // of the record
		if s.record == "" {
			return lua.LFalse
		}
		return lua.LString(s.record)
	case "HGET":
		return script.Text(s.ledger, a[1])
	case "HGETALL":
		var all []string
		for job, text := range s.ledger {
			all = append(all, job, text)
		}
		return s.scripts.List(all...)
	case "HLEN":
		return lua.LNumber(len(s.ledger))
	case "HSET":
		s.wrote = append(s.wrote, change{job: a[1], before: s.ledger[a[1]], after: a[2]})
		s.ledger[a[1]] = a[2]
	case "HDEL":
		s.wrote = append(s.wrote, change{job: a[1], before: s.ledger[a[1]]})
		delete(s.ledger, a[1])
	case "LPUSH":
		s.runs[a[0]] = a[1]
		s.wrote[len(s.wrote)-1].line = a[1]
	case "LTRIM", "DEL", "PUBLISH": // nobody reads old lines, and who leads hears of itself only
	default:
		panic(fmt.Sprintf("the script calls %s, which this server does not have", name))
	}
	return lua.LNumber(1)
}
