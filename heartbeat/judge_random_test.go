package heartbeat_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// shown is a sign and when the source began to show it.
type shown struct {
	heartbeat.Beat
	at time.Duration
}

// Whatever the order in which looks and pushes of a real sequence of signs
// arrive, delayed, doubled or lost: the judge calls no sign silent that the
// source has shown for less than its lease. And it does call one silent when the
// source is.
func TestNeverSilentTooEarly(t *testing.T) {
	random := seeded(t)
	verdicts := 0
	for range 3000 {
		signs := sequence(random)
		shownAt := map[string]time.Duration{}
		for _, s := range signs {
			shownAt[s.Bytes] = s.at
		}
		judge, now := heartbeat.Judge{}, time.Duration(0)
		for _, deliver := range deliveries(random, signs, &judge) {
			now = deliver.at
			deliver.do()
			asked := now + time.Duration(random.Int64N(int64(3*time.Second)))
			silent, left := judge.Silent(at(asked))
			s, _ := judge.Beat()
			if silent && asked-shownAt[s.Bytes] < s.Lease {
				t.Fatalf("at %v %q is silent, shown since %v with a lease of %v", asked, s.Bytes, shownAt[s.Bytes], s.Lease)
			}
			if silent {
				verdicts++
			}
			if silent != (left <= 0) && s.Bytes != "" {
				t.Fatalf("silent %v with %v left", silent, left)
			}
		}
		last := signs[len(signs)-1]
		judge.Observe(last.Beat, at(now), at(now))
		judge.Observe(last.Beat, at(now+last.Lease/2), at(now+last.Lease/2))
		if silent, left := judge.Silent(at(now + last.Lease)); !silent {
			t.Fatalf("the source is silent, and the judge waits for %v more", left)
		}
	}
	if verdicts < 1000 {
		t.Errorf("only %d times something was silent on the way", verdicts)
	}
}

// sequence is what a source shows: beats, changes of the epoch, long silences
// that end, a lease that changes.
func sequence(random *rand.Rand) []shown {
	var signs []shown
	now, s := time.Duration(0), beat(1, 0)
	s.Lease = 4 * time.Second
	for range 5 + random.IntN(30) {
		signs = append(signs, shown{s, now})
		pause := time.Second
		if random.IntN(6) == 0 {
			pause = 8 * time.Second
		}
		now += time.Duration(random.Int64N(int64(pause))) + 1
		if random.IntN(5) == 0 {
			s = beat(s.Term+1+random.Int64N(3), 0)
			s.Lease = time.Duration(1+random.Int64N(6)) * time.Second
		} else {
			lease := s.Lease
			s = beat(s.Term, s.Count+1+random.Int64N(3))
			s.Lease = lease
		}
	}
	return signs
}

// delivery is something that reaches the judge.
type delivery struct {
	at time.Duration
	do func()
}

// deliveries are looks at random times, and pushes of most signs, some of them
// twice, each with a delay of its own, in the order of their arrival.
func deliveries(random *rand.Rand, signs []shown, j *heartbeat.Judge) []delivery {
	var d []delivery
	delay := func() time.Duration { return time.Duration(random.ExpFloat64() * float64(400*time.Millisecond)) }
	end := signs[len(signs)-1].at
	for _, s := range signs {
		for range random.IntN(3) {
			received := s.at + delay()
			d = append(d, delivery{received, func() { j.Notify(s.Beat, at(received)) }})
		}
	}
	for sent := time.Duration(0); sent < end; sent += time.Duration(random.Int64N(int64(3 * time.Second))) {
		read := sent + delay() // when the source is asked
		received := read + delay()
		var s shown
		for _, candidate := range signs {
			if candidate.at <= read {
				s = candidate
			}
		}
		d = append(d, delivery{received, func() { j.Observe(s.Beat, at(sent), at(received)) }})
	}
	sortByTime(d)
	return d
}
