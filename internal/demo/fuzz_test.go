package demo

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/incumbent/internal/redisurl"
)

// aPassword stands in no URL by chance.
const aPassword = "pa55:w/o@r?d#%&,é"

// FuzzTarget reads any text as the URL of a Redis. Neither what is shown of it
// nor an error tells the password, and what is accepted can be connected to.
func FuzzTarget(f *testing.F) {
	for _, text := range []string{
		"redis://host:7000/1", "rediss://host", "unix:///run/redis.sock?db=1", "redis://[::1]:7000?dial_timeout=1s&protocol=2",
		"redis://a:1?addr=b:2&addr=c:3", "redis://a:1,b:2,c:3", "redis://a:1,redis://b:2", "rediss://a:1,b:2/?max_redirects=3",
		"redis://a:1,b:2?master_name=m&sentinel_password=s", "redis://a:1/0?master_name=m&addr=b:2&db=1",
		"", "localhost:6379", "http://host", "redis://host:port", "redis://host/x", "redis://,", "redis://a,,b", "redis://%zz", "redis://a:1,b:2#c", "redis://\x00",
		"redis://h?pool_size=3&min_idle_conns=0&read_timeout=-1&skip_verify=1", "redis://h?addr=", "redis://?master_name=", "redis://h/99999999999999999999",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkTarget(t, text)
		if scheme, rest, _ := strings.Cut(text, "://"); slices.Contains([]string{"redis", "rediss", "unix"}, scheme) {
			checkTarget(t, scheme+"://"+url.UserPassword("user", aPassword).String()+"@"+rest)
		}
	})
}

func checkTarget(t *testing.T, text string) {
	t.Helper()
	to, err := parseTarget(text)
	if err != nil {
		if err != errURL && !errors.Is(err, redisurl.ErrPool) {
			t.Errorf("%q: %v", text, err)
		}
		return
	}
	if strings.Contains(to.address, aPassword) || strings.Contains(to.address, url.QueryEscape(aPassword)) {
		t.Errorf("%q is shown as %q", text, to.address)
	}
	if u, err := url.Parse(text); err == nil && (u.Query().Has("min_idle_conns") || u.Query().Has("pipeline_pool_size")) {
		return // the client would open them, or make room for them, at once
	}
	if err := to.connect().Close(); err != nil {
		t.Errorf("%q: %v", text, err)
	}
}

// FuzzFlags reads any arguments. Whatever is wrong with them is told without the
// password of the URL.
func FuzzFlags(f *testing.F) {
	for _, args := range []string{
		"-calm -json", "-candidates 3 -lease 2s -every 10ms -for 8s", "-election jobs/a", "-lease 1ns", "-candidates 1e9", "-for -1s",
		"-x", "-redis redis://u:secretive@h:p", "-lease redis://u:secretive@h", "--", "-calm redis://u:secretive@h", "-election \xff\x00", "-redis=", "-every=99999h",
	} {
		f.Add(args, "redis://u:secretive@h")
	}
	f.Add("", "")
	f.Add("", "redis://u:secretive@a,b/x")
	f.Fuzz(func(t *testing.T, line, variable string) {
		d, stdout, stderr := newDemo(variable, strings.Split(line, " ")...)
		to, err := d.parse()
		if stdout.String() != "" || stderr.String() != "" {
			t.Errorf("printed %q and %q", stdout, stderr)
		}
		if err != nil {
			if strings.Contains(variable, "secretive") && !strings.Contains(line, "secretive") && strings.Contains(err.Error(), "secretive") {
				t.Errorf("%q: %v", line, err)
			}
			if strings.Contains(redact(err.Error()), "//u:secretive@h") {
				t.Errorf("%q: %s", line, redact(err.Error()))
			}
			return
		}
		s := d.settings
		if to != nil && to.address == "" || s.count < 1 || s.count > maxCandidates || s.lease < 2e9 || s.every < minEvery || s.length < 0 || s.stop < stopMargin {
			t.Errorf("%q became %+v", line, s)
		}
	})
}
