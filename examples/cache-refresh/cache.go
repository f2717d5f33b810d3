package main

import (
	"context"
	_ "embed" // the script
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

// An entry is what the cache holds.
type entry struct {
	Term election.Term `json:"term"`
	By   string        `json:"by"` // who refreshed it
	At   time.Time     `json:"at"` // when, by that one's clock
	Body []byte        `json:"body"`
}

var (
	errMiss  = errors.New("the cache is empty")
	errStale = errors.New("write refused: a later term has written")
)

//go:embed put.lua
var putSource string

var putScript = redis.NewScript(putSource)

// A cache is one entry in Redis, fenced: a write of an older term than the latest
// that has written is refused, however late it arrives.
type cache struct {
	rdb        redis.UniversalClient
	key, fence string // in one slot of a cluster, thanks to the braces
	ttl        time.Duration
}

func newCache(rdb redis.UniversalClient, name string, ttl time.Duration) *cache {
	return &cache{rdb: rdb, key: "cache:{" + name + "}:entry", fence: "cache:{" + name + "}:term", ttl: ttl}
}

// put writes an entry, or returns an error that wraps errStale.
func (c *cache) put(ctx context.Context, e entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	term := strconv.FormatInt(int64(e.Term), 10)
	written, err := putScript.Run(ctx, c.rdb, []string{c.key, c.fence}, term, text, c.ttl.Milliseconds()).Bool()
	if err != nil {
		return fmt.Errorf("write the cache: %w", err)
	}
	if !written {
		return fmt.Errorf("%w (this is term %d)", errStale, e.Term)
	}
	return nil
}

// get reads the entry, or returns errMiss.
func (c *cache) get(ctx context.Context) (entry, error) {
	text, err := c.rdb.Get(ctx, c.key).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return entry{}, errMiss
	case err != nil:
		return entry{}, fmt.Errorf("read the cache: %w", err)
	}
	var e entry
	if err := json.Unmarshal(text, &e); err != nil {
		return entry{}, fmt.Errorf("read the cache: %w", err)
	}
	return e, nil
}
