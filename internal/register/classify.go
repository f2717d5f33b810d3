package register

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// What the errors of a server amount to. They are public in package election.
var (
	ErrDenied      = errors.New("incumbent: redis denies access")
	ErrUnfit       = errors.New("incumbent: unfit server")
	ErrUnavailable = errors.New("incumbent: redis unavailable")
)

// Persistent reports whether err is one of a server's that needs a person.
func Persistent(err error) bool { return errors.Is(err, ErrDenied) || errors.Is(err, ErrUnfit) }

// Classify is for errors of a client of which nothing is known.
func Classify(err error) error { return (*Target)(nil).classify(err, 0) }

// classify turns a client's error into one that says what to do. Credentials, rights,
// and servers or clients that cannot be used as they are need a person. All the rest,
// known or not, is errUnavailable and says nothing about what was executed. The request
// had that long, if it is known.
func (t *Target) classify(err error, within time.Duration) error {
	switch {
	case redis.IsAuthError(err), says(err, "NOAUTH"), says(err, "WRONGPASS"), says(err, "invalid password"):
		return fmt.Errorf("%w: check user and password: %w", ErrDenied, err)
	case says(err, "NOPERM"), says(err, "user executing the script can't"), says(err, "ACL failure in script:"):
		return fmt.Errorf("%w: grant the missing right, docs/operations.md has the minimal ACL: %w", ErrDenied, err)
	}
	if why := t.unfit(err); why != "" && !isSentinels(err) {
		return fmt.Errorf("%w: %s: %w", ErrUnfit, why, err)
	}
	if why := adviceOnAnswers(err); why != "" {
		return fmt.Errorf("%w: %s %s: %w", ErrUnavailable, t.Name(), why, err)
	}
	if why := t.adviceOnNetwork(err, within); why != "" {
		return fmt.Errorf("%w: %s (%w)", ErrUnavailable, why, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, t.Name(), err)
}

// unfit says what must change before the server and the client fit; nothing if that is
// not the trouble. A client of a cluster follows redirections itself: when one comes
// through all the same, the cluster is changing, and that passes.
func (t *Target) unfit(err error) string {
	switch {
	case says(err, "CROSSSLOT"):
		return "the keys of a script are in different slots"
	case says(err, "MOVED") && t != nil && t.plain:
		return "this is a cluster: use redis.NewClusterClient, or give several of its addresses"
	case says(err, "SELECT is not allowed in cluster mode"):
		return "a cluster has no database but 0: use redis.NewClusterClient"
	case says(err, "DB index is out of range"):
		return "it has no database of that number: change it in the client's options, or raise databases"
	case says(err, "unknown command called from"), says(err, "unknown redis command called from"):
		return "it lacks a command that the scripts need, see docs/operations.md"
	case says(err, "unknown command") && isScripting(err):
		return "it does not run scripts: switch scripting on"
	case says(err, "unknown command"):
		return "it lacks a command that is needed, see docs/operations.md"
	}
	return ""
}

// isSentinels reports whether the Sentinels were asked in vain. One of them may be none,
// and the others may come back.
func isSentinels(err error) bool {
	return strings.Contains(err.Error(), "sentinels specified in configuration are unreachable")
}

// isScripting reports whether the command that a server does not know runs scripts.
func isScripting(err error) bool {
	_, command, _ := strings.Cut(strings.ToLower(err.Error()), "unknown command ")
	return strings.HasPrefix(strings.TrimLeft(command, "'`"), "eval")
}

// adviceOnAnswers says what usually helps against an answer that changes by itself.
func adviceOnAnswers(err error) string {
	switch {
	case says(err, "READONLY"):
		return "is a read-only replica, or is becoming one; connect to the master"
	case says(err, "OOM"):
		return "is out of memory and refuses to write; raise maxmemory"
	case says(err, "LOADING"):
		return "is still loading its data"
	case says(err, "MISCONF"):
		return "cannot save its data and refuses to write; mend its disk"
	case says(err, "NOREPLICAS"):
		return "has too few replicas that keep up and refuses to write; see min-replicas-to-write"
	case says(err, "BUSY"):
		return "is kept busy by a script; end that with SCRIPT KILL"
	case says(err, "cluster support disabled"):
		return "is no cluster; use redis.NewClient"
	case says(err, "max number of clients"):
		return "has too many clients; raise maxclients"
	}
	return ""
}

// adviceOnNetwork does so when there was no answer of Redis at all.
func (t *Target) adviceOnNetwork(err error, within time.Duration) string {
	_, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case isSentinels(err):
		return "no Sentinel answers; check their addresses"
	case isDNS:
		return "the name of " + t.Name() + " is not known; check the address"
	case isText(err, "first record does not look like a TLS handshake"):
		return t.Name() + " does not speak TLS; connect without it, or to its TLS port"
	case isText(err, "x509: "):
		return "the certificate of " + t.Name() + " is not trusted; check the client's TLSConfig"
	case isText(err, "refused"):
		return "nothing listens on " + t.Name() + "; start redis-server there, or check the address"
	case errors.Is(err, redis.ErrPoolTimeout):
		return "the client's pool has no connection to " + t.Name() + " left; give the election a client of its own"
	case IsTimeout(err):
		return t.noAnswer(within)
	case errors.Is(err, context.Canceled):
		return "no answer from " + t.Name() + " before the call ended"
	case errors.Is(err, io.EOF), isText(err, "connection reset"):
		return t.closed()
	case isText(err, "redis: can't parse"):
		return "what answers at " + t.Name() + " is no Redis; check the address"
	}
	return ""
}

// isText reports whether an error that no server sent contains the words. Clients pass on
// some errors as text only.
func isText(err error, words string) bool {
	_, isReply := errors.AsType[redis.Error](err)
	return err != nil && !isReply && strings.Contains(err.Error(), words)
}

// IsTimeout reports whether an error says that time ran out.
func IsTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

// says reports whether an error is an answer of the server that contains the
// words. Older servers wrap the error of a command in a script into one of the
// script's, so a code need not come first; but it must stand alone: names of
// elections and what else is quoted have no spaces around.
func says(err error, words string) bool {
	if _, isReply := errors.AsType[redis.Error](err); !isReply {
		return false
	}
	said := " " + strings.ReplaceAll(err.Error(), " -", " ") + " "
	return strings.Contains(strings.ToLower(said), " "+strings.ToLower(words)+" ")
}

// ClassifyOf is for errors of an application's client, which says whom it reaches if it can.
func ClassifyOf(rdb any, err error) error {
	c, _ := rdb.(Client)
	return NewTarget(c).classify(err, 0)
}

// ClassifyText is for the error of a text that has run. What needs no person and does not
// pass by itself is the text's own error, and stays as it is.
func ClassifyText(rdb any, err TextError) error {
	if known := ClassifyOf(rdb, err); Persistent(known) || adviceOnAnswers(err) != "" {
		return known
	}
	return err
}

// IsCompiling reports whether a server could not compile a script.
func IsCompiling(err error) bool { return says(err, "Error compiling script") }
