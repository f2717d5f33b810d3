package space

import (
	"reflect"
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
)

func TestMain(m *testing.M) {
	Prepare()
	m.Run()
}

// Some storms, and everything that must not happen does not.
func TestStorms(t *testing.T) {
	seeds := redistest.Either(8, 100)
	sum, err := Series{Span: time.Minute, From: 1, Seeds: seeds, First: true}.Do(t, func(r Result) {
		if !r.Held() { // the others would say no more
			t.Error(r.Explain())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(sum)
	expectSomeOfEach(t, sum)
}

// expectSomeOfEach fails if something that shall happen never does.
func expectSomeOfEach(t *testing.T, sum *Summary) {
	t.Helper()
	if t.Failed() {
		return
	}
	rare := map[string]bool{"Refused": true, "Late": true, "Beside": true, "Unknown": true} // in the long run only
	for _, v := range []reflect.Value{reflect.ValueOf(sum.Counts), reflect.ValueOf(sum.Faults)} {
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).Kind() == reflect.Int && v.Field(i).Int() == 0 && !rare[name] {
				t.Errorf("%s: 0", name)
			}
		}
	}
}
