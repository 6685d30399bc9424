package cluster

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

func text(s string) []byte { return wire.AppendString(nil, s) }

// change sets an option of a node, which has room for it.
func (n *fakeNode) change(id, value string) uint64 {
	n.net.t.Helper()
	if err := n.Config.Room(id, text(value), "test"); err != nil {
		n.net.t.Errorf("%s: %v", n.me.Name, err)
	}
	number, err := n.Config.Set(id, text(value), "test")
	if err != nil {
		n.net.t.Errorf("%s: %v", n.me.Name, err)
	}
	return number
}

func (n *fakeNode) value(id string) string {
	ch, ok := n.Config.Value(id)
	if !ok {
		return ""
	}
	return string(ch.Value[2:])
}

// agree checks that all nodes have one value.
func (w *network) agree(id, want string) {
	w.t.Helper()
	for _, n := range w.nodes {
		if got := n.value(id); got != want {
			w.t.Errorf("%s: %s is %q, want %q", n.me.Name, id, got, want)
		}
		if got := n.Config.Waiting(); got != 0 {
			w.t.Errorf("%s waits for %d changes", n.me.Name, got)
		}
	}
}

// replace starts a node again, and links it with whom it was linked with.
func (w *network) replace(old *fakeNode, epoch uint64) *fakeNode {
	w.t.Helper()
	others := []*fakeNode{}
	for _, o := range w.nodes { // in their order
		if old.linked[o] {
			others = append(others, o)
		}
	}
	for _, o := range others {
		w.cut(old, o)
	}
	n := w.start(old.Layout(), old.me.Name, epoch)
	w.nodes[slices.Index(w.nodes, old)] = n
	for _, o := range others {
		if err := w.link(o, n); err != nil {
			w.t.Fatal(err)
		}
	}
	w.deliver()
	return n
}

// TestConfigOnce: every node is told once of each change, and who has made it which one it was.
func TestConfigOnce(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	w.node("worker-1").change("a", "1")
	w.node("manager").change("a", "2")
	w.deliver()
	w.agree("a", "1")
	for _, n := range w.nodes {
		want := []string{"a=2 new=true settles=0", "a=1 new=true settles=0"}
		switch n.me.Name {
		case "manager":
			want[0] = "a=2 new=true settles=1"
		case "worker-1":
			want[1] = "a=1 new=true settles=1"
		}
		if !slices.Equal(n.set, want) {
			t.Errorf("%s was told %q, want %q", n.me.Name, n.set, want)
		}
	}
}

// TestConfigRepeated: what is set already is not set again, and who has asked is told.
func TestConfigRepeated(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	for _, n := range w.nodes {
		n.change("a", "1")
	}
	w.deliver()
	w.agree("a", "1")
	for _, n := range w.nodes {
		fresh, settled := 0, 0
		for _, s := range n.set {
			fresh += strings.Count(s, "new=true")
			settled += strings.Count(s, "settles=1")
		}
		if fresh != 1 || settled != 1 {
			t.Errorf("%s was told %q", n.me.Name, n.set)
		}
	}
	if ch, _ := w.node("logger").Config.Value("a"); ch.Version.Seq != 1 {
		t.Errorf("it was numbered %d times", ch.Version.Seq)
	}
}

// TestConfigLostManager: the manager dies when some have heard of a change and the one who has made it has not. Nobody
// forgets it, and it is made once.
func TestConfigLostManager(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	worker, manager := w.node("worker-1"), w.node("manager")
	w.loses = func(n *fakeNode, topic string) bool { return n == manager && topic == WorkerTopic }
	worker.change("a", "1")
	w.deliver()
	if got := w.node("proxy-1").value("a") + worker.value("a"); got != "1" || worker.Config.Waiting() != 1 {
		t.Fatalf("got %q", got)
	}
	w.loses = nil
	w.replace(manager, 2)
	w.agree("a", "1")
	if got := w.node("worker-2").set; !slices.Equal(got, []string{"a=1 new=true settles=0"}) {
		t.Errorf("worker-2 was told %q", got)
	}
	if got := w.node("proxy-1").set; !slices.Equal(got, []string{"a=1 new=true settles=0"}) {
		t.Errorf("proxy-1 was told %q", got)
	}
}

// TestConfigGap: who finds that changes did not arrive asks for all, once.
func TestConfigGap(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	manager, proxy := w.node("manager"), w.node("proxy-1")
	w.loses = func(n *fakeNode, topic string) bool { return n == manager && topic == ProxyTopic }
	manager.change("a", "1")
	manager.change("b", "1")
	w.deliver()
	asked := 0
	w.loses = func(n *fakeNode, topic string) bool {
		if n == proxy {
			asked++
		}
		return false
	}
	manager.change("c", "1")
	manager.change("d", "1")
	w.deliver()
	for _, id := range []string{"a", "b", "c", "d"} {
		w.agree(id, "1")
	}
	manager.change("e", "1")
	w.deliver()
	if asked != 1 || len(proxy.set) != 5 {
		t.Errorf("asked %d times, was told %q", asked, proxy.set)
	}
	sent := 0
	w.loses = func(n *fakeNode, topic string) bool {
		if n == manager {
			sent++
		}
		return false
	}
	for range 10 { // without a gap
		proxy.publish(NodeTopic("manager"), eventSendOptions)
	}
	w.deliver()
	if sent != 5 {
		t.Errorf("%d values were sent to who asked ten times, want 5 once", sent)
	}
}

// TestConfigEarlier: a manager whose epoch is lower than its former self's is obeyed all the same, and what was set in its
// run counts more than what nodes remember.
func TestConfigEarlier(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	w.replace(w.node("manager"), 9)
	w.node("manager").change("a", "1")
	w.node("manager").change("b", "1")
	w.deliver()
	old := w.node("manager")
	for o := range old.linked {
		w.cut(old, o)
	}
	m := w.start(old.Layout(), "manager", 5)
	w.nodes[slices.Index(w.nodes, old)] = m
	m.change("a", "2")
	for _, o := range w.nodes {
		if o != m && w.link(o, m) != nil {
			t.Fatal(o.me.Name)
		}
	}
	w.deliver()
	w.agree("a", "2")
	w.agree("b", "1")
	w.node("worker-1").change("b", "3")
	w.deliver()
	w.agree("b", "3")
}

// TestVersion has pairs of versions, the first before the second for Less, and what a manager's second does to the first.
func TestVersion(t *testing.T) {
	const term = 2 // the manager's
	for _, tc := range []struct {
		name            string
		v, w            Version
		less, replacing bool
	}{
		{"a later number", Version{Term: 2, Seq: 1}, Version{Term: 2, Seq: 2}, true, true},
		{"an earlier number", Version{Term: 2, Seq: 2}, Version{Term: 2, Seq: 1}, false, false},
		{"the same", Version{Term: 2, Seq: 1}, Version{Term: 2, Seq: 1}, false, false},
		{"a later manager begins again at 1", Version{Term: 1, Seq: 9}, Version{Term: 2, Seq: 1}, true, true},
		{"an earlier manager's", Version{Term: 2, Seq: 1}, Version{Term: 1, Seq: 9}, false, false},
		{"one that has lost its epoch", Version{Term: 3, Seq: 9}, Version{Term: 2, Seq: 1}, false, true},
		{"set before it met the cluster", Version{Early: true, Term: 3, Seq: 9}, Version{Term: 1, Seq: 1}, true, true},
		{"set before it met the cluster, now", Version{Term: 1, Seq: 1}, Version{Early: true, Term: 2, Seq: 9}, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.v.Less(tc.w); got != tc.less {
				t.Errorf("Less is %v", got)
			}
			if got := tc.v.replacedBy(tc.w, term); got != tc.replacing {
				t.Errorf("replacedBy is %v", got)
			}
		})
	}
}

// TestConfigBounds: what does not fit is refused where it is made, and the manager does not take more either.
func TestConfigBounds(t *testing.T) {
	w := newNetwork(t, small())
	worker, manager := w.node("worker-1"), w.node("manager")
	for i := range maxWaiting {
		worker.change(fmt.Sprintf("o%d", i), "1") // nobody is there yet
	}
	if err := worker.Config.Room("x", text("1"), ""); err == nil || err.Error() != "4096 changes wait for the manager already" {
		t.Errorf("got %v", err)
	}
	w.meet()
	w.agree("o4095", "1")
	for i := range maxOptions - maxWaiting {
		manager.change(fmt.Sprintf("p%d", i), "1")
	}
	w.deliver()
	if err := worker.Config.Room("x", text("1"), ""); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("one too many: %v", err)
	}
	if err := worker.Config.Room("o1", text("1"), ""); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	if err := worker.Config.Room("o1", make([]byte, maxOptionValue), ""); err == nil || !strings.Contains(err.Error(), "at most 1048576") {
		t.Errorf("too large: %v", err)
	}
	large := setting{id: "o1", value: text(strings.Repeat("x", maxOptionValue)), origin: worker.me.ID.String(), asked: 1}
	if _, err := parseSetting(large.appendEvent(nil)); err == nil {
		t.Error("too large, from another node: taken")
	}
	manager.Config.take(&setting{id: "x", value: text("1"), origin: worker.me.ID.String(), asked: 1}, "worker-1")
	w.deliver()
	w.agree("x", "")
}

// TestConfigFull: what can't be sent was not promised, and what is answered later says so of what came before.
func TestConfigFull(t *testing.T) {
	t.Parallel()
	w := newNetwork(t, small())
	w.meet()
	worker, manager := w.node("worker-1"), w.node("manager")
	worker.full = true
	if _, err := worker.Config.Set("a", text("1"), "test"); err != errFull || worker.Config.Waiting() != 0 {
		t.Errorf("got %v, and %d wait", err, worker.Config.Waiting())
	}
	worker.full = false
	w.loses = func(n *fakeNode, topic string) bool { return n == manager && topic == WorkerTopic }
	first := worker.change("a", "1")
	w.deliver()
	w.loses = nil
	second := worker.change("b", "1")
	w.deliver()
	w.agree("a", "1")
	w.agree("b", "1")
	want := []string{fmt.Sprintf("a= new=false settles=%d", first), fmt.Sprintf("b=1 new=true settles=%d", second), "a=1 new=true settles=0"}
	if !slices.Equal(worker.set, want) {
		t.Errorf("got %q, want %q", worker.set, want)
	}
}

func TestConfigAway(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	worker := w.node("worker-1")
	w.cut(worker, w.node("manager"))
	if err := worker.Config.Room("a", text("1"), ""); err == nil || err.Error() != "the manager is away" {
		t.Errorf("got %v", err)
	}
}

// FuzzSetting: what was read reads the same when it is written again.
func FuzzSetting(f *testing.F) {
	f.Add((&setting{id: "EX::limit", value: text("x"), location: "here", origin: broker.EndpointID{1}.String(), asked: 3}).appendEvent(nil))
	f.Add((&setting{id: "EX::limit", value: wire.AppendNone(nil), version: Version{Early: true, Term: 5, Seq: 7}}).appendEvent(nil))
	f.Add(wire.AppendEventHeader(nil, eventSetOption, 0))
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := parseSetting(payload)
		if err != nil {
			return
		}
		again, err := parseSetting(s.appendEvent(nil))
		if err != nil || !bytes.Equal(again.value, s.value) || again.id != s.id || again.location != s.location || again.version != s.version ||
			again.origin != s.origin || again.asked != s.asked {
			t.Errorf("%+v, then %+v, %v", s, again, err)
		}
	})
}
