package command

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func try(args ...string) (code int, done bool, out, errs string) {
	c := Command{Name: "try", About: "Try tries.", Examples: [][2]string{{"-n 3", "thrice"}, {"", "once"}}}
	flags := c.Flags()
	flags.Int("n", 1, "how many `times`")
	var o, e strings.Builder
	code, done = c.Parse(flags, args, &o, &e)
	return code, done, o.String(), e.String()
}

func TestParse(t *testing.T) {
	if code, done, out, errs := try("-n", "3"); code != Held || done || out+errs != "" {
		t.Error(code, done, out, errs)
	}
	if code, done, out, errs := try("-x"); code != Usage || !done || out != "" || errs != "try: flag provided but not defined: -x; -h explains the flags\n" {
		t.Error(code, done, out, errs)
	}
}

func TestHelpExplainsEverything(t *testing.T) {
	code, done, out, errs := try("-h")
	if code != Held || !done || errs != "" {
		t.Error(code, done, errs)
	}
	for _, want := range []string{"Try tries.", "go run -C verification ./try -n 3  # thrice", "./try       # once", "-n times", "how many times (default 1)", "3  undecided"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestRefusalsAndFailures(t *testing.T) {
	var b strings.Builder
	c := Command{Name: "try"}
	if got := c.Refuse(&b, flag.ErrHelp); got != Usage {
		t.Error(got)
	}
	if got := c.Fail(&b, errors.New("no server")); got != Undecided || !strings.HasSuffix(b.String(), "try: no server\n") {
		t.Error(got, b.String())
	}
}

func TestAResultIsSavedAndReadAgain(t *testing.T) {
	name := filepath.Join(t.TempDir(), "result.json")
	type result struct{ Seeds int }
	got := result{7}
	if err := Load(name, &got); err != nil || got.Seeds != 7 {
		t.Errorf("without a file: %v, %v", got, err)
	}
	if err := errors.Join(Save(name, result{8}), Load(name, &got)); err != nil || got.Seeds != 8 {
		t.Errorf("read %v, %v", got, err)
	}
	if err := os.WriteFile(name, []byte("no result"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Load(name, &got); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("of what is no result: %v", err)
	}
	if err := errors.Join(Save("", got), Load("", &got)); err != nil {
		t.Errorf("without a name: %v", err)
	}
}
