package election

import "errors"

// Reason is why a term began or ended, in one word, for logs and metrics.
type Reason string

// Reasons.
const (
	ReasonVacancy    Reason = "vacancy"    // began: the former leader released
	ReasonSilence    Reason = "silence"    // began: the former leader was silent for its lease
	ReasonQuarantine Reason = "quarantine" // began: after a quarantine
	ReasonBootstrap  Reason = "bootstrap"  // began: at once, by BootstrapImmediate
	ReasonCaller     Reason = "caller"     // ended: by the caller's context
	ReasonWork       Reason = "work"       // ended: ErrWorkEnded
	ReasonStepDown   Reason = "step_down"  // ended: ErrStepDown
	ReasonExpired    Reason = "expired"    // ended: ErrExpired
	ReasonLost       Reason = "lost"       // ended: ErrLost
	ReasonStalled    Reason = "stalled"    // ended: ErrStalled
)

// ReasonOf names the cause of the end of a term. Every cause that is none of this
// package is [ReasonCaller].
func ReasonOf(cause error) Reason {
	switch {
	case errors.Is(cause, ErrWorkEnded): // first: it wraps the work's error, which may be of another election
		return ReasonWork
	case errors.Is(cause, ErrLost):
		return ReasonLost
	case errors.Is(cause, ErrExpired):
		return ReasonExpired
	case errors.Is(cause, ErrStalled):
		return ReasonStalled
	case errors.Is(cause, ErrStepDown):
		return ReasonStepDown
	}
	return ReasonCaller
}
