package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// redisLock keeps client-go's record in a key of Redis, changed by compare-and-set
// on what was read or written last, as a LeaseLock is by its resource version.
type redisLock struct {
	rdb  *redis.Client
	key  string
	id   string
	last string // the record as we know it
	won  bool
}

// swap KEYS: record. ARGV: expected, or nothing for an absent one; next.
// It returns 1 if the record was written.
var swap = redis.NewScript(`
if (redis.call("GET", KEYS[1]) or "") ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2])
return 1`)

func (l *redisLock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	text, err := l.rdb.Get(ctx, l.key).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil, apierrors.NewNotFound(resource(), l.key)
	}
	if err != nil {
		return nil, nil, err
	}
	var record resourcelock.LeaderElectionRecord
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		return nil, nil, err
	}
	l.last = text
	return &record, []byte(text), nil
}

func (l *redisLock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, "", record)
}

func (l *redisLock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, l.last, record)
}

func (l *redisLock) write(ctx context.Context, expected string, record resourcelock.LeaderElectionRecord) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	written, err := swap.Run(ctx, l.rdb, []string{l.key}, expected, text).Bool()
	if err != nil {
		return err
	}
	if !written {
		return apierrors.NewConflict(resource(), l.key, errors.New("the record has changed"))
	}
	l.last = string(text)
	return nil
}

// RecordEvent is how the lock is told that it was won, on the elector's goroutine.
func (l *redisLock) RecordEvent(event string) { l.won = l.won || event == "became leader" }

func (l *redisLock) Identity() string { return l.id }

func (l *redisLock) Describe() string { return fmt.Sprintf("redis %s", l.key) }

func resource() schema.GroupResource { return schema.GroupResource{Resource: "leases"} }
