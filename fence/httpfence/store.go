package httpfence

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/terms"
)

// maxResources is how many the memory holds: it must not grow with what callers send.
const maxResources = 10_000

// place is the key of a resource. Names of elections and spaces have no "|".
type place struct{ name, resource string }

// memory is a Store in this process.
type memory struct {
	mu      sync.Mutex
	highest map[place]election.Term
}

func newMemory() *memory { return &memory{highest: map[place]election.Term{}} }

// Raise records a term; a lower one is a fence.Error.
func (m *memory) Raise(_ context.Context, name, resource string, term election.Term) (election.Term, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := place{name, resource}
	seen, known := m.highest[at]
	switch {
	case term < seen:
		return seen, &fence.Error{Resource: resource, Term: term, Highest: seen}
	case !known && len(m.highest) >= maxResources:
		return 0, fmt.Errorf("%w: httpfence: the memory has %d resources and takes no more: give a Store, or fewer names", election.ErrConfig, maxResources)
	}
	m.highest[at] = term
	return term, nil
}

// InRedis returns a Store with one key for each resource, "<prefix><election>|<resource>". The
// keys have no TTL and must not be evicted. Its errors are fence.Error, election.ErrConfig for
// a wrong argument, election.ErrForeignRecord if a key holds no term, and those of the client
// as they are.
func InRedis(rdb redis.Scripter, prefix string) Store { return &inRedis{rdb, prefix} }

type inRedis struct {
	rdb    redis.Scripter
	prefix string
}

var raise = register.NewTermScript("return 1")

// Raise records a term; a lower one is a fence.Error.
func (s *inRedis) Raise(ctx context.Context, name, resource string, term election.Term) (election.Term, error) {
	if s.rdb == nil {
		return 0, fmt.Errorf("%w: httpfence: the Redis client of the store is nil", election.ErrConfig)
	}
	if err := terms.CheckTerm(term); err != nil {
		return 0, err
	}
	key := s.prefix + name + "|" + resource
	h := register.Holder{Grant: record.Grant{Term: int64(term)}}
	_, err := raise.Eval(ctx, s.rdb, h, key, nil)
	var refused *register.NotHeldError
	switch {
	case errors.As(err, &refused):
		highest := election.Term(refused.Term)
		return highest, &fence.Error{Resource: resource, Term: term, Highest: highest}
	case errors.Is(err, register.ErrNoTerm):
		return 0, fmt.Errorf("%w: the key %q of the store holds no term: look at it with TYPE and GET, and remove it with DEL if nothing else needs it", election.ErrForeignRecord, key)
	case err != nil:
		return 0, err
	}
	return term, nil
}
