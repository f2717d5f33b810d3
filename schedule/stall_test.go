package schedule

import (
	"context"
	"testing"
	"time"

	"example.com/incumbent/election"
)

// A schedule that waits makes progress, and so does one whose runs take long. A run that
// ignores its time-out makes none: the term ends when that has lasted for a stall, and another
// process goes on with the other jobs.
func TestARunBeyondItsTimeOutStallsTheTerm(t *testing.T) {
	bubble(t, func(w *world) {
		w.stall = 20 * time.Second
		hangs, hang := make(chan struct{}), true
		wedged := w.job("wedged", Every(10*time.Minute), func(j *Job) {
			j.Timeout = 5 * time.Minute
			j.Run = func(ctx context.Context, _ Tick) error {
				if hang {
					hang = false
					<-hangs
				}
				return ctx.Err()
			}
		})
		slow := w.job("slow", Every(4*time.Minute), func(j *Job) {
			j.Run = func(context.Context, Tick) error {
				time.Sleep(3 * time.Minute)
				return nil
			}
		})
		w.process("a", wedged, slow)
		w.at(15*time.Minute - time.Second)
		if n := w.count(election.KindRevoked); n != 0 {
			w.Errorf("%d terms ended although all runs are within their time-outs", n)
		}
		w.process("b", wedged, slow)
		w.at(15*time.Minute + w.stall*3/4 - 1)
		if n := w.count(election.KindRevoked); n != 0 {
			w.Error("the term ended before the stall was over")
		}
		w.at(15*time.Minute + w.stall)
		if n := w.count(election.KindRevoked); n != 1 {
			w.Errorf("%d terms ended a stall after the time-out", n)
		}
		w.at(16 * time.Minute)
		if n := w.count(election.KindElected); n != 2 {
			w.Errorf("%d processes were elected, want another one", n)
		}
		close(hangs)
	})
}
