package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/step"
	"moonpeer/runtime/script"
)

// asked is what a node has answered.
type asked struct {
	answers []string
	gone    bool
}

func (a *asked) Begin() bool       { return !a.gone }
func (a *asked) Part([]byte) bool  { return true }
func (a *asked) Behind() bool      { return false }
func (a *asked) Reply(body []byte) { a.answers = append(a.answers, string(body)) }
func (a *asked) Refuse(code int, why string) {
	a.answers = append(a.answers, fmt.Sprint(code, " ", why))
}

// quiet is a node without scripts.
func quiet(t *testing.T, said *bytes.Buffer) *Node {
	t.Helper()
	now := step.Time(1)
	n, err := New(Options{Name: "n", Version: "v1", Stderr: said, Modules: func(*Node) []script.Module { return nil }}, System{
		Now: func() step.Time { now += 1e6; return now }, Wall: func() int64 { return 1_700_000_000e9 + int64(now) },
		Rand: rand.New(rand.NewPCG(1, 2))})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *Node) ask(method, params string) *asked {
	a := &asked{}
	n.Inbox().Put(step.ControlRequest{At: n.ControlPort(), Method: method, Params: []byte(params), Asker: a})
	n.Turn(n.transport())
	return a
}

func TestInspection(t *testing.T) {
	t.Parallel()
	n := quiet(t, &bytes.Buffer{})
	n.Start()
	n.Turn(1)
	read := func(method string, into any) {
		t.Helper()
		a := n.ask(method, "")
		if len(a.answers) != 1 {
			t.Fatalf("%s: got %q", method, a.answers)
		}
		if err := json.Unmarshal([]byte(a.answers[0]), into); err != nil {
			t.Fatalf("%s: %s: %v", method, a.answers[0], err)
		}
	}
	var s Status
	read("status", &s)
	if s.Name != "n" || s.PID != os.Getpid() || s.ID != n.Hub.ID().String() || s.Version != "v1" || s.Input.State != "none" || s.Memory.Heap == 0 || s.Uptime <= 0 || s.Started < 1.7e9 || s.Role != "NONE" || s.Connected {
		t.Errorf("got %+v", s)
	}
	peers := []PeerInfo{{}}
	read("peers", &peers)
	if len(peers) != 0 {
		t.Errorf("got %+v", peers)
	}
	var st Stats
	read("stats", &st)
	if st.Peers == nil || st.Messages == nil || st.Routines == 0 {
		t.Errorf("got %+v", st)
	}
	var d Drained
	read("drained", &d)
	if !d.InputDone || !d.Idle || d.Peers == nil {
		t.Errorf("got %+v", d)
	}
	n.Domain.Defer(func() { n.Domain.Defer(func() {}) })
	a := &asked{} // answered by the turn before the queue is run
	n.Inbox().Put(step.ControlRequest{At: n.ControlPort(), Method: "drained", Asker: a})
	n.Turn(2)
	if len(a.answers) != 1 || !strings.Contains(a.answers[0], `"idle":false`) {
		t.Errorf("got %q, want that something is queued", a.answers)
	}
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	n := quiet(t, &bytes.Buffer{})
	for _, tt := range []struct{ method, params, want string }{
		{"stats2", "", `-32601 a node answers no "stats2" (did you mean stats?)`},
		{"print", `{"id":"x"}`, "1 the node runs no scripts"},
		{"eval", `{"code":"x"}`, "1 the node runs no scripts"},
		{"config.list", "", "1 the node runs no scripts"},
		{"stop", `{"code":"x"}`, "-32602 stop: params: "},
		{"stop", `{"code":200}`, "-32602 stop: code 200: want 0 to 125"},
	} {
		if got := n.ask(tt.method, tt.params).answers; len(got) != 1 || !strings.HasPrefix(got[0], tt.want) {
			t.Errorf("%s: got %q, want %q", tt.method, got, tt.want)
		}
	}
	if n.stopping {
		t.Fatal("a refused question has stopped the node")
	}
	if got := n.ask("stop", `{"code":3}`).answers; !slices.Equal(got, []string{"{}"}) || !n.Finished() || n.stopCode != 3 {
		t.Errorf("got %q, %v, code %d", got, n.Finished(), n.stopCode)
	}
	if len(n.controls.questions) != 0 {
		t.Errorf("%d questions are kept", len(n.controls.questions))
	}
}

// TestLateAnswers: a question may be answered turns later, or not at all when its asker goes.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	n := quiet(t, &bytes.Buffer{})
	var held []*Question
	gone := 0
	n.Answer("wait", func(q *Question) {
		held = append(held, q)
		q.OnGone(func() { gone++ })
	})
	a, b := n.ask("wait", ""), n.ask("wait", "")
	n.Inbox().Put(step.ControlClosed{At: n.ControlPort(), Asker: b})
	n.Inbox().Put(step.ControlClosed{At: n.ControlPort(), Asker: &asked{}}) // of nobody
	for range 3 {
		n.Turn(n.transport())
	}
	for _, q := range held {
		q.Reply(1)
		q.Reply(2)
		q.Fail(fmt.Errorf("no"))
	}
	if !slices.Equal(a.answers, []string{"1"}) || len(b.answers) != 0 || gone != 2 || !held[1].Over() {
		t.Errorf("got %q and %q, %d over", a.answers, b.answers, gone)
	}
	q := n.ask("wait", "")
	held[2].Reply(func() {}) // nothing that JSON can say
	if len(q.answers) != 1 || !strings.HasPrefix(q.answers[0], "-32603 ") {
		t.Errorf("got %q", q.answers)
	}
}

func TestParentIsLost(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	n := quiet(t, &said)
	heard := false
	n.Inbox().Put(step.ParentLost{At: n.ControlPort(), Heard: func() { heard = true }})
	n.Turn(2)
	if !heard || !n.Finished() || n.stopCode != 1 || !strings.Contains(said.String(), "supervisor is gone") {
		t.Errorf("heard %v, finished %v, code %d, said %q", heard, n.Finished(), n.stopCode, said.String())
	}
}

// TestBusyNode: a node whose scripts are behind answers all the same.
func TestBusyNode(t *testing.T) {
	t.Parallel()
	n := quiet(t, &bytes.Buffer{})
	n.Busy = func() bool { return true }
	if got := n.ask("status", "").answers; len(got) != 1 {
		t.Errorf("got %d answers", len(got))
	}
}

// TestParamsStrictly: a field that nobody knows is an error, and what one question did not say is not taken from another.
func TestParamsStrictly(t *testing.T) {
	t.Parallel()
	n := quiet(t, &bytes.Buffer{})
	for _, x := range []struct{ method, params, want string }{
		{"print", `{"id": "x", "jsn": true}`, "-32602 "},
		{"exited", `{"name": "x", "id": "00000000-0000-0000-0000-000000000001"}`, "{}"},
		{"exited", `{"name": "y"}`, "1 "},
	} {
		if got := n.ask(x.method, x.params).answers; len(got) != 1 || !strings.HasPrefix(got[0], x.want) {
			t.Errorf("%s %s: got %q, want %s…", x.method, x.params, got, x.want)
		}
	}
}

// TestAskerGone: what was asked by somebody who left before its turn came is not worked off.
func TestAskerGone(t *testing.T) {
	t.Parallel()
	n := quiet(t, &bytes.Buffer{})
	ran := 0
	n.ControlPort()
	n.Answer("eval", func(q *Question) { ran++; q.Reply(true) })
	n.Start()
	n.Turn(1)
	for _, gone := range []bool{true, false} {
		n.Inbox().Put(step.ControlRequest{At: n.ControlPort(), Method: "eval", Asker: &asked{gone: gone}})
		n.Turn(n.transport())
	}
	if ran != 1 || len(n.controls.questions) != 0 {
		t.Errorf("%d were worked off, want 1; %d are kept", ran, len(n.controls.questions))
	}
}
