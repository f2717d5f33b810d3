package chaos

import (
	"fmt"
	"strings"
	"testing"
)

func (v value) String() string {
	if v.list != nil {
		return fmt.Sprint(v.list)
	}
	return fmt.Sprintf("%c%s", v.kind, v.text)
}

const stream1 = "*3\r\n:1\r\n$5\r\nab\r\nc\r\n:7\r\n+OK\r\n-NOSCRIPT no\r\n$-1\r\n%1\r\n+a\r\n_\r\n>2\r\n+message\r\n*0\r\n"

func TestMessagesAreFoundHoweverBytesArrive(t *testing.T) {
	const want = "[:1 $ab\r\nc :7] +OK -NOSCRIPT no $ [+a _] [+message *]"
	for size := 1; size <= len(stream1); size++ {
		var p parser
		var got []string
		for rest := stream1; rest != ""; {
			n := min(size, len(rest))
			for _, v := range p.feed([]byte(rest[:n])) {
				got = append(got, v.String())
			}
			rest = rest[n:]
		}
		if g := strings.Join(got, " "); g != want {
			t.Fatalf("in pieces of %d: %s, want %s", size, g, want)
		}
	}
}

func TestWhatIsNoRESPIsLeftAlone(t *testing.T) {
	var p parser
	if got := p.feed([]byte("HTTP/1.1 200 OK\r\n")); got != nil || !p.lost {
		t.Errorf("read %v, lost %t", got, p.lost)
	}
}
