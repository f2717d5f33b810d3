package election

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestPermanentErrors(t *testing.T) {
	all := map[error]bool{
		ErrForeignRecord: true, ErrDenied: true, ErrUnfit: true, ErrConfig: true, ErrClosed: true,
		ErrUnavailable: false, ErrHeld: false, ErrNoLeader: false, ErrNoElection: false, ErrRunning: false,
		ErrLost: false, ErrExpired: false, ErrStepDown: false, ErrWorkEnded: false, io.EOF: false, nil: false,
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
		ReasonLost:     {ErrLost, &LostError{Election: "x"}, fmt.Errorf("more: %w", &LostError{})},
		ReasonExpired:  {ErrExpired, fmt.Errorf("more: %w", ErrExpired)},
		ReasonStepDown: {ErrStepDown},
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
		`election: office lost: election "x": its record is gone`:             &LostError{Election: "x", Why: "its record is gone"},
		`election: held by another: election "x" by "evil\n\x1b[31m", term 7`: &HeldError{Election: "x", By: Leader{ID: "evil\n\x1b[31m", Term: 7}},
	} {
		if err.Error() != want {
			t.Errorf("%T says\n%s, want\n%s", err, err, want)
		}
	}
	for err, is := range map[error]error{&LostError{}: ErrLost, &HeldError{}: ErrHeld} {
		if !errors.Is(err, is) {
			t.Errorf("%T does not wrap %v", err, is)
		}
	}
}

// Every sentinel says where it comes from, and none says the same as another.
func TestSentinelsAreToldApart(t *testing.T) {
	sentinels := []error{
		ErrLost, ErrExpired, ErrStepDown, ErrWorkEnded, ErrRunning, ErrClosed, ErrConfig, ErrHeld,
		ErrNoLeader, ErrNoElection, ErrForeignRecord, ErrDenied, ErrUnfit, ErrUnavailable,
	}
	for i, err := range sentinels {
		if !strings.HasPrefix(err.Error(), "election: ") {
			t.Errorf("%q lacks its origin", err)
		}
		if slices.ContainsFunc(sentinels[i+1:], func(other error) bool { return errors.Is(other, err) || other.Error() == err.Error() }) {
			t.Errorf("%q is there twice", err)
		}
	}
}
