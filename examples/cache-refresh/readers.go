package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/internal/demo"
)

const (
	readEvery   = 100 * time.Millisecond
	readTimeout = time.Second
)

// serve stands for the readers of an instance. They read the cache and nothing
// else: when it is empty they don't run to the source. It returns when ctx ends.
func serve(ctx context.Context, c *demo.Candidate, shared *cache) error {
	reads := time.NewTicker(readEvery)
	defer reads.Stop()
	reports := time.NewTicker(time.Second)
	defer reports.Stop()
	var t tally
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-reads.C:
			t.read(ctx, shared)
		case <-reports.C:
			c.Tell(t.line(), t.text(c.Name))
			t = tally{}
		}
	}
}

// A tally is what the readers of an instance got in a second.
type tally struct {
	hits, misses, failures int
	last                   entry
	err                    error // of the latest failure
}

func (t *tally) read(ctx context.Context, shared *cache) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	e, err := shared.get(limited)
	switch {
	case err == nil:
		t.hits++
		t.last = e
	case errors.Is(err, errMiss):
		t.misses++
	case ctx.Err() == nil:
		t.failures++
		t.err = err
	}
}

// age is how old the latest entry is. Clocks of two hosts differ a little, and
// nothing is younger than new.
func (t *tally) age() time.Duration { return max(0, time.Since(t.last.At)) }

func (t *tally) line() demo.Line {
	l := demo.Line{Event: "served", Hits: &t.hits, Misses: t.misses}
	if t.hits > 0 {
		age := t.age().Milliseconds()
		l.AgeMS, l.By = &age, t.last.By
	}
	if t.err != nil {
		l.Error = t.err.Error()
	}
	return l
}

func (t *tally) text(name func(id string) string) string {
	text := fmt.Sprintf("%d hits", t.hits)
	if t.misses > 0 {
		text += fmt.Sprintf(", %d misses", t.misses)
	}
	if t.failures > 0 {
		text += fmt.Sprintf(", %d failures (%v)", t.failures, t.err)
	}
	if t.hits > 0 {
		text += fmt.Sprintf("   age %d ms, refreshed by %s", t.age().Milliseconds(), name(t.last.By))
	}
	return text
}
