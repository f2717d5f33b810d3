package electiontest

import (
	"slices"
	"strings"

	"example.com/incumbent/internal/register"
)

// ExpireValue makes the value of that name in package fresh expire now, in Redis and in the
// memory of the processes whose values were made with a [Client] of this Redis. A Get waits
// from then on until the value is refreshed: at once if the process that refreshes it reads
// it, too, else within 6 s. It does nothing if there is no such value. The value must have the
// default Prefix.
func (r *Redis) ExpireValue(name string) {
	key := register.DefaultPrefix + "{" + name + "}:value"
	r.expire(key)
	r.mu.Lock()
	held := slices.Clone(r.held[key])
	r.mu.Unlock()
	for _, drop := range held {
		drop()
	}
}

// expire writes the first millisecond of all times as the one at which the value expires.
func (r *Redis) expire(key string) {
	text, err := r.stub.Mini.Get(key)
	if err != nil {
		return
	}
	if fields := strings.SplitN(text, " ", 3); len(fields) == 3 && fields[0] == "1" {
		_ = r.stub.Mini.Set(key, "1 1 "+fields[2])
	}
}

// hold notes what forgets the value that a process holds.
func (r *Redis) hold(key string, drop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[key] = append(r.held[key], drop)
}
