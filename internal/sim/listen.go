package sim

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"example.com/incumbent/internal/sim/check"
)

// listener takes from the log what no event tells: that a candidate stands back.
type listener struct{ p *process }

// Enabled hears warnings.
func (listener) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle notes for how long a candidate stands back.
func (l listener) Handle(_ context.Context, r slog.Record) error {
	if !strings.Contains(r.Message, "too late to be trusted") {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "standing back" {
			l.p.log(check.Backed{For: time.Duration(a.Value.Any().(time.Duration))})
		}
		return true
	})
	return nil
}

// WithAttrs and WithGroup return the same listener: nothing of them is heard.
func (l listener) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup is the second half of that.
func (l listener) WithGroup(string) slog.Handler { return l }
