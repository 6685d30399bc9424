package node

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/script"
)

// bare makes a node without scripts whose clocks stand at 1.5 s.
func bare(t *testing.T, opts Options) *Node {
	t.Helper()
	opts.Modules = func(*Node) []script.Module { return nil }
	n, err := New(opts, System{Now: func() step.Time { return 1 }, Wall: func() int64 { return 1_500_000_000 }, Rand: rand.New(rand.NewPCG(1, 2))})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestDebugLines: what others sent makes one line, without control characters.
func TestDebugLines(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	d := &debugLog{w: bufio.NewWriter(&said), wall: func() int64 { return 0 }}
	d.printf(DebugEvents, 2_000_001_000, "Process event: %s", "e(a\nerror: forged\x1b[2J)")
	d.flush()
	if got, want := said.String(), `2.000001/0.000000 [events] Process event: e(a\nerror: forged\x1b[2J)`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDebugChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		now     string // with commas between
		changes []string
		want    string // or what an error contains
	}{
		{"", []string{"broker"}, "broker"},
		{"", []string{"+events,broker", "cluster"}, "broker,cluster,events"},
		{"broker,events", []string{"-broker"}, "events"},
		{"broker,events", []string{"-broker, +messages", "-events"}, "messages"},
		{"broker", []string{"+broker"}, "broker"},
		{"", []string{"-cluster"}, ""},
		{"", []string{"+cluster", "-cluster"}, ""},
		{"broker", nil, "broker"},
		{"events", []string{"+broker,evnets"}, "evnets is no debug stream (did you mean events?); there are:\n  broker   each event published"},
		{"events", []string{"-"}, `"" is no debug stream; there are:`},
		{"events", []string{"+-broker"}, `"-broker" is no debug stream (did you mean broker?)`},
		{"events", []string{"a\nerror: forged"}, `"a\nerror: forged" is no debug stream; there are:`},
		{"events", []string{strings.Repeat("x", 10_000)}, "xxx… (10000 bytes)\" is no debug stream; there are:"},
	} {
		n := bare(t, Options{Debug: []string{tt.now}[:min(len(tt.now), 1)]})
		now, err := n.SetDebug(tt.changes...)
		got, on := strings.Join(now, ","), strings.Join(n.debug.names(), ",")
		switch {
		case err == nil && (got != tt.want || on != tt.want):
			t.Errorf("%s and %q: got %s, on are %s, want %s", tt.now, tt.changes, got, on, tt.want)
		case err != nil && (!strings.Contains(err.Error(), tt.want) || tt.want == "" || got != tt.now || on != tt.now):
			t.Errorf("%s and %.50q: got %.500q and %s, want %s and no change", tt.now, tt.changes, err, got, tt.want)
		}
	}
}

// TestDebugLog: it begins with the first stream, ends with the last, and goes on where it was.
func TestDebugLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := bare(t, Options{Name: "n", StateDir: dir})
	file := filepath.Join(dir, "n", "debug.log")
	set := func(want string, changes ...string) {
		t.Helper()
		now, err := n.SetDebug(changes...)
		if err != nil || strings.Join(now, ",") != want {
			t.Fatalf("%q: got %q, %v, want %s", changes, now, err, want)
		}
	}
	n.Debugf(DebugCluster, "nobody sees %s", "this")
	set("", "-cluster")
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a log although no stream was ever on")
	}
	set("cluster", "+cluster")
	n.Debugf(DebugCluster, "%s is up", "worker-1\n")
	n.Debugf(DebugEvents, "off")
	n.Turn(1)
	const first = `1.500000/1.500000 [cluster] worker-1\n is up` + "\n"
	if got := read(t, file); got != first {
		t.Errorf("after a turn: got %q, want %q", got, first)
	}
	set("cluster,events", "+events")
	set("", "-events,-cluster")
	if n.debug.file != nil || n.debug.stop != nil {
		t.Error("the log is open although nothing is on")
	}
	set("events", "+events")
	n.Debugf(DebugEvents, "again")
	if err := n.debug.close(); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, file), first+"1.500000/1.500000 [events] again\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDebugCluster: the cluster's lines are a stream of their own.
func TestDebugCluster(t *testing.T) {
	t.Parallel()
	layout, err := cluster.NewLayout([]cluster.Node{{Name: "manager", Role: cluster.Manager, Host: "127.0.0.1", Port: 1}, {Name: "worker-1", Role: cluster.Worker}})
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	n := bare(t, Options{Name: "manager", Layout: layout, Stderr: &said})
	if err := n.Cluster.Open(backend{n}); err != nil {
		t.Fatal(err)
	}
	up := cluster.Member{Name: "worker-1", ID: broker.EndpointID{1}, Epoch: 7}
	n.Cluster.PeerUp(up)
	n.Cluster.PeerDown(up)
	if _, err := n.SetDebug("+cluster"); err != nil {
		t.Fatal(err)
	}
	n.Cluster.PeerUp(up)
	n.Turn(1)
	want := "1.500000/1.500000 [cluster] got hello from worker-1 (" + up.ID.String() + "), epoch 7\n"
	if got := said.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNoDebugLog: a log that can't be opened leaves things as they were, and is said where the stream was asked for.
func TestNoDebugLog(t *testing.T) {
	t.Parallel()
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n := bare(t, Options{StateDir: taken})
	if now, err := n.SetDebug("+broker"); err == nil || !strings.HasPrefix(err.Error(), "debug log: ") || len(now) > 0 || n.Debugging(DebugBroker) {
		t.Errorf("got %q, %v", now, err)
	}
	for want, o := range map[string]Options{
		"--debug: debug log: ":                {StateDir: taken, Debug: []string{"broker"}},
		"--debug: borker is no debug stream ": {Debug: []string{"events,borker"}},
	} {
		o.Modules = func(*Node) []script.Module { return nil }
		_, err := New(o, System{Now: func() step.Time { return 1 }, Wall: func() int64 { return 1 }, Rand: rand.New(rand.NewPCG(1, 2))})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestFullDebugLog: lines that could not be written are told at the end.
func TestFullDebugLog(t *testing.T) {
	t.Parallel()
	n := bare(t, Options{Stderr: full{}, Debug: []string{"events"}})
	n.Debugf(DebugEvents, "lost")
	if now, err := n.SetDebug("-events"); err == nil || len(now) > 0 {
		t.Errorf("got %q, %v", now, err)
	}
}

// TestQuietCosts: nothing is allocated for streams that are off, also after they have been on.
func TestQuietCosts(t *testing.T) {
	n := bare(t, Options{})
	l := n.Hub.Join("other", taker{})
	l.Subscribe("t", endpoint.SubscribeOptions{})
	payload := wire.AppendCount(wire.AppendEventHeader(nil, "EX::e", 1), 1000)
	run := func() {
		if _, err := n.Scripts.Publish("t", payload); err != nil {
			t.Fatal(err)
		}
		if n.Scripts.Wanted("other") && n.Debugging(DebugCluster) {
			n.Debugf(DebugCluster, "%d bytes", len(payload))
		}
	}
	run()
	before := testing.AllocsPerRun(100, run)
	for _, c := range []string{"+broker,+messages,+events,+cluster", "-broker,-messages,-events,-cluster"} {
		if _, err := n.SetDebug(c); err != nil {
			t.Fatal(err)
		}
		run()
	}
	if after := testing.AllocsPerRun(100, run); before > 0 || after > 0 {
		t.Errorf("%v allocations before, %v after", before, after)
	}
}

type taker struct{}

func (taker) Offer(*endpoint.Envelope) bool { return true }

func TestEventText(t *testing.T) {
	t.Parallel()
	event := func(name string, args ...broker.Data) []byte {
		b := wire.AppendEventHeader(nil, name, len(args))
		for _, a := range args {
			b = wire.AppendData(b, a)
		}
		return b
	}
	client := broker.AddressFrom4([4]byte{10, 0, 0, 1})
	long := strings.Repeat("x", 1000)
	for want, payload := range map[string][]byte{
		"EX::add_client(10.0.0.1)": event("EX::add_client", client),
		"none()":                   event("none"),
		"e(3, -1, T, a b, nil, 80/tcp, (1, 10.0.0.1), {2})": event("e", broker.Count(3), broker.Integer(-1), broker.Boolean(true), broker.String("a b"),
			broker.None{}, broker.Port{Number: 80, Proto: broker.TCP}, broker.Vector{broker.Count(1), client}, broker.Set{broker.Count(2)}),
		"e(" + long[:100] + "… (1000 bytes))": event("e", broker.String(long)),
		"e(string of 20004 bytes, 1)":         event("e", broker.String(strings.Repeat(long, 20)), broker.Count(1)),
		long[:100] + "… (1000 bytes)()":       event(long),
		"e(vector of 9003 bytes)":             event("e", broker.Vector(slices.Repeat([]broker.Data{broker.Count(1)}, 1000))),
		"e(1, ?)":                             event("e", broker.Count(1), broker.Count(2))[:len(event("e", broker.Count(1), broker.Count(2)))-1],
		"?":                                   []byte("no event"),
		"cut(?)":                              event("cut", broker.String("abc"))[:len(event("cut", broker.String("abc")))-1],
	} {
		if got := eventText(payload); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	many := event("e", slices.Repeat([]broker.Data{broker.String(long)}, 10_000)...)
	if got := eventText(many); len(got) > 5000 || !strings.HasSuffix(got, " more)") {
		t.Errorf("%d bytes of many arguments", len(got))
	}
}
