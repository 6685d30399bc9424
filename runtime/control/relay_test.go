package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/step"
)

// family is a supervisor with its relay.
type family struct {
	loop   *loop
	relay  *Relay
	server *Server
}

func newFamily(t *testing.T, names ...string) *family {
	t.Helper()
	f := &family{loop: newLoop()}
	f.relay = NewRelay(RelayOptions{Inbox: f.loop, Port: 9})
	var known []Known
	for _, n := range names {
		known = append(known, Known{Name: n})
	}
	f.relay.SetNodes(known)
	f.server = serve(t, t.TempDir(), "supervisor", f.loop, f.relay)
	t.Cleanup(f.relay.Close)
	return f
}

// child attaches a node, whose requests go to the loop returned.
func (f *family) child(t *testing.T, name string, change func(*ChildOptions)) (*Parent, *loop) {
	t.Helper()
	l := newLoop()
	opts := ChildOptions{Path: f.server.Path(), Self: Registration{Name: name, PID: 1, ID: "id-" + name}, Inbox: l, Port: 3,
		Exit: func(int) { t.Error(name + " was ended by force") }}
	if change != nil {
		change(&opts)
	}
	p, err := Attach(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if in, ok := f.loop.next(t).(Child); !ok || in.Name != name || in.Gone || in.ID != "id-"+name {
		t.Fatalf("got %#v, want that %s is here", in, name)
	}
	return p, l
}

func TestRelay(t *testing.T) {
	t.Parallel()
	f := newFamily(t, "worker-10", "worker-2", "stopped", "logger", "manager")
	_, worker := f.child(t, "worker-2", nil)
	_, manager := f.child(t, "manager", nil)
	_, frozen := f.child(t, "worker-10", nil)
	c := dial(t, f.server.Path())
	var got []string
	ask := func(timeout time.Duration, nodes ...string) <-chan error {
		got = nil
		return begin(func() error {
			return c.Relay(t.Context(), nodes, "print", map[string]string{"id": "x"}, timeout.Seconds(), func(a Answer) {
				text := a.Node + " " + string(a.Result)
				if a.Error != nil {
					text += a.Error.Message
				}
				got = append(got, text)
			})
		})
	}
	done := ask(300 * time.Millisecond)
	// The later ones answer first, one not at all; output is in order.
	worker.request(t, "print").Asker.Reply([]byte("2"))
	manager.request(t, "print").Asker.Refuse(CodeFailed, "no")
	stuck := frozen.request(t, "print")
	if err := await(t, done); err != nil {
		t.Fatal(err)
	}
	if want := []string{"manager no", "worker-2 2", "worker-10 time-out"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	stuck.Asker.Reply([]byte(`"late"`)) // belongs to nobody
	done = ask(patience, "worker-10", "stopped")
	frozen.request(t, "print").Asker.Reply([]byte("10"))
	if err := await(t, done); err != nil || !slices.Equal(got, []string{"worker-10 10"}) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, tt := range []struct{ node, want string }{
		{"nobody", `no node is called "nobody" (there are: logger, manager, worker-2, worker-10, stopped)`},
		{"logger", "none of the nodes is running"},
	} {
		if err := await(t, ask(patience, tt.node)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.node, err, tt.want)
		}
	}
}

// TestFrozenChild: questions to a child that answers none are bounded, and do not end it.
func TestFrozenChild(t *testing.T) {
	t.Parallel()
	f := newFamily(t, "worker-1")
	_, worker := f.child(t, "worker-1", nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var last Answer
	for range maxPending + 1 {
		if err := f.relay.Call(over, nil, "status", nil, func(a Answer) { last = a }); err != nil {
			t.Fatal(err)
		}
	}
	if last.Error == nil || !strings.Contains(last.Error.Message, "questions wait for their answers already") {
		t.Errorf("got %+v, want that too much was asked", last.Error)
	}
	for range maxPending {
		worker.request(t, "status").Asker.Reply([]byte("{}"))
	}
	done := begin(func() error {
		for { // as soon as its answers have come it can be asked again
			err := f.relay.Call(t.Context(), nil, "status", nil, func(a Answer) { last = a })
			if err != nil || last.Error == nil {
				return err
			}
		}
	})
	worker.request(t, "status").Asker.Reply([]byte("{}"))
	if err := await(t, done); err != nil {
		t.Error(err)
	}
}

func TestAskFromLoop(t *testing.T) {
	t.Parallel()
	f := newFamily(t, "a", "b")
	_, a := f.child(t, "a", nil)
	f.relay.Ask(42, patience, nil, "drained", nil)
	a.request(t, "drained").Asker.Reply([]byte("true"))
	in, ok := f.loop.next(t).(Answers)
	if !ok || in.Token != 42 || in.Err != nil || len(in.Nodes) != 1 || string(in.Nodes[0].Result) != "true" {
		t.Errorf("got %#v", in)
	}
	f.relay.Ask(43, patience, []string{"c"}, "drained", nil)
	if in, ok := f.loop.next(t).(Answers); !ok || in.Err == nil || in.Err.Code != CodeNoNode {
		t.Errorf("got %#v", in)
	}
	f.relay.Close()
	f.relay.Ask(44, patience, nil, "drained", nil)
	if in, ok := f.loop.next(t).(Answers); !ok || in.Err == nil {
		t.Errorf("got %#v", in)
	}
}

func TestTell(t *testing.T) {
	t.Parallel()
	f := newFamily(t, "a", "b")
	_, a := f.child(t, "a", nil)
	_, b := f.child(t, "b", nil)
	f.relay.Tell([]string{"b"}, "exited", map[string]string{"name": "c"})
	f.relay.Tell(nil, "started", nil)
	if r := b.request(t, "exited"); string(r.Params) != `{"name":"c"}` {
		t.Errorf("got %s", r.Params)
	}
	a.request(t, "started")
	b.request(t, "started")
}

// TestLargeAnswers: what a child may answer reaches the asker, also from several.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	most := maxAnswer
	if testing.Short() {
		most = 2 << 20 // JSON of 16 MB takes long with the race detector
	}
	f := newFamily(t, "a", "b")
	_, a := f.child(t, "a", nil)
	_, b := f.child(t, "b", nil)
	c := dial(t, f.server.Path())
	sizes := map[string]int{}
	var errs []string
	done := begin(func() error {
		return c.Relay(t.Context(), nil, "print", nil, patience.Seconds(), func(a Answer) {
			sizes[a.Node] = len(a.Result)
			if a.Error != nil {
				errs = append(errs, a.Error.Message)
			}
		})
	})
	large := func(n int) []byte { return []byte(`"` + strings.Repeat("x", n-2) + `"`) }
	a.request(t, "print").Asker.Reply(large(2 << 20))
	b.request(t, "print").Asker.Reply(large(most))
	if err := await(t, done); err != nil {
		t.Fatal(err)
	}
	if sizes["a"] != 2<<20 {
		t.Errorf("got %d bytes of a", sizes["a"])
	}
	// The largest answer has no room for the node's name.
	if most == maxAnswer && (sizes["b"] != 0 || !slices.Equal(errs, []string{errTooLarge.Error()})) {
		t.Errorf("got %d bytes of b, and %v", sizes["b"], errs)
	}
}

// TestRelayTrace: a question of which nobody would hear that its asker is gone is not passed on.
func TestRelayTrace(t *testing.T) {
	t.Parallel()
	f := newFamily(t, "a")
	_, a := f.child(t, "a", nil)
	c := dial(t, f.server.Path())
	none := func(a Answer) { t.Errorf("got %+v", a) }
	if err := c.Relay(t.Context(), nil, "trace", nil, 1, none); err == nil || !strings.Contains(err.Error(), "asked themselves") {
		t.Errorf("got %v", err)
	}
	if err := c.Relay(t.Context(), nil, strings.Repeat("x", maxMethod+1), nil, 1, none); err == nil || !strings.Contains(err.Error(), "so long a name") {
		t.Errorf("a long name: got %v", err)
	}
	f.relay.Tell(nil, "next", nil)
	a.request(t, "next")
}

// TestPresent: a supervisor says that it runs whatever its loop does, and with no child.
func TestPresent(t *testing.T) {
	t.Parallel()
	if err := dial(t, newFamily(t, "a").server.Path()).Present(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	f := newFamily(t, "a")
	_, err := Attach(t.Context(), ChildOptions{Path: f.server.Path(), Self: Registration{Name: "z"}, Inbox: newLoop()})
	if err == nil || !strings.Contains(err.Error(), `no node called "z" (there are: a)`) {
		t.Errorf("a stranger: got %v", err)
	}
	if _, err := Attach(t.Context(), ChildOptions{Path: f.server.Path() + "x", Inbox: newLoop()}); err == nil || !strings.Contains(err.Error(), ParentVariable) {
		t.Errorf("nobody there: got %v", err)
	}
	// A newer process replaces an older one of its name, whose connection is ended.
	_, old := f.child(t, "a", nil)
	l := newLoop()
	p, err := Attach(t.Context(), ChildOptions{Path: f.server.Path(), Self: Registration{"a", 2, "new"}, Inbox: l, Port: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Child{{9, Registration{"a", 1, "id-a"}, true}, {9, Registration{"a", 2, "new"}, false}} {
		if got := f.loop.next(t); got != step.Input(want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if lost, ok := old.next(t).(step.ParentLost); ok {
		lost.Heard()
	} else {
		t.Error("the older one was not told")
	}
	f.relay.Tell(nil, "hello", nil)
	l.request(t, "hello")
	if got := f.relay.Running(); len(got) != 1 || got[0].PID != 2 {
		t.Errorf("got %+v", got)
	}
	p.Close()
	if in, ok := f.loop.next(t).(Child); !ok || !in.Gone || in.PID != 2 {
		t.Errorf("got %#v, want that it is gone", in)
	}
}

// TestParentLost: a child whose parent dies tells its loop, and ends the process if the loop does not react, or does not
// come to its end.
func TestParentLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		heard bool
	}{{"stuck loop", false}, {"end without end", true}} {
		f := newFamily(t, "a")
		exits := make(chan int, 1)
		_, l := f.child(t, "a", func(o *ChildOptions) {
			o.Exit = func(code int) { exits <- code }
			o.React, o.Finish = time.Millisecond, time.Millisecond
			if tt.heard {
				o.React = time.Hour
			}
		})
		f.server.Close()
		lost, ok := l.next(t).(step.ParentLost)
		if !ok || lost.At != 3 {
			t.Fatalf("%s: got %#v", tt.name, lost)
		}
		if tt.heard {
			lost.Heard()
		}
		if code := await(t, exits); code != 1 {
			t.Errorf("%s: got exit code %d", tt.name, code)
		}
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	nodes := []Known{{"worker-10", ""}, {"worker-9", ""}, {"zeta", "PROXY"}, {"proxy-2", ""}, {"b", ""}, {"manager", ""}, {"logger-2", ""}, {"logger", ""}, {"a07", ""}, {"a7", ""}}
	Sort(nodes, func(k Known) Known { return k })
	var got []string
	for _, n := range nodes {
		got = append(got, n.Name)
	}
	if want := "[logger logger-2 manager proxy-2 zeta worker-9 worker-10 a07 a7 b]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
