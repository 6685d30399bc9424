package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonpeer/net/step"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for anything.
const patience = 20 * time.Second

// loop stands for a node's: it takes inputs in order and hands them to what the test gives.
type loop struct {
	mu     sync.Mutex
	inputs []step.Input
	wake   chan struct{}
}

func newLoop() *loop { return &loop{wake: make(chan struct{}, 1)} }

// Put implements step.Inbox.
func (l *loop) Put(in step.Input) {
	l.mu.Lock()
	l.inputs = append(l.inputs, in)
	l.mu.Unlock()
	note(l.wake)
}

// next waits for an input.
func (l *loop) next(t *testing.T) step.Input {
	t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		if len(l.inputs) > 0 {
			in := l.inputs[0]
			l.inputs = l.inputs[1:]
			l.mu.Unlock()
			return in
		}
		l.mu.Unlock()
		select {
		case <-l.wake:
		case <-late:
			t.Fatal("no input came")
		}
	}
}

// request waits for a request.
func (l *loop) request(t *testing.T, method string) step.ControlRequest {
	t.Helper()
	in := l.next(t)
	r, ok := in.(step.ControlRequest)
	if !ok || r.Method != method {
		t.Fatalf("got input %#v, want a request %q", in, method)
	}
	return r
}

// serve opens the socket of a node called name below state.
func serve(t *testing.T, state, name string, l *loop, relay *Relay) *Server {
	t.Helper()
	f, err := Claim(filepath.Join(state, name))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Serve(Options{Folder: f, Inbox: l, Port: 7, Relay: relay})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		f.Release()
	})
	return s
}

func dial(t *testing.T, path string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// begin calls in a goroutine; the result is that of the call.
func begin(fn func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	return done
}

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	l := newLoop()
	s := serve(t, t.TempDir(), "node", l, nil)
	c := dial(t, s.Path())
	var got struct{ Name string }
	done := begin(func() error { return c.Call(t.Context(), "status", map[string]int{"a": 1}, &got) })
	r := l.request(t, "status")
	if r.At != 7 || string(r.Params) != `{"a":1}` {
		t.Errorf("got %+v", r)
	}
	r.Asker.Reply([]byte(`{"name":"x"}`))
	r.Asker.Reply([]byte(`{"name":"y"}`)) // answered already
	if err := await(t, done); err != nil || got.Name != "x" {
		t.Errorf("got %q, %v", got.Name, err)
	}
	done = begin(func() error { return c.Call(t.Context(), "bad", nil, nil) })
	l.request(t, "bad").Asker.Refuse(CodeFailed, "no")
	if err := await(t, done); err == nil || err.Error() != "no" {
		t.Errorf("got %v", err)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	l := newLoop()
	c := dial(t, serve(t, t.TempDir(), "node", l, nil).Path())
	parts := make(chan string, 10)
	ctx, cancel := context.WithCancel(t.Context())
	done := begin(func() error {
		return c.Stream(ctx, "trace", nil, func(p json.RawMessage) { parts <- string(p) }, nil)
	})
	r := l.request(t, "trace")
	for i := range 3 {
		if !r.Asker.Part(fmt.Appendf(nil, `%d`, i)) {
			t.Error("a part was not taken")
		}
	}
	for i := range 3 {
		if got := await(t, parts); got != fmt.Sprint(i) {
			t.Errorf("part %d: got %s", i, got)
		}
	}
	cancel()
	await(t, done)
	c.Close()
	if in, ok := l.next(t).(step.ControlClosed); !ok || in.Asker != r.Asker {
		t.Errorf("got %#v, want the asker to be gone", in)
	}
	if !r.Asker.Part([]byte("1")) { // nobody is there to be behind
		t.Error("a part for an asker that is gone was refused")
	}
	r.Asker.Reply([]byte("{}"))
}

// TestSlow: an asker that does not read is told nothing more, and loses its connection; others are served meanwhile.
func TestSlow(t *testing.T) {
	t.Parallel()
	l := newLoop()
	s := serve(t, t.TempDir(), "node", l, nil)
	stuck, err := net.Dial("unix", s.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	fmt.Fprintln(stuck, `{"jsonrpc":"2.0","id":1,"method":"trace"}`)
	r := l.request(t, "trace")
	part := []byte(`"` + strings.Repeat("x", 64<<10) + `"`)
	taken := 0
	for r.Asker.Part(part) {
		if taken++; taken > 100 {
			t.Fatal("an asker that does not read is never behind")
		}
	}
	c := dial(t, s.Path())
	done := begin(func() error { return c.Call(t.Context(), "status", nil, nil) })
	l.request(t, "status").Asker.Reply([]byte("{}"))
	if err := await(t, done); err != nil {
		t.Error(err)
	}
	// Answers are not dropped: too many of them end the connection.
	large := []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	for i := range 20 {
		fmt.Fprintf(stuck, `{"jsonrpc":"2.0","id":%d,"method":"print"}`+"\n", i+2)
		in := l.next(t)
		if _, gone := in.(step.ControlClosed); gone {
			return
		}
		in.(step.ControlRequest).Asker.Reply(large)
	}
	t.Error("20 MB of answers wait for an asker that does not read")
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	l := newLoop()
	s := serve(t, t.TempDir(), "node", l, nil)
	c := dial(t, s.Path())
	done := begin(func() error { return c.Call(t.Context(), "print", nil, nil) })
	l.request(t, "print").Asker.Reply(make([]byte, maxAnswer+1))
	if err := await(t, done); err == nil || !strings.Contains(err.Error(), "larger than 16 MB") {
		t.Errorf("got %v", err)
	}
	ask := func(size int) error {
		return dial(t, s.Path()).Call(t.Context(), "eval", strings.Repeat("x", size), nil)
	}
	done = begin(func() error { return ask(maxRequest - 200) })
	l.request(t, "eval").Asker.Reply([]byte("{}"))
	if err := await(t, done); err != nil {
		t.Errorf("a request of almost the largest size: %v", err)
	}
	if err := ask(maxRequest + 1); err == nil {
		t.Error("a request above the largest size was answered")
	}
}

// TestGarbage: whatever is written to the socket, the node goes on answering others, and hears of nothing.
func TestGarbage(t *testing.T) {
	t.Parallel()
	l := newLoop()
	s := serve(t, t.TempDir(), "node", l, nil)
	for _, text := range []string{
		"\x00\xff\n", "{\n", "null\n", "[]\n", "1\n", "{}\n", `{"id":1}` + "\n", `{"method":1,"id":1}` + "\n",
		`{"method":"x","id":{}}` + "\n", `{"method":"x","id":1.5}` + "\n", `[{"method":"x","id":1}]` + "\n",
		`{"id":7,"result":1}` + "\n" + "\n\n{", `{"method":"note"}` + "\n{", strings.Repeat("[", 20000) + "\n",
		`{"method":"x","id":-1}` + "\n", `{"method":"x","id":9223372036854775808}` + "\n", `{"method":"x","id":"` + strings.Repeat("x", maxID+1) + `"}` + "\n",
		`{"method":"x","id":1,"params":` + strings.Repeat("[", 20000) + "\n",
	} {
		nc, err := net.Dial("unix", s.Path())
		if err != nil {
			t.Fatal(err)
		}
		nc.Write([]byte(text))
		nc.(*net.UnixConn).CloseWrite()
		nc.SetReadDeadline(time.Now().Add(patience))
		if n, err := nc.Read(make([]byte, 1)); n > 0 || err == nil || os.IsTimeout(err) {
			t.Errorf("%.40q: got %d bytes and %v, want the end", text, n, err)
		}
		nc.Close()
	}
	c := dial(t, s.Path())
	done := begin(func() error { return c.Call(t.Context(), "status", nil, nil) })
	l.request(t, "status").Asker.Reply([]byte("{}"))
	if err := await(t, done); err != nil {
		t.Error(err)
	}
}

func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	l := newLoop()
	c := dial(t, serve(t, t.TempDir(), "node", l, nil).Path())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range maxPending {
		go c.Call(ctx, "status", nil, nil)
	}
	for range maxPending {
		l.request(t, "status")
	}
	if err := c.Call(t.Context(), "status", nil, nil); err == nil || !strings.Contains(err.Error(), "wait for their answers already") {
		t.Errorf("got %v", err)
	}
}

func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	l := newLoop()
	s := serve(t, t.TempDir(), "node", l, nil)
	for range maxConns {
		dial(t, s.Path())
	}
	if err := dial(t, s.Path()).Call(t.Context(), "status", nil, nil); err == nil {
		t.Error("one connection too many was served")
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	l := newLoop()
	c := dial(t, serve(t, t.TempDir(), "node", l, nil).Path())
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := c.Call(ctx, "status", nil, nil); err == nil || err.Error() != "time-out" {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsAskers(t *testing.T) {
	t.Parallel()
	l := newLoop()
	s := serve(t, t.TempDir(), "node", l, nil)
	c := dial(t, s.Path())
	waiting := begin(func() error { return c.Call(t.Context(), "status", nil, nil) })
	l.request(t, "status")
	answered := begin(func() error { return c.Call(t.Context(), "stop", nil, nil) })
	// It is read although the server closes at once: more than the system keeps for a socket.
	l.request(t, "stop").Asker.Reply([]byte(`"` + strings.Repeat("x", 2<<20) + `"`))
	s.Close()
	s.Close()
	if err := await(t, answered); err != nil {
		t.Errorf("the last answer: %v", err)
	}
	if err := await(t, waiting); err == nil || !strings.Contains(err.Error(), "ended before it answered") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(s.Path()); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestOneProcessPerFolder(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	f, err := Claim(filepath.Join(state, "worker-1"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Claim(filepath.Join(state, "worker-1"))
	want := fmt.Sprintf("another process (pid %d) runs on %s already", os.Getpid(), filepath.Join(state, "worker-1"))
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	f.Release()
	f.Release()
	g, err := Claim(filepath.Join(state, "worker-1"))
	if err != nil {
		t.Fatal(err)
	}
	g.Release()
}

func TestSocket(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	for range 2 { // the second time it takes the place of a killed process's
		f, err := Claim(filepath.Join(state, "node"))
		if err != nil {
			t.Fatal(err)
		}
		l, path, err := f.listen()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != os.ModeSocket|0o600 {
			t.Errorf("got mode %v, %v", info.Mode(), err)
		}
		if written, err := SocketPath(f.Dir()); err != nil || written != path || path != filepath.Join(state, "node", "node.sock") {
			t.Errorf("got path %q, %v; it is %q", written, err, path)
		}
		l.Close()
		f.Release()
	}
	left, err := filepath.Glob(filepath.Join(state, "node", "s*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	l := newLoop()
	f, err := Claim(filepath.Join(state, "node"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	listener, killed, err := f.listen()
	if err != nil {
		t.Fatal(err)
	}
	listener.Close() // as by a kill: its folder stays
	s, err := Serve(Options{Folder: f, Inbox: l, Port: 7})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(killed)); !os.IsNotExist(err) {
		t.Errorf("the former process's folder: %v", err)
	}
	c, err := Find(t.Context(), f.Dir())
	if err != nil {
		t.Fatal(err)
	}
	done := begin(func() error { return c.Call(t.Context(), "status", nil, nil) })
	l.request(t, "status").Asker.Reply([]byte("{}"))
	if err := await(t, done); err != nil {
		t.Error(err)
	}
	c.Close()
	s.Close()
	if _, err := os.Stat(filepath.Dir(s.Path())); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is still there: %v", err)
	}
}

// TestUrgent: what can't wait for the loop is answered without it, and everything else goes there.
func TestUrgent(t *testing.T) {
	t.Parallel()
	f, err := Claim(filepath.Join(t.TempDir(), "n"))
	if err != nil {
		t.Fatal(err)
	}
	l := newLoop()
	s, err := Serve(Options{Folder: f, Inbox: l, Port: 7, Urgent: func(r step.ControlRequest) bool {
		if r.Method != "now" {
			return false
		}
		r.Asker.Begin()
		r.Asker.Reply([]byte("1"))
		return true
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); f.Release() })
	c := dial(t, s.Path())
	later := begin(func() error { return c.Call(t.Context(), "later", nil, nil) })
	var got int
	if err := c.Call(t.Context(), "now", nil, &got); err != nil || got != 1 {
		t.Errorf("urgent: got %d, %v", got, err)
	}
	l.request(t, "later").Asker.Reply([]byte("{}"))
	if err := <-later; err != nil {
		t.Error(err)
	}
}
