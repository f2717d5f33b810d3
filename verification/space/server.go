package space

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"example.com/incumbent/verification/internal/script"
	"example.com/incumbent/verification/space/account"
)

// server is what the scripts need of Redis: one hash, and results. It executes the real Lua, and
// nothing at once with something else.
type server struct {
	book    *account.Book
	publish func(channel, text string) (listeners int)

	mu      sync.Mutex
	hash    map[string]string
	results map[string]string
	scripts *script.Host
}

func newServer(book *account.Book, publish func(channel, text string) int) *server {
	s := &server{book: book, publish: publish, hash: map[string]string{}, results: map[string]string{}}
	s.scripts = script.New(s.execute)
	return s
}

func (s *server) close() { s.scripts.Close() }

// load keeps a text.
func (s *server) load(digest, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scripts.Load(digest, text)
}

func (s *server) knows(digest string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scripts.Knows(digest)
}

// eval executes a script.
func (s *server) eval(digest string, keys int, words []string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scripts.Eval(digest, words[:keys], words[keys:])
}

func (s *server) execute(name string, a []string) lua.LValue {
	switch name {
	case "TIME":
		now := time.Now().UnixMicro()
		return s.scripts.List(strconv.FormatInt(now/1e6, 10), strconv.FormatInt(now%1e6, 10))
	case "HGET":
		return script.Text(s.hash, a[1])
	case "HMGET":
		t := s.scripts.List()
		for i, field := range a[1:] {
			t.RawSetInt(i+1, script.Text(s.hash, field))
		}
		return t
	case "HEXISTS":
		_, is := s.hash[a[1]]
		return number(is)
	case "HSET":
		for i := 1; i < len(a); i += 2 {
			s.hash[a[i]] = a[i+1]
			s.book.Set(a[i], a[i+1])
		}
		return lua.LNumber(len(a) / 2)
	case "HDEL":
		_, is := s.hash[a[1]]
		if is {
			delete(s.hash, a[1])
			s.book.Unset(a[1])
		}
		return number(is)
	case "HSCAN":
		return s.scan(a[1], a[3])
	case "GET":
		return script.Text(s.results, a[0])
	case "SET": // no result expires within a run
		s.results[a[0]] = a[1]
		return lua.LString("OK")
	case "DEL":
		delete(s.results, a[0])
		return lua.LNumber(1)
	case "PUBLISH":
		return lua.LNumber(s.publish(a[0], a[1]))
	}
	panic(fmt.Sprintf("the script calls %s, which this server does not have", name))
}

func number(is bool) lua.LValue {
	if is {
		return lua.LNumber(1)
	}
	return lua.LNumber(0)
}

// scan is HSCAN: in the order of hashes, so that what stays is met whatever comes and goes.
func (s *server) scan(cursor, count string) lua.LValue {
	from, _ := strconv.ParseUint(cursor, 10, 64)
	n, _ := strconv.Atoi(count)
	type place struct {
		at    uint64
		field string
	}
	var all []place
	for field := range s.hash {
		if at := placeOf(field); at >= from {
			all = append(all, place{at, field})
		}
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.at, b.at) })
	next := "0"
	if len(all) > n {
		next = strconv.FormatUint(all[n].at, 10)
		all = all[:n]
	}
	var flat []string
	for _, p := range all {
		flat = append(flat, p.field, s.hash[p.field])
	}
	answer := s.scripts.List(next)
	answer.RawSetInt(2, s.scripts.List(flat...))
	return answer
}

// placeOf is where a field stands, from 1.
func placeOf(field string) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(field))
	return uint64(h.Sum32()) + 1
}

// lose removes the hash, or everything.
func (s *server) lose(everything bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how := "the hash is deleted"
	clear(s.hash)
	if everything {
		how = "everything is lost"
		clear(s.results)
	}
	s.book.Lost(how, everything)
}

// left are the fields that should not be there when nobody holds or wants anything.
func (s *server) left() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for field, value := range s.hash {
		if field != "e" && field != "t" {
			all = append(all, field+" = "+value)
		}
	}
	slices.Sort(all)
	return all
}
