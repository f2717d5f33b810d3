package demo

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

//go:embed probe.lua
var probeSource string

// maxSkew is how far apart the clocks of Redis and of this host may be where the
// election is new.
const maxSkew = 24 * time.Hour

// probe does once, without changing anything, what a candidate must be able to
// do. A campaign would find out as well, but has no reason to give up.
func probe(ctx context.Context, rdb redis.UniversalClient, name string) error {
	key := "incumbent:{" + name + "}"
	reply, err := redis.NewScript(probeSource).Run(ctx, rdb, []string{key}).Slice()
	if err != nil {
		return explain(err, key)
	}
	if len(reply) != 3 {
		return fmt.Errorf("%w: a script answers with %d values instead of 3", election.ErrUnfit, len(reply))
	}
	if refusal := fmt.Sprint(reply[2]); lacksRight(refusal) {
		return explain(errors.New(refusal), key)
	}
	seconds, _ := reply[1].(int64)
	if skew := time.Since(time.Unix(seconds, 0)).Abs(); reply[0] == int64(0) && skew > maxSkew {
		return fmt.Errorf("%w: its clock is %v off: set the wrong one right, or terms could repeat", election.ErrUnfit, skew.Round(time.Minute))
	}
	return nil
}

// explain says what to do about an error of the probe.
func explain(err error, key string) error {
	_, isReply := errors.AsType[redis.Error](err)
	switch {
	case redis.IsAuthError(err), redis.HasErrorPrefix(err, "WRONGPASS"):
		return fmt.Errorf("%w: check user and password: %w", election.ErrDenied, err)
	case lacksRight(err.Error()):
		return fmt.Errorf("%w: grant the missing right, docs/operations.md has the minimal ACL: %w", election.ErrDenied, err)
	case isReply && strings.Contains(err.Error(), "WRONGTYPE"): // not always a prefix: it comes out of a script
		return fmt.Errorf("%w: key %s is of another type; look at it with redis-cli TYPE '%s', and if nothing needs it, redis-cli DEL '%s'",
			election.ErrForeignRecord, key, key, key)
	case redis.HasErrorPrefix(err, "MOVED"):
		return fmt.Errorf("%w: it is part of a cluster: give several of its addresses, separated by commas", election.ErrUnfit)
	case isReply && strings.Contains(err.Error(), "DB index is out of range"):
		return fmt.Errorf("%w: it has no database of that number: give a lower one, redis-cli CONFIG GET databases shows how many there are", election.ErrUnfit)
	case isReply && strings.Contains(strings.ToLower(err.Error()), "unknown command"):
		return fmt.Errorf("%w: it does not run scripts: switch scripting on", election.ErrUnfit)
	}
	return fmt.Errorf("%w: %w", election.ErrUnavailable, err)
}

// lacksRight knows the words for a missing right: of a command, and of one in a
// script before and since Redis 7.2.
func lacksRight(text string) bool {
	for _, words := range []string{"NOPERM", "The user executing the script can't", "ACL failure in script"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}
