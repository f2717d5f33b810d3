package demo

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestBadUsage(t *testing.T) {
	const password = "secret"
	for name, c := range map[string]struct {
		env  string
		args []string
		want string
	}{
		"unknown flag":           {"", []string{"-x"}, "not defined: -x"},
		"stray argument":         {"", []string{"-calm", "redis://u:secret@host"}, "1 stray argument(s)"},
		"redis empty":            {"redis://localhost", []string{"-redis", ""}, "-redis is empty"},
		"redis without value":    {"", []string{"-redis"}, "flag needs an argument: -redis"},
		"redis scheme":           {"", []string{"-redis", "http://u:secret@host"}, "-redis: this is no Redis URL"},
		"redis without scheme":   {"", []string{"-redis", "localhost:6379"}, "-redis: this is no Redis URL"},
		"redis no URL":           {"", []string{"-redis", "redis://u:secret@host:port"}, "-redis: this is no Redis URL"},
		"redis database":         {"", []string{"-redis", "redis://u:secret@host/x"}, "-redis: this is no Redis URL"},
		"redis unknown option":   {"", []string{"-redis", "redis://u:secret@host?x=secret"}, "-redis: this is no Redis URL"},
		"redis cluster option":   {"", []string{"-redis", "redis://u:secret@host,host2?x=secret"}, "-redis: this is no Redis URL"},
		"redis sentinel option":  {"", []string{"-redis", "redis://host?master_name=m&x=secret"}, "-redis: this is no Redis URL"},
		"redis example":          {"", []string{"-redis", "redis://u:secret@host/x"}, "it looks like redis://user:password@host:6379/0, "},
		"redis cluster database": {"", []string{"-redis", "redis://u:secret@host,host2/3"}, "-redis: several addresses are a cluster"},
		"password in the name":   {"", []string{"-election", "redis://u:secret@host"}, `name "redis://...@host"`},
		"environment":            {"u:secret@host", nil, "REDIS_URL: this is no Redis URL"},
		"candidates none":        {"", []string{"-candidates", "0"}, "give 1 to 100"},
		"candidates too many":    {"", []string{"-candidates", "101"}, "give 1 to 100"},
		"candidates no number":   {"", []string{"-candidates", "two"}, "give 1 to 100"},
		"election empty":         {"", []string{"-election", ""}, "give 1 to 128 characters"},
		"election with space":    {"", []string{"-election", "a b"}, "give 1 to 128 characters"},
		"election too long":      {"", []string{"-election", strings.Repeat("x", 129)}, "give 1 to 128 characters"},
		"lease too short":        {"", []string{"-lease", "1999ms"}, "give 2s to 24h"},
		"lease too long":         {"", []string{"-lease", "24h1s"}, "give 2s to 24h"},
		"lease without unit":     {"", []string{"-lease", "15"}, "give 2s to 24h"},
		"every too short":        {"", []string{"-every", "9ms"}, "give 10ms to 24h"},
		"every too long":         {"", []string{"-every", "25h"}, "give 10ms to 24h"},
		"every no duration":      {"", []string{"-every", "day"}, "give 10ms to 24h"},
		"for negative":           {"", []string{"-for", "-1s"}, "give 0 or more"},
		"for no duration":        {"", []string{"-for", "ever"}, "give 0 or more"},
		"calm with value":        {"", []string{"-calm=perhaps"}, "invalid boolean value"},
		"json with value":        {"", []string{"-json=perhaps"}, "invalid boolean value"},
		"password in wrong flag": {"", []string{"-lease", "redis://u:secret@host"}, "give 2s to 24h"},
	} {
		t.Run(name, func(t *testing.T) {
			d, stdout, stderr := newDemo(c.env, c.args...)
			code := d.Main(t.Context(), func(context.Context, *Candidate) error {
				t.Error("it began all the same")
				return nil
			})
			if code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			if stdout.String() != "" {
				t.Errorf("on stdout: %s", stdout)
			}
			said := stderr.String()
			if len(stderr.writes) != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, c.want) {
				t.Errorf("want one sentence with %q:\n%s", c.want, said)
			}
			if strings.Contains(said, password) {
				t.Errorf("the password was printed:\n%s", said)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		env     string
		args    []string
		address string // empty: the stand-in
		count   int
		lease   time.Duration
	}{
		"nothing":                 {"", nil, "", 3, 3 * time.Second},
		"environment":             {"redis://there:7000", nil, "there:7000", 1, 15 * time.Second},
		"flag":                    {"", []string{"-redis", "redis://here"}, "here:6379", 1, 15 * time.Second},
		"flag before environment": {"redis://there", []string{"-redis", "redis://here"}, "here:6379", 1, 15 * time.Second},
		"lowest":                  {"", []string{"-candidates", "1", "-lease", "2s", "-every", "10ms", "-for", "0"}, "", 1, 2 * time.Second},
		"highest":                 {"redis://there", []string{"-candidates", "100", "-lease", "24h", "-every", "24h", "-for", "9999h"}, "there:6379", 100, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			d, _, _ := newDemo(c.env, c.args...)
			to, err := d.parse()
			if err != nil {
				t.Fatal(err)
			}
			address := ""
			if to != nil {
				address = to.Address()
			}
			if address != c.address || d.settings.count != c.count || d.settings.lease != c.lease {
				t.Errorf("%d candidates with a lease of %v at %q, want %d, %v, %q",
					d.settings.count, d.settings.lease, address, c.count, c.lease, c.address)
			}
			if d.settings.election != "example" {
				t.Errorf("election %q", d.settings.election)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	d, stdout, stderr := newDemo("", "-h")
	if code := d.Main(t.Context(), asleep); code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, want := range []string{"-redis", "-candidates", "-election", "-lease", "-every", "-for", "-calm", "-json"} {
		if !strings.Contains(stderr.String(), "  "+want+" ") && !strings.Contains(stderr.String(), "  "+want+"\n") {
			t.Errorf("nothing about %s", want)
		}
	}
	if stdout.String() != "" {
		t.Errorf("on stdout: %s", stdout)
	}
}
