package election

// Shows a promise of errors: each can be told from the others, and says whether waiting helps.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPermanentErrors(t *testing.T) {
	all := map[error]bool{
		ErrForeignRecord: true, ErrDenied: true, ErrUnfit: true, ErrConfig: true, ErrClosed: true,
		ErrUnavailable: false, ErrHeld: false, ErrNoLeader: false, ErrNoElection: false, ErrRunning: false,
		ErrLost: false, ErrExpired: false, ErrStepDown: false, ErrStalled: false, ErrWorkEnded: false, io.EOF: false, nil: false,
	}
	for err, want := range all {
		if Permanent(err) != want {
			t.Errorf("Permanent(%v) = %v", err, !want)
		}
		if err != nil && (Permanent(fmt.Errorf("more: %w", err)) != want || Permanent(errors.Join(io.EOF, err)) != want) {
			t.Errorf("Permanent(%v, wrapped) = %v", err, !want)
		}
	}
}

func TestReasons(t *testing.T) {
	for want, errs := range map[Reason][]error{
		ReasonLost:     {ErrLost, &Error{Name: "x", Err: ErrLost}, fmt.Errorf("more: %w", &Error{Err: ErrLost})},
		ReasonExpired:  {ErrExpired, fmt.Errorf("more: %w", ErrExpired)},
		ReasonStepDown: {ErrStepDown},
		ReasonStalled:  {ErrStalled, fmt.Errorf("more: %w", ErrStalled)},
		ReasonWork:     {ErrWorkEnded},
		ReasonCaller:   {nil, context.Canceled, context.DeadlineExceeded, errors.New("shutting down"), ErrUnavailable},
	} {
		for _, err := range errs {
			if got := ReasonOf(err); got != want {
				t.Errorf("ReasonOf(%v) = %s, want %s", err, got, want)
			}
		}
	}
}

func TestTypedErrors(t *testing.T) {
	for want, err := range map[string]error{
		`incumbent: leadership lost: election "x": its record is gone`:          &Error{Name: "x", Detail: "its record is gone", Err: ErrLost},
		`incumbent: held by another: election "x" by "evil\n\x1b[31m", term 7`:  &Error{Name: "x", Leader: Leader{ID: "evil\n\x1b[31m", Term: 7}, Err: ErrHeld},
		`incumbent: held by another: election "x" by "a", term 7, for up to 3s`: &Error{Name: "x", Leader: Leader{ID: "a", Term: 7}, Wait: 3 * time.Second, Err: ErrHeld},
	} {
		if err.Error() != want {
			t.Errorf("%T says\n%s, want\n%s", err, err, want)
		}
	}
	for err, is := range map[error]error{&Error{Err: ErrLost}: ErrLost, &Error{Err: ErrHeld}: ErrHeld} {
		if !errors.Is(err, is) {
			t.Errorf("%T does not wrap %v", err, is)
		}
	}
}

// Every sentinel says where it comes from, and none says the same as another.
func TestSentinelsAreToldApart(t *testing.T) {
	sentinels := []error{
		ErrLost, ErrExpired, ErrStepDown, ErrStalled, ErrWorkEnded, ErrRunning, ErrClosed, ErrConfig, ErrHeld,
		ErrNoLeader, ErrNoElection, ErrForeignRecord, ErrDenied, ErrUnfit, ErrUnavailable,
	}
	for i, err := range sentinels {
		if !strings.HasPrefix(err.Error(), "incumbent: ") {
			t.Errorf("%q lacks its origin", err)
		}
		if slices.ContainsFunc(sentinels[i+1:], func(other error) bool { return errors.Is(other, err) || other.Error() == err.Error() }) {
			t.Errorf("%q is there twice", err)
		}
	}
}
