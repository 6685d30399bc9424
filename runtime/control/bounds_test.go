package control

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"moonpeer/net/step"
)

// unread is a connection of which the test is the other end.
func unread(t *testing.T, l *loop) (c *conn, held *atomic.Int64, other net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	theirs.SetDeadline(time.Now().Add(patience))
	held = new(atomic.Int64)
	c = newConn(context.Background(), ours, edge{inbox: l, held: held, parsing: new(sync.Mutex), longest: maxRequest})
	t.Cleanup(func() {
		theirs.Close()
		c.wait()
	})
	return c, held, theirs
}

// TestKept: a child's connection to its supervisor is not closed for answers that nobody reads. What has no room becomes an
// error.
func TestKept(t *testing.T) {
	t.Parallel()
	l := newLoop()
	c, _, other := unread(t, l)
	c.lines.kept.Store(true)
	const asks, size, room = 20, 2000, 4
	large := []byte(`"` + strings.Repeat("x", size-2) + `"`)
	// JSON of 16 MB would take long with the race detector: this counts as so much.
	if err := c.lines.put(json.RawMessage("1"), maxAnswer-room*(size+messageFor), maxAnswer); err != nil {
		t.Fatal(err)
	}
	for i := range asks {
		fmt.Fprintf(other, `{"id":%d,"method":"print"}`+"\n", i)
		l.request(t, "print").Asker.Reply(large)
	}
	if c.lines.isClosed() {
		t.Fatal("the connection was closed")
	}
	lines := bufio.NewReader(other)
	if line, err := lines.ReadString('\n'); line != "1\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	results := 0
	for i := range asks {
		line, err := lines.ReadBytes('\n')
		var r jsonrpc2.Response
		if err == nil {
			err = json.Unmarshal(line, &r)
		}
		if err != nil || r.ID.Num != uint64(i) {
			t.Fatalf("answer %d: got %.80q, %v", i, line, err)
		}
		if r.Error == nil {
			results++
		} else if r.Error.Code != CodeBusy || r.Error.Message != "too much waits to be read" {
			t.Errorf("answer %d: got %v", i, r.Error)
		}
	}
	if results != room {
		t.Errorf("%d of %d answers had room, want %d", results, asks, room)
	}
}

// TestKeptChild: a child that does not read what it is asked keeps its connection, too.
func TestKeptChild(t *testing.T) {
	t.Parallel()
	f := newFamily(t, "a")
	nc, err := net.Dial("unix", f.server.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fmt.Fprintln(nc, `{"id":1,"method":"register","params":{"name":"a"}}`)
	f.loop.next(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	busy := 0
	for range 40 {
		err := f.relay.Call(over, nil, "eval", strings.Repeat("x", 1<<20), func(a Answer) {
			if a.Error.Code == CodeBusy {
				busy++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(f.relay.Running()) != 1 || busy == 0 {
		t.Errorf("%d questions were refused, and %v is left", busy, f.relay.Running())
	}
}

// TestLeft: what somebody has asked who is gone need not be done, and counts for as long as it lies in the inbox.
func TestLeft(t *testing.T) {
	t.Parallel()
	l := newLoop()
	s := serve(t, t.TempDir(), "node", l, nil)
	nc, err := net.Dial("unix", s.Path())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		fmt.Fprintf(nc, `{"id":%d,"method":"print","params":"%s"}`+"\n", i, strings.Repeat("x", 10_000))
	}
	first, second := l.request(t, "print"), l.request(t, "print")
	if !first.Asker.Begin() {
		t.Error("who has asked first is gone already")
	}
	if got := s.held.Load(); got < 20_000 {
		t.Errorf("%d bytes count of 20 KB that were taken in", got)
	}
	nc.Close()
	for range 2 {
		if in, ok := l.next(t).(step.ControlClosed); !ok {
			t.Fatalf("got %#v, want that an asker is gone", in)
		}
	}
	if got := s.held.Load(); got < 10_000 || got >= 20_000 {
		t.Errorf("%d bytes count while one request lies in the inbox", got)
	}
	if second.Asker.Begin() {
		t.Error("who has asked second is there yet")
	}
	for range 2 {
		if got := s.held.Load(); got != 0 {
			t.Errorf("%d bytes count in the end", got)
		}
		second.Asker.Refuse(CodeFailed, "nobody hears it")
	}
}

// TestTooManyEvals: a few texts of a connection may wait to be run, as each may take long.
func TestTooManyEvals(t *testing.T) {
	t.Parallel()
	l := newLoop()
	c := dial(t, serve(t, t.TempDir(), "node", l, nil).Path())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var first step.ControlRequest
	for range maxEvals {
		go c.Call(ctx, "eval", nil, nil)
		first = l.request(t, "eval")
	}
	further := begin(func() error { return c.Call(t.Context(), "eval", nil, nil) })
	if err := await(t, further); err == nil || !strings.Contains(err.Error(), "wait to be run already") {
		t.Errorf("got %v", err)
	}
	first.Asker.Reply([]byte("{}"))
	done := begin(func() error { return c.Call(t.Context(), "eval", nil, nil) })
	l.request(t, "eval").Asker.Reply([]byte("{}"))
	if err := await(t, done); err != nil {
		t.Error(err)
	}
}

// TestNames: ids come back as they were sent; a method's name that is too long is not kept.
func TestNames(t *testing.T) {
	t.Parallel()
	l := newLoop()
	_, held, other := unread(t, l)
	lines := bufio.NewReader(other)
	for _, id := range []string{"0", "9223372036854775807", `""`, `"` + strings.Repeat("x", maxID) + `"`} {
		fmt.Fprintf(other, `{"id":%s,"method":"%s"}`+"\n", id, strings.Repeat("x", maxMethod))
		l.request(t, strings.Repeat("x", maxMethod)).Asker.Reply([]byte("{}"))
		fmt.Fprintf(other, `{"id":%s,"method":"%s"}`+"\n", id, strings.Repeat("x", maxMethod+1))
		for _, want := range []string{`"result":{}`, `"code":-32601`} {
			if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, `"id":`+id+`,`) && !strings.Contains(line, `"id":`+id+`}`) || !strings.Contains(line, want) {
				t.Errorf("%s: got %q, %v, want %s", id, line, err, want)
			}
		}
	}
	if held.Load() != 0 {
		t.Errorf("%d bytes count", held.Load())
	}
}

// TestRefusals: a connection that reads none of the refusals that it earns does not last long, whatever they are made of.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c, _, _ := unread(t, newLoop())
	id := jsonrpc2.ID{Str: strings.Repeat("x", maxID), IsString: true}
	most := maxPending + maxAnswer/(maxID+messageFor) + 1
	for range most {
		c.Handle(context.Background(), nil, &jsonrpc2.Request{ID: id, Method: "print"})
	}
	if !c.lines.isClosed() {
		t.Errorf("%d refusals wait", most-maxPending)
	}
}
