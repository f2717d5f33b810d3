package ledger

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Prepare()
	m.Run()
}

// Ten years, and everything that must not happen does not.
func TestLedgerYears(t *testing.T) {
	const years = 10
	all, err := NewVersions()
	if err != nil {
		t.Fatal(err)
	}
	sum, mu, queue := NewSummary(), sync.Mutex{}, make(chan uint64, years)
	for seed := range uint64(years) {
		queue <- seed + 1
	}
	close(queue)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for seed := range queue {
				r := Run{seed, Year}.Do(all)
				mu.Lock()
				sum.Add(r)
				failed := len(sum.Failed) > 0
				mu.Unlock()
				if failed { // the others would say no more
					t.Error(r.Explain())
					return
				}
			}
		})
	}
	workers.Wait()
	t.Log(sum)
	if !t.Failed() && sum.Mild() {
		t.Error("the faults were too mild to show anything")
	}
	expectSomeOfEach(t, sum)
}

// expectSomeOfEach fails if something that shall happen never does.
func expectSomeOfEach(t *testing.T, sum *Summary) {
	t.Helper()
	if t.Failed() {
		return
	}
	for _, v := range []reflect.Value{reflect.ValueOf(sum.Counts), reflect.ValueOf(sum.Faults)} {
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).Kind() == reflect.Int && v.Field(i).Int() == 0 {
				t.Errorf("%s: 0", name)
			}
		}
	}
}

// A seed repeats its run.
func TestSeedRepeatsItsRun(t *testing.T) {
	all, err := NewVersions()
	if err != nil {
		t.Fatal(err)
	}
	const week = 7 * 24 * time.Hour
	one, two := Run{4, week}.Do(all), Run{4, week}.Do(all)
	if a, b := fmt.Sprint(one), fmt.Sprint(two); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	if other := (Run{14, week}).Do(all); other.Starts == one.Starts && other.Faults == one.Faults {
		t.Error("another seed is the same run")
	}
}
