package redisurl_test

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/incumbent/internal/redisurl"
)

// aPassword stands in no text by chance.
const aPassword = "pa55:w/o@r?d#%&,é"

// FuzzParse reads any text as the address of a Redis. Neither what is shown of it nor
// an error tells the password, and what is accepted can be connected to.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"redis://host:7000/1", "rediss://host", "unix:///run/redis.sock?db=1", "redis://[::1]:7000?dial_timeout=1s&protocol=2",
		"redis://a:1?addr=b:2&addr=c:3", "redis://a:1,b:2,c:3", "redis://a:1,redis://b:2", "rediss://a:1,b:2/?max_redirects=3",
		"redis://a:1,b:2?master_name=m&sentinel_password=s", "redis://a:1/0?master_name=m&addr=b:2&db=1", "redis://a:1,b:2?master_name=m&route_by_latency=1",
		"", "localhost:6379", "http://host", "redis://host:port", "redis://host/x", "redis://,", "redis://a,,b", "redis://%zz", "redis://a:1,b:2#c", "redis://\x00",
		"redis://h?pool_size=3&min_idle_conns=0&read_timeout=-1&skip_verify=1", "redis://h?addr=", "redis://?master_name=", "redis://h/99999999999999999999",
		"a=redis://x,b=redis://y,c=redis://z", "redis://a/3,redis://b/4", "redis://a,b/3",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check(t, text)
		if scheme, rest, _ := strings.Cut(text, "://"); slices.Contains([]string{"redis", "rediss", "unix"}, scheme) {
			check(t, scheme+"://"+url.UserPassword("user", aPassword).String()+"@"+rest)
		}
	})
}

func check(t *testing.T, text string) {
	t.Helper()
	to, err := redisurl.Parse(text)
	if err != nil {
		if strings.Contains(err.Error(), "pa55") {
			t.Errorf("%q: the password is told: %v", text, err)
		}
		return
	}
	if strings.Contains(to.Address(), "pa55") || to.Address() == "" {
		t.Errorf("%q is shown as %q", text, to.Address())
	}
	if scheme, _, _ := strings.Cut(text, "://"); !strings.EqualFold(scheme, "unix") {
		for address := range strings.SplitSeq(to.Address(), ",") {
			if _, _, err := net.SplitHostPort(address); err != nil || strings.Contains(address, "@") {
				t.Errorf("%q is shown as %q", text, to.Address())
			}
		}
	}
	if strings.Contains(text, "min_idle_conns") || strings.Contains(text, "pipeline_pool_size") {
		return // the client would open them, or make room for them, at once
	}
	if err := to.Connect().Close(); err != nil {
		t.Errorf("%q: %v", text, err)
	}
}
