package demo

import (
	"strings"
	"testing"
)

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
			if strings.Contains(err.Error(), "//u:secretive@h") {
				t.Errorf("%q: %v", line, err)
			}
			return
		}
		s := d.settings
		if to != nil && to.Address() == "" || s.count < 1 || s.count > maxCandidates || s.lease < 2e9 || s.every < minEvery || s.length < 0 {
			t.Errorf("%q became %+v", line, s)
		}
	})
}
