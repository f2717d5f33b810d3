package account_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/verification/space/account"
)

// each thing that must not happen is noticed, and nothing else is.
func TestBook(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(b *account.Book)
		broken  []string
	}{
		"one after the other": {func(b *account.Book) {
			b.End(b.Begin(1, "a", 1, 5), false)
			b.End(b.Begin(2, "a", 1, 6), true)
			b.Begin(3, "b", 1, 7)
		}, nil},
		"two at once": {func(b *account.Book) {
			b.Begin(1, "a", 1, 5)
			b.Begin(2, "a", 1, 6)
		}, []string{account.AboveTheLimit}},
		"two seats": {func(b *account.Book) {
			b.Begin(1, "a", 2, 6)
			b.Begin(2, "a", 2, 5)
		}, nil},
		"three on two seats": {func(b *account.Book) {
			b.Begin(1, "a", 2, 5)
			b.Begin(2, "a", 2, 6)
			b.Begin(3, "a", 2, 7)
		}, []string{account.AboveTheLimit}},
		"after a crash": {func(b *account.Book) {
			b.Begin(1, "a", 1, 5)
			b.Crash(1)
			b.Begin(2, "a", 1, 6)
		}, nil},
		"beside one that stands still": {func(b *account.Book) {
			w := b.Begin(1, "a", 1, 5)
			b.Stand(1, time.Minute)
			b.Write(b.Begin(2, "a", 1, 6))
			b.Write(w)
		}, nil},
		"an older work": {func(b *account.Book) {
			b.End(b.Begin(1, "a", 1, 5), false)
			b.Begin(2, "a", 1, 5)
		}, []string{account.TermsBack}},
		"an older grant": {func(b *account.Book) {
			b.Set("l:0:a", "A:1:5")
			b.Unset("l:0:a")
			b.Lost("the hash is lost", false)
			b.Set("l:0:b", "B:1:5")
		}, []string{account.TermsBack}},
		"from a session that is there": {func(b *account.Book) {
			b.Set("s:A", "0 2000 -")
			b.Set("l:0:a", "A:1:5")
			b.Set("l:0:a", "B:1:6")
		}, []string{account.FromTheLiving}},
		"from one that is not": {func(b *account.Book) {
			b.Set("s:A", "0 2000 -")
			b.Set("l:0:a", "A:1:5")
			b.Unset("s:A")
			b.Set("l:0:a", "B:1:6")
		}, nil},
		"other results": {func(b *account.Book) {
			b.Result("k", "1", time.Now())
			b.Result("k", "1", time.Now())
			b.Result("k", "2", time.Now())
		}, []string{account.Doubled}},
		"another result after a loss": {func(b *account.Book) {
			began := time.Now()
			b.Result("k", "1", began)
			time.Sleep(time.Second)
			b.Lost("everything is lost", true)
			b.Result("k", "1", began)
			time.Sleep(time.Second)
			b.Result("k", "2", time.Now())
		}, nil},
		"again after a death": {func(b *account.Book) {
			b.Do(1, "k", false, time.Now())
			b.Crash(1)
			b.Do(2, "k", true, time.Now())
			b.Done(2, "k")
			b.Do(3, "k", false, time.Now())
		}, nil},
		"after a death and a loss before it": {func(b *account.Book) {
			began := time.Now()
			b.Lost("everything is lost", true)
			b.Do(1, "k", false, began)
			b.Crash(1)
			b.Do(2, "k", false, time.Now())
		}, nil},
		"after a death, without being allowed to": {func(b *account.Book) {
			b.Do(1, "k", false, time.Now())
			b.Crash(1)
			b.Do(2, "k", false, time.Now())
		}, []string{account.Doubtful}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := account.New(time.Now())
				time.Sleep(time.Hour)
				c.happens(b)
				var broken []string
				for rule := range b.Counts().Broken {
					broken = append(broken, rule)
				}
				if !slices.Equal(broken, c.broken) {
					t.Errorf("broken: %q, want %q:\n%q", broken, c.broken, b.Story())
				}
			})
		})
	}
}
