package demo

import (
	"io"
	"log/slog"
)

// newLogHandler returns the handler of what elections log: troubles only, on
// stderr, with the short names of the candidates.
func newLogHandler(o *output) slog.Handler {
	return slog.NewTextHandler(lockedStderr{o}, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch {
			case a.Key == slog.TimeKey:
				a.Value = slog.StringValue(a.Value.Time().Format("15:04:05.000"))
			case a.Key == "candidate" && o.isOurs(a.Value.String()):
				a.Value = slog.StringValue(o.name(a.Value.String()))
			case a.Key == "election":
				return slog.Attr{} // there is one only
			}
			return a
		},
	})
}

// lockedStderr keeps log lines and others apart.
type lockedStderr struct{ *output }

var _ io.Writer = lockedStderr{}

func (l lockedStderr) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stderr.Write(line)
}
