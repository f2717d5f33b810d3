package register

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// serverError is an answer of a server that the client has no type for.
type serverError string

func (e serverError) Error() string { return string(e) }
func (serverError) RedisError()     {}

const inScript = " script: 6d979d1e56e5717c45c2c4004bc58e054b452923, on @user_script:8."

// answers are what servers say, what it becomes, and what the message must say.
var answers = []struct {
	answer string
	want   error
	says   string
}{
	{"NOAUTH Authentication required.", ErrDenied, "check user and password"},
	{"WRONGPASS invalid username-password pair or user is disabled.", ErrDenied, "check user and password"},
	{"NOPERM this user has no permissions to run the 'evalsha' command", ErrDenied, "minimal ACL"},
	{"NOPERM User leader has no permissions to run the 'evalsha' command", ErrDenied, "'evalsha'"},
	{"NOPERM this user has no permissions to access one of the keys used as arguments", ErrDenied, "keys"},
	{"ERR The user executing the script can't run this command or subcommand" + inScript, ErrDenied, "minimal ACL"},
	{"ERR The user executing the script can't access at least one of the keys mentioned in the command arguments" + inScript, ErrDenied, "keys"},
	{"ERR ACL failure in script: User leader has no permissions to run the 'get' command" + inScript, ErrDenied, "'get'"},
	{"ERR Error running script (call to f_6d97): @user_script:2: The user executing the script can't run this command or subcommand", ErrDenied, "minimal ACL"},
	{"CROSSSLOT Keys in request don't hash to the same slot", ErrUnfit, "CROSSSLOT"},
	{"ERR unknown command `evalsha`, with args beginning with: `6d97`, `1`, ", ErrUnfit, "switch scripting on"},
	{"ERR unknown command 'getrange', with args beginning with: 'incumbent:{eval}' '0'", ErrUnfit, "it lacks a command"},
	{"ERR Unknown command 'SUBSCRIBE'", ErrUnfit, "it lacks a command"},
	{"ERR Unknown command called from script" + inScript, ErrUnfit, "it lacks a command that the scripts need"},
	{"ERR DB index is out of range", ErrUnfit, "no database of that number"},
	{"ERR SELECT is not allowed in cluster mode", ErrUnfit, "redis.NewClusterClient"},
	{"ERR This instance has cluster support disabled", ErrUnavailable, "use redis.NewClient"},
	{"ERR unknown command 'evalsha', with args beginning with: '6d97' '1'", ErrUnfit, "switch scripting on"},
	{"ERR Unknown command 'EVALSHA'", ErrUnfit, "switch scripting on"},
	{"ERR Error running script (call to f_6d97): @user_script:8: @user_script: 8: -OOM command not allowed when used memory > 'maxmemory'.", ErrUnavailable, "raise maxmemory"},
	{"ERR Error running script (call to f_6d97): @user_script:8: @user_script: 8: -READONLY You can't write against a read only replica.", ErrUnavailable, "connect to the master"},
	{"READONLY You can't write against a read only replica." + inScript, ErrUnavailable, "connect to the master"},
	{"OOM command not allowed when used memory > 'maxmemory'." + inScript, ErrUnavailable, "raise maxmemory"},
	{"LOADING Redis is loading the dataset in memory", ErrUnavailable, "still loading"},
	{"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", ErrUnavailable, "mend its disk"},
	{"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", ErrUnavailable, "SCRIPT KILL: "},
	{"ERR max number of clients reached", ErrUnavailable, "raise maxclients"},
	{"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", ErrUnavailable, "MASTERDOWN"},
	{"CLUSTERDOWN Hash slot not served", ErrUnavailable, "CLUSTERDOWN"},
	{"TRYAGAIN Multiple keys request during rehashing of slot", ErrUnavailable, "TRYAGAIN"},
	{"NOREPLICAS Not enough good replicas to write." + inScript, ErrUnavailable, "min-replicas-to-write"},
	{"MOVED 3999 127.0.0.1:6381", ErrUnavailable, "MOVED"},
	{"ASK 3999 127.0.0.1:6381", ErrUnavailable, "ASK"},
	{"NOSCRIPT No matching script. Please use EVAL.", ErrUnavailable, "NOSCRIPT"},
	{"UNKILLABLE Sorry the script already executed write commands", ErrUnavailable, "UNKILLABLE"},
	{"ERR something of a later version", ErrUnavailable, "later version"},
	{"", ErrUnavailable, ""},
}

func TestServersAnswersAreClassified(t *testing.T) {
	for _, c := range answers {
		for how, err := range map[string]error{
			"plain":   serverError(c.answer),
			"wrapped": fmt.Errorf("a hook: %w", serverError(c.answer)),
		} {
			got := Classify(err)
			if !errors.Is(got, c.want) || !strings.Contains(got.Error(), c.says) {
				t.Errorf("%s %q is %v, want %v that says %q", how, c.answer, got, c.want, c.says)
			}
			if !errors.Is(got, err) {
				t.Errorf("%s %q: the cause is lost in %v", how, c.answer, got)
			}
			if wantPermanent := c.want != ErrUnavailable; Persistent(got) != wantPermanent {
				t.Errorf("%s %q: permanent %v, want %v", how, c.answer, Persistent(got), wantPermanent)
			}
		}
	}
}

// Errors of the network are no verdict about the server, whatever they say.
func TestErrorsOfTheNetworkAreClassified(t *testing.T) {
	for says, err := range map[string]error{
		"running there? (context deadline exceeded)": context.DeadlineExceeded,
		"running there? (a hook: context deadline":   fmt.Errorf("a hook: %w", context.DeadlineExceeded),
		"running there? (i/o timeout)":               os.ErrDeadlineExceeded,
		"check the address (dial":                    &net.OpError{Op: "dial", Err: &net.DNSError{Name: "nowhere", Err: "no such host", IsNotFound: true}},
		"start redis-server there, or check":         &net.OpError{Op: "dial", Err: errors.New("connect: connection refused")},
		"closed the connection (EOF)":                io.EOF,
		"closed the connection (read":                errors.New("read tcp 1.2.3.4:5: connection reset by peer"),
		"give the election a client of its own":      redis.ErrPoolTimeout,
		"does not speak TLS; connect without it":     errors.New("tls: first record does not look like a TLS handshake"),
		"check the client's TLSConfig":               errors.New("x509: certificate signed by unknown authority"),
		"is no Redis; check the address":             errors.New("redis: can't parse map reply: \"HTTP/1.1 400 Bad Request\""),
		"no Sentinel answers":                        fmt.Errorf("redis: all sentinels specified in configuration are unreachable: %w", serverError("ERR unknown command 'sentinel', with args beginning with: ")),
		"client is closed":                           redis.ErrClosed,
		"context canceled":                           context.Canceled,
		"unknown command":                            errors.New("unknown command in a proxy's own words"),
	} {
		got := Classify(err)
		if !errors.Is(got, ErrUnavailable) || Persistent(got) || !strings.Contains(got.Error(), says) {
			t.Errorf("%v is %v, want %v that says %q", err, got, ErrUnavailable, says)
		}
	}
}

func TestAdviceDoesNotComeFromNames(t *testing.T) {
	for answer, not := range map[string]string{
		"ERR there is no room for another slot":                                                "maxmemory",
		"ERR value of 'incumbent:{downloading}' is odd":                                        "still loading its data",
		"ERR syntax error near 'incumbent:{busybody}'":                                         "SCRIPT KILL",
		"ERR No permissions of a kind nobody knows for channel 'incumbent:{readonly}:records'": "replica",
	} {
		if err := Classify(serverError(answer)); strings.Contains(err.Error(), not) {
			t.Errorf("%q is explained as %v", answer, err)
		}
	}
	for answer, want := range map[string]error{
		"ERR unknown command 'evalsha', with args beginning with: '6d97' '1' 'incumbent:{noperm}'": ErrUnfit,
		"ERR value of 'incumbent:{noauth}' is odd":                                                 ErrUnavailable,
	} {
		if err := Classify(serverError(answer)); !errors.Is(err, want) {
			t.Errorf("%q is %v, want %v", answer, err, want)
		}
	}
}

func TestCommandsThatAServerLacksInsideScripts(t *testing.T) {
	for _, answer := range []string{
		"ERR Unknown Redis command called from script" + inScript,
		"ERR Error running script (call to f_6d97): @user_script:2: Unknown Redis command called from Lua script",
	} {
		if err := Classify(serverError(answer)); !errors.Is(err, ErrUnfit) {
			t.Errorf("%q is %v, want %v", answer, err, ErrUnfit)
		}
	}
}
