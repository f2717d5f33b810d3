package server

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A monitor notes when commands that renew a claim were executed, by MONITOR.
// That includes those inside of scripts, which run only for a holder.
type monitor struct {
	conn    net.Conn
	renewal map[string]bool
	done    chan struct{}

	mu       sync.Mutex
	renewals []renewal
}

type renewal struct {
	key string
	at  time.Time
}

func startMonitor(ctx context.Context, addr string, commands map[string]bool) (*monitor, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		return nil, err
	}
	m := &monitor{conn: conn, renewal: commands, done: make(chan struct{})}
	go m.run()
	return m, nil
}

func (m *monitor) stop() {
	m.conn.Close()
	<-m.done
}

func (m *monitor) run() {
	defer close(m.done)
	lines := bufio.NewScanner(m.conn)
	for lines.Scan() {
		if command, key, at, ok := parseMonitor(lines.Text()); ok && m.renewal[command] {
			m.note(renewal{key, at})
		}
	}
}

func (m *monitor) note(r renewal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.renewals = append(m.renewals, r)
}

// last returns when an election, whose name is part of its key, was last renewed
// before a moment.
func (m *monitor) last(election string, before time.Time) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var times []time.Time
	for _, r := range m.renewals {
		if strings.Contains(r.key, election) {
			times = append(times, r.at)
		}
	}
	return lastBefore(times, before)
}

func lastBefore(times []time.Time, before time.Time) (last time.Time, err error) {
	for _, t := range times {
		if t.Before(before) {
			last = t
		}
	}
	if last.IsZero() {
		return last, fmt.Errorf("%d renewals, and none before %v", len(times), before)
	}
	return last, nil
}

// parseMonitor reads a line like 1700000000.123456 [0 lua] "SET" "key" "value".
func parseMonitor(line string) (command, key string, at time.Time, ok bool) {
	stamp, rest, _ := strings.Cut(strings.TrimPrefix(line, "+"), " ")
	seconds, micros, _ := strings.Cut(stamp, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return "", "", time.Time{}, false
	}
	us, err := strconv.ParseInt(micros, 10, 64)
	if err != nil {
		return "", "", time.Time{}, false
	}
	words := strings.Split(rest, `"`)
	if len(words) < 4 {
		return "", "", time.Time{}, false
	}
	return strings.ToUpper(words[1]), words[3], time.Unix(s, us*1000), true
}
