package supervisor

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/step"
)

// rig is a supervisor on a clock of its own, with an edge whose children do what behave says. The trace has a line
// for everything that the edge was told and every hook that was called.
type rig struct {
	t     *testing.T
	s     *Supervisor
	now   step.Time
	world step.Heap[func()] // what the children do
	ports map[step.PortID]func(step.Input) bool
	last  step.PortID

	behave   func(name string) behavior
	dirs     map[string]error
	children map[uint64]*child
	names    map[string]*child // the one that runs
	pid      int
	trace    []string
	log      bytes.Buffer
}

// behavior is what a child does.
type behavior struct {
	fails  error         // it can't be started
	slow   time.Duration // so long until it runs
	lives  time.Duration // then it exits by itself; negative: it does not
	code   int
	signal int
	term   time.Duration // from SIGTERM to its end; negative: it ignores it
	immune bool          // against SIGKILL
}

type child struct {
	r     *rig
	at    step.PortID
	token uint64
	name  string
	pid   int
	b     behavior
	dead  bool
}

func newRig(t *testing.T, set func(*Options)) *rig {
	r := &rig{t: t, ports: map[step.PortID]func(step.Input) bool{}, children: map[uint64]*child{}, names: map[string]*child{},
		dirs: map[string]error{}, pid: 100, behave: func(string) behavior { return behavior{lives: -1} }}
	log := slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
	o := Options{
		Env: step.Env{Now: func() step.Time { return r.now }, Log: log}, Ports: r, Processes: r,
		OnStarted: func(name string, pid int) { r.note("started %s %d", name, pid) },
		OnExit:    func(e Exit) { r.note("exit %s %d %d premature=%t", e.Name, e.Code, e.Signal, e.Premature) },
		OnLine:    func(name string, s step.Stream, line []byte) { r.note("%s %s: %s", name, s, line) },
	}
	if set != nil {
		set(&o)
	}
	r.s = New(o)
	return r
}

func (r *rig) note(format string, args ...any) {
	r.trace = append(r.trace, fmt.Sprintf("%v ", time.Duration(r.now))+fmt.Sprintf(format, args...))
}

func (r *rig) OpenPort(owner func(step.Input) bool) step.PortID {
	r.last++
	r.ports[r.last] = owner
	return r.last
}

func (r *rig) DropPort(id step.PortID) { delete(r.ports, id) }

func (r *rig) MakeDir(path string) error { return r.dirs[path] }

func (r *rig) Start(at step.PortID, token uint64, c step.Command) {
	if r.children[token] != nil {
		r.t.Errorf("token %d was used before", token)
	}
	if old := r.names[c.Path]; old != nil && !old.dead {
		r.t.Errorf("%s was started while it runs", c.Path)
	}
	r.note("start %s", c.Path)
	ch := &child{r: r, at: at, token: token, name: c.Path, b: r.behave(c.Path)}
	r.children[token], r.names[c.Path] = ch, ch
	r.world.Add(r.now.Add(ch.b.slow), ch.begin)
}

func (c *child) begin() {
	if c.b.fails != nil {
		c.dead = true
		c.r.put(step.ProcessDone{At: c.at, Token: c.token, Code: -1, Err: c.b.fails})
		return
	}
	c.r.pid++
	c.pid = c.r.pid
	c.r.put(step.ProcessDone{At: c.at, Token: c.token, Started: true, PID: c.pid})
	if c.b.lives >= 0 {
		c.r.world.Add(c.r.now.Add(c.b.lives), func() { c.end(c.b.code, c.b.signal) })
	}
}

func (c *child) end(code, signal int) {
	if c.dead {
		return
	}
	c.dead = true
	c.r.put(step.ProcessDone{At: c.at, Token: c.token, PID: c.pid, Code: code, Signal: signal, Tail: []string{"last words"}})
}

func (r *rig) Signal(token uint64, s step.Signal) {
	c := r.children[token]
	if c == nil || c.pid == 0 || c.dead {
		r.t.Errorf("signal %d for a child that does not run", s)
		return
	}
	r.note("%s %s", map[step.Signal]string{step.Stop: "TERM", step.Kill: "KILL"}[s], c.name)
	switch {
	case s == step.Stop && c.b.term >= 0:
		r.world.Add(r.now.Add(c.b.term), func() { c.end(0, 0) })
	case s == step.Kill && !c.b.immune:
		r.world.Add(r.now, func() { c.end(-1, 9) })
	}
}

// put gives an input to its port, again and again until it is done, as a node does in later turns.
func (r *rig) put(in step.Input) {
	owner := r.ports[in.Port()]
	if owner == nil {
		r.t.Errorf("%#v is for a port that is gone", in)
		return
	}
	for !owner(in) {
	}
}

// run lets time pass.
func (r *rig) run(d time.Duration) {
	until := r.now.Add(d)
	for {
		next := min(r.world.Next(), max(r.s.Next(), r.now))
		if next > until {
			break
		}
		r.now = max(r.now, next)
		if it := r.world.PopDue(r.now); it != nil {
			it.Value()
			continue
		}
		for r.s.Step(r.now) {
		}
	}
	r.now = until
}

// create makes nodes of these names.
func (r *rig) create(names ...string) {
	r.t.Helper()
	for _, name := range names {
		if err := r.s.Create(Spec{Name: name, Path: name}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// want compares the trace, or those lines of it that contain a text, and begins a new one.
func (r *rig) want(containing string, want ...string) {
	r.t.Helper()
	var got []string
	for _, line := range r.trace {
		if strings.Contains(line, containing) {
			got = append(got, line)
		}
	}
	r.trace = nil
	if !slices.Equal(got, want) {
		r.t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// said compares what was logged, and forgets it.
func (r *rig) said(want ...string) {
	r.t.Helper()
	got := strings.Split(strings.TrimSuffix(strings.ReplaceAll(r.log.String(), `\"`, `"`), "\n"), "\n")
	if r.log.Len() == 0 {
		got = nil
	}
	r.log.Reset()
	for i := range want {
		want[i] = `msg="` + want[i] + `"`
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// state returns the state of a node that is there.
func (r *rig) state(name string) Status {
	r.t.Helper()
	st := r.s.Status(name)
	if len(st) != 1 {
		r.t.Fatalf("%d nodes are named %s", len(st), name)
	}
	return st[0]
}
