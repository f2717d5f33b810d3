package ledger

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// server is what a script needs of Redis. It executes the real Lua, and nothing at once with
// something else.
type server struct {
	now    func() int64 // microseconds, of its own clock
	record string
	ledger map[string]string
	runs   map[string]string // the newest line of each history

	state *lua.LState
	texts map[string]*lua.LFunction // by the digest
	wrote []change                  // by the script that runs
}

// change is a write of one entry.
type change struct{ job, before, after, line string }

func newServer(now func() int64) *server {
	s := &server{now: now, ledger: map[string]string{}, runs: map[string]string{}, state: lua.NewState(), texts: map[string]*lua.LFunction{}}
	redis := s.state.NewTable()
	for _, name := range []string{"call", "pcall"} { // no command here fails
		redis.RawSetString(name, s.state.NewFunction(s.command))
	}
	s.state.SetGlobal("redis", redis)
	return s
}

func (s *server) close() { s.state.Close() }

// load keeps a text.
func (s *server) load(digest, text string) error {
	f, err := s.state.LoadString(text)
	if err == nil {
		s.texts[digest] = f
	}
	return err
}

// eval executes a script.
func (s *server) eval(digest string, keys []string, args []any) (any, error) {
	s.wrote = s.wrote[:0]
	k, a := s.state.CreateTable(len(keys), 0), s.state.CreateTable(len(args), 0)
	for i, key := range keys {
		k.RawSetInt(i+1, lua.LString(key))
	}
	for i, arg := range args {
		a.RawSetInt(i+1, lua.LString(arg.(string))) // a panic shows that something else is sent
	}
	s.state.SetGlobal("KEYS", k)
	s.state.SetGlobal("ARGV", a)
	if err := s.state.CallByParam(lua.P{Fn: s.texts[digest], NRet: 1, Protect: true}); err != nil {
		return nil, err
	}
	value := s.state.Get(-1)
	s.state.Pop(1)
	return reply(value), nil
}

// reply is a value as the client reads it.
func reply(v lua.LValue) any {
	switch v := v.(type) {
	case lua.LNumber:
		return int64(v)
	case lua.LString:
		return string(v)
	case *lua.LTable:
		all := make([]any, 0, v.Len())
		for i := range v.Len() {
			all = append(all, reply(v.RawGetInt(i+1)))
		}
		return all
	}
	return nil
}

// command is redis.call.
func (s *server) command(l *lua.LState) int {
	answer := s.execute(l.CheckString(1), func(i int) string { return l.CheckString(i + 1) })
	l.Push(answer)
	return 1
}

func (s *server) execute(name string, arg func(i int) string) lua.LValue {
	switch name {
	case "TIME":
		now := s.now()
		return s.list(strconv.FormatInt(now/1e6, 10), strconv.FormatInt(now%1e6, 10))
	case "GET": // of the record
		if s.record == "" {
			return lua.LFalse
		}
		return lua.LString(s.record)
	case "HGET":
		if text, ok := s.ledger[arg(2)]; ok {
			return lua.LString(text)
		}
		return lua.LFalse
	case "HGETALL":
		var all []string
		for job, text := range s.ledger {
			all = append(all, job, text)
		}
		return s.list(all...)
	case "HLEN":
		return lua.LNumber(len(s.ledger))
	case "HSET":
		s.wrote = append(s.wrote, change{job: arg(2), before: s.ledger[arg(2)], after: arg(3)})
		s.ledger[arg(2)] = arg(3)
	case "HDEL":
		s.wrote = append(s.wrote, change{job: arg(2), before: s.ledger[arg(2)]})
		delete(s.ledger, arg(2))
	case "LPUSH":
		s.runs[arg(1)] = arg(2)
		s.wrote[len(s.wrote)-1].line = arg(2)
	case "LTRIM", "DEL", "PUBLISH": // nobody reads old lines, and who leads hears of itself only
	default:
		panic(fmt.Sprintf("the script calls %s, which this server does not have", name))
	}
	return lua.LNumber(1)
}

func (s *server) list(texts ...string) lua.LValue {
	t := s.state.CreateTable(len(texts), 0)
	for i, text := range texts {
		t.RawSetInt(i+1, lua.LString(text))
	}
	return t
}
