// Package reload tests that scripts are loaded anew while their node runs.
package reload

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/runtime/node"
)

// world is some nodes and the wires between them, on a clock that the test moves.
type world struct {
	t     testing.TB
	now   step.Time
	net   *mempeer.Net
	nodes []*run
	// each is called before each round of turns; nil: nothing is to do. It returns whether it has done something.
	each    func() bool
	updates map[string]int // routing updates by the name of their sender
}

// run is one node with one file.
type run struct {
	*node.Node
	*world
	name, file string
	out, errs  bytes.Buffer
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: 1, updates: map[string]int{}}
	w.net = mempeer.New(mempeer.Options{Trace: func(a mempeer.Arrival) {
		h, _, err := wire.ParseFrame(a.Frame[wire.LengthSize:])
		if a.Lane == step.LaneControl && err == nil && h.Type == wire.TypeRoutingUpdate {
			w.updates[a.From]++
		}
	}})
	return w
}

// start makes a world of one node.
func start(t testing.TB, src string, change ...func(*node.Options)) *run {
	t.Helper()
	return newWorld(t).add("a", src, change...)
}

// add starts a node.
func (w *world) add(name, src string, change ...func(*node.Options)) *run {
	w.t.Helper()
	r := &run{world: w, name: name, file: filepath.Join(w.t.TempDir(), "p.lua")}
	r.write(src)
	opts := node.Options{Name: name, Scripts: []string{r.file}, Stdout: &r.out, Stderr: &r.errs, Modules: bindings.Modules}
	for _, c := range change {
		c(&opts)
	}
	n, err := node.New(opts, r.system())
	if err != nil {
		w.t.Fatal(err)
	}
	r.Node = n
	w.nodes = append(w.nodes, r)
	n.Start()
	w.turn()
	return r
}

func (r *run) system() node.System {
	return node.System{
		Now: func() step.Time { return r.now }, Wall: func() int64 { return 1_700_000_000e9 + int64(r.now) },
		Rand: rand.New(rand.NewPCG(1, uint64(len(r.nodes)))),
		Transport: func(inbox step.Inbox, log *slog.Logger) peering.Transport {
			return r.net.Transport(mempeer.End{Name: r.name, Inbox: inbox, Log: log})
		},
	}
}

func (r *run) write(src string) {
	r.t.Helper()
	if err := os.WriteFile(r.file, []byte(src), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// turn turns the nodes and moves the bytes until nothing is left to do.
func (w *world) turn() {
	w.t.Helper()
	quiet := 0 // a step may have delivered, so one quiet round is not enough
	for range 100_000 {
		busy := w.each != nil && w.each()
		for _, n := range w.nodes {
			busy = n.Turn(w.now) <= w.now || busy
		}
		busy = w.net.Step(w.now) || busy
		if at := w.net.Next(); at != step.Never {
			w.now, busy = max(w.now, at), true
		}
		if quiet++; busy {
			quiet = 0
		}
		if quiet == 2 {
			return
		}
	}
	w.t.Fatal("the nodes do not come to rest")
}

// wait lets time pass.
func (w *world) wait(seconds int) {
	w.t.Helper()
	for range seconds {
		w.now += 1e9
		w.turn()
	}
}

// reload writes a new text, reloads and waits for the outcome.
func (r *run) reload(src string, force bool) (report node.ReloadReport, err error) {
	r.t.Helper()
	r.write(src)
	calls := 0
	r.Reload(node.ReloadOptions{Force: force}, func(rep node.ReloadReport, e error) {
		calls++
		report, err = rep, e
	})
	r.turn()
	if calls != 1 {
		r.t.Fatalf("the outcome was told %d times", calls)
	}
	return report, err
}

// must is reload without force, which is to succeed.
func (r *run) must(src string) {
	r.t.Helper()
	if _, err := r.reload(src, false); err != nil {
		r.t.Fatalf("reload: %v", err)
	}
}

// raise has the node handle an event without arguments.
func (r *run) raise(event string) {
	r.t.Helper()
	r.Domain.Raise(r.Domain.Event(event), nil)
	r.turn()
}

// printed returns what was printed since the last call.
func (r *run) printed() string {
	s := strings.TrimSuffix(r.out.String(), "\n")
	r.out.Reset()
	return s
}

// expect compares what was printed since the last time, lines joined by "|".
func (r *run) expect(want string) {
	r.t.Helper()
	got := strings.ReplaceAll(r.printed(), "\n", "|")
	if got = strings.ReplaceAll(got, filepath.Dir(r.file)+"/", ""); got != want {
		r.t.Errorf("printed %q, want %q", got, want)
	}
}

// quiet fails the test if anything was reported.
func (r *run) quiet() {
	r.t.Helper()
	if r.errs.Len() > 0 {
		r.t.Errorf("reported %q", r.errs.String())
	}
}
