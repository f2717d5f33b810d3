package main

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/demo/demotest"
)

func TestTally(t *testing.T) {
	m := demotest.Redis(t)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	shared := newCache(rdb, "x", time.Minute)
	var got tally
	got.read(t.Context(), shared)
	if l := got.line(); l.Misses != 1 || *l.Hits != 0 || l.AgeMS != nil || l.By != "" || l.Error != "" {
		t.Errorf("after a miss: %+v", l)
	}

	if err := shared.put(t.Context(), entry{Term: 7, By: "somebody", At: time.Now().Add(-time.Second)}); err != nil {
		t.Fatal(err)
	}
	got.read(t.Context(), shared)
	if l := got.line(); l.Misses != 1 || *l.Hits != 1 || *l.AgeMS < 1000 || l.By != "somebody" || l.Error != "" {
		t.Errorf("after a hit: %+v", l)
	}

	m.SetError("LOADING")
	got.read(t.Context(), shared)
	if l := got.line(); l.Misses != 1 || *l.Hits != 1 || l.Error == "" {
		t.Errorf("after a failure: %+v", l)
	}
}

// A clock that is ahead of ours makes no entry younger than new.
func TestAgeIsNotNegative(t *testing.T) {
	got := tally{hits: 1, last: entry{At: time.Now().Add(time.Hour)}}
	if age := got.age(); age != 0 {
		t.Errorf("age %v, want 0", age)
	}
}
