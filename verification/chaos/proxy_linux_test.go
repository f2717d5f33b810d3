package chaos

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

const patience = 10 * time.Second

// echoed is a proxy before a server that sends back what it gets, and a client's
// connection through it.
type echoed struct {
	*proxy

	conn   net.Conn
	t      *testing.T
	served chan error // how the server's connections ended
}

func newEchoed(t *testing.T) *echoed {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &echoed{t: t, served: make(chan error, 10)}
	if e.proxy, err = startProxy(l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			_, err := io.Copy(c, c)
			_ = c.Close()
			e.served <- err
		}
	}()
	t.Cleanup(func() {
		e.close()
		_ = e.conn.Close()
		_ = l.Close()
		<-done
	})
	e.conn = e.dial()
	return e
}

func (e *echoed) dial() net.Conn {
	c, err := net.Dial("tcp", e.addr())
	if err != nil {
		e.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

func (e *echoed) send(text string) {
	e.t.Helper()
	if _, err := e.conn.Write([]byte(text)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *echoed) expect(text string) {
	e.t.Helper()
	b := make([]byte, len(text))
	if _, err := io.ReadFull(e.conn, b); err != nil || string(b) != text {
		e.t.Fatalf("read %q (%v), want %q", b, err, text)
	}
}

// silent reports that nothing comes for a while.
func (e *echoed) silent() {
	e.t.Helper()
	_ = e.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := e.conn.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
		e.t.Fatalf("read %d bytes (%v), want nothing", n, err)
	}
	_ = e.conn.SetReadDeadline(time.Now().Add(patience))
}

func (e *echoed) expectReset() {
	e.t.Helper()
	if _, err := e.conn.Read(make([]byte, 10)); !errors.Is(err, syscall.ECONNRESET) {
		e.t.Fatalf("read: %v, want %v", err, syscall.ECONNRESET)
	}
}

// through says that the connection is up and known to the proxy.
func (e *echoed) through() {
	e.send("hello")
	e.expect("hello")
}

func TestProxyCarries(t *testing.T) {
	e := newEchoed(t)
	e.through()
	if got := e.locals(); len(got) != 1 {
		t.Errorf("the server knows %v", got)
	}
	if err := e.conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := <-e.served; err != nil {
		t.Errorf("the server's connection ends with %v", err)
	}
}

func TestProxyStallsThenDelivers(t *testing.T) {
	for _, stalled := range [][2]bool{{true, false}, {false, true}, {true, true}} {
		e := newEchoed(t)
		e.through()
		e.strike(func(f *networkFaults) { f.stalled = stalled })
		e.send("late")
		e.silent()
		e.heal()
		e.expect("late")
	}
}

// What was stalled arrives also when its sender has given up.
func TestProxyDeliversForWhoHasLeft(t *testing.T) {
	e := newEchoed(t)
	e.through()
	e.strike(func(f *networkFaults) { f.stalled[toServer] = true })
	e.send("late")
	_ = e.conn.Close()
	e.heal()
	<-e.served // the end arrives after all that was sent before
}

func TestProxyTakesItsTime(t *testing.T) {
	e := newEchoed(t)
	e.through()
	e.strike(func(f *networkFaults) { f.latency = 30 * time.Millisecond })
	begun := time.Now()
	e.through()
	if took := time.Since(begun); took < 60*time.Millisecond {
		t.Errorf("a round trip took %v", took)
	}
}

func TestProxySwallows(t *testing.T) {
	e := newEchoed(t)
	e.through()
	e.strike(func(f *networkFaults) { f.swallows[toClient] = true })
	e.send("lost")
	e.silent()
	e.heal() // whoever has lost bytes has lost the connection
	e.expectReset()
}

func TestProxyCutsAfterSomeBytes(t *testing.T) {
	e := newEchoed(t)
	e.through()
	e.strike(func(f *networkFaults) { f.cutAfter[toServer] = 3 })
	e.send("half")
	if err := <-e.served; !errors.Is(err, syscall.ECONNRESET) && err != nil {
		t.Errorf("the server's connection ends with %v", err)
	}
	b, _ := io.ReadAll(e.conn)
	if len(b) > 3 {
		t.Errorf("%q came back", b)
	}
}

func TestProxyResets(t *testing.T) {
	e := newEchoed(t)
	e.through()
	e.reset()
	e.expectReset()
}

func TestProxyOpensByHalf(t *testing.T) {
	e := newEchoed(t)
	e.through()
	e.halfOpen()
	<-e.served
	e.send("into the void")
	e.silent()
}

func TestProxyRefuses(t *testing.T) {
	e := newEchoed(t)
	e.through()
	for _, begin := range []func(){
		func() { e.strike(func(f *networkFaults) { f.refuse = true }) },
		func() { e.gate(true) },
	} {
		begin()
		if c, err := net.Dial("tcp", e.addr()); err == nil { // the reset may come before or after
			_ = c.SetDeadline(time.Now().Add(patience))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("a refused connection reads: %v", err)
			}
			_ = c.Close()
		}
		e.heal()
	}
	e.gate(false)
	e.through()
}
