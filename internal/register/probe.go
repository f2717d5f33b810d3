package register

import (
	"context"
	_ "embed" // the script
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/probe.lua
var probeSource string

// A Prober is a client that runs single commands. When time runs out while it tries again,
// such a command has the error of the last try, and one in a pipeline has not.
type Prober interface {
	Client
	redis.Scripter
}

// Probe does once, without changing anything, what a candidate must be able to do there. A
// campaign would find out as well, but has no reason to give up. What stands at the place
// is no matter of it: a look tells. It blocks as long as the client does. Errors are
// [ErrDenied], [ErrUnfit], which a clock that is not believed is, too, or [ErrUnavailable].
func Probe(ctx context.Context, rdb Prober, place Place) error {
	value, err := redis.NewScript(probeSource).Run(ctx, rdb, []string{place.Key}).Result()
	look, refusal := splitProbe(value)
	seen, err := readAnswer(look, err)
	if err != nil {
		return NewTarget(rdb).classify(err, 0)
	}
	if err := NewTarget(rdb).classify(refusal, 0); Persistent(err) {
		return err
	}
	if seen.Present {
		return nil // its terms go on, whatever the clock says
	}
	return CheckClock(seen.Server, time.Now())
}

// splitProbe takes what the server said to a SET from the answer of the script. What is
// left is the answer to a look.
func splitProbe(value any) (look any, refusal error) {
	values, _ := value.([]any)
	if len(values) != 5 {
		return value, TextError("")
	}
	text, _ := values[4].(string)
	return values[:4], TextError(text)
}

// maxSkew is how far the server's clock may be from ours before it is not believed.
const maxSkew = 24 * time.Hour

// CheckClock returns [ErrUnfit] if the server's clock is more than a day off ours: terms
// follow it, and could repeat.
func CheckClock(server, ours time.Time) error {
	if server.Sub(ours).Abs() <= maxSkew {
		return nil
	}
	return fmt.Errorf("%w: its clock says %v, ours %v: set the wrong one right, or terms could repeat",
		ErrUnfit, server.UTC().Format(time.RFC3339), ours.UTC().Format(time.RFC3339))
}
