package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"syscall"
	"time"

	"moonpeer/bindings"
	"moonpeer/cmd/node/internal/console"
	"moonpeer/net/step"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
)

// clusterParent is the process of node cluster: a node without a role and mostly without scripts, in whose loop the supervisor
// of the others runs.
type clusterParent struct {
	*node.Node
	inv    *invocation
	plan   *clusterPlan
	system *system
	sup    *supervisor.Supervisor
	edge   *supervisor.Processes
	relay  *control.Relay
	server *control.Server
	screen screen
	alarms alarms
	port   step.PortID // of what the relay and the signals say

	program string // what nodes are started from

	ids    map[string]string // endpoint ids of the nodes that are registered
	silent map[string]string // and of those that were, and whose processes have not been seen to end
	asked  map[uint64]func(control.Answers)
	token  uint64
	failed bool // the exit code is not to be 0
	code   int  // that a script wants
	course course

	// watching: who ends is looked at again soon; waited: who was named then, by process
	watching bool
	waited   map[int]bool

	orders orders
}

// stopRequest is the input that a signal becomes.
type stopRequest struct{ at step.PortID }

// Port is the parent's port.
func (r stopRequest) Port() step.PortID { return r.at }

func newParent(inv *invocation, p *clusterPlan, folder *control.Folder) (*clusterParent, error) {
	s := &clusterParent{inv: inv, plan: p, ids: map[string]string{}, silent: map[string]string{}, asked: map[uint64]func(control.Answers){}, waited: map[int]bool{}}
	var err error
	if s.program, err = os.Executable(); err != nil {
		return nil, err
	}
	s.screen = newScreen(inv, p)
	opts := node.Options{
		Name: supervisorName, Scripts: p.c.Supervisor, Args: p.rest, Supervises: true,
		Stdout: s.screen.out, Stderr: s.screen.err, Logger: console.LoggerTo(s.screen.err, slog.LevelInfo),
		Modules: bindings.Modules, Bundled: baseOptions(nil).Bundled, Version: inv.version(),
	}
	s.system = newSystem(false, opts)
	s.system.Transport = nil
	if s.Node, err = node.New(opts, s.system.System); err != nil {
		s.screen.close()
		return nil, err
	}
	s.edge = supervisor.NewProcesses(supervisor.ProcessesOptions{Inbox: s.Inbox()})
	var timer *step.Entry
	s.sup = supervisor.New(supervisor.Options{
		Env: s.Env, Ports: s, Processes: s.edge, Environ: environment(), Changed: func() { timer.Changed() },
		Ask: s.askToStop, OnStarted: s.nodeStarted, OnLine: s.nodeSaid, OnExit: s.nodeExited, Enough: s.TurnOver,
		Grace: stopGrace, KillAfter: stopKill,
	})
	timer = s.Register(s.sup)
	s.alarms.register(s.Node)
	s.port = s.OpenPort(s.receive)
	s.relay = control.NewRelay(control.RelayOptions{Inbox: s.Inbox(), Port: s.port})
	s.orders.init(s)
	s.server, err = control.Serve(control.Options{Folder: folder, Inbox: s.Inbox(), Port: s.ControlPort(), Urgent: s.Urgent, Relay: s.relay})
	if err != nil {
		s.close()
		return nil, err
	}
	s.Node.Supervisor = scripted{s}
	return s, nil
}

// close ends what is left: every child, whoever asks, the screen, of which the error is.
func (s *clusterParent) close() error {
	s.edge.Close()
	if s.server != nil {
		s.server.Close()
	}
	s.relay.Close()
	s.orders.deploys.close()
	s.system.close()
	return s.screen.close()
}

// errNodes says that the cluster did not run or end as it should.
var errNodes = errors.New("not everything went well, see above")

// run starts the nodes and returns when all have ended.
func (s *clusterParent) run(ctx context.Context) error {
	ctx, release := stoppable(ctx)
	defer release()
	stopped := context.AfterFunc(ctx, func() { s.Inbox().Put(stopRequest{s.port}) })
	defer stopped()
	if err := s.begin(); err != nil {
		return err
	}
	err := s.Node.Run(context.WithoutCancel(ctx))
	var exit *node.ExitError
	switch {
	case errors.As(err, &exit) || err != nil:
		return err
	case s.course.interrupted && s.plan.replays():
		return node.ErrInterrupted
	case s.failed:
		return errNodes
	}
	return nil
}

// begin has the supervisor start the nodes of the layout.
func (s *clusterParent) begin() error {
	specs := s.plan.specs(s.program, s.server.Path())
	s.known(specs...)
	for _, sp := range specs {
		if err := s.sup.Create(sp); err != nil {
			return err
		}
	}
	s.course.begin(s)
	if len(specs) > 0 {
		s.screen.infof("%d nodes are starting, their state is in %s", len(specs), s.plan.c.State)
	}
	return nil
}

// known tells the relay who may register: the nodes that there are, those that a command has stopped, and those that
// are about to be created.
func (s *clusterParent) known(more ...supervisor.Spec) {
	for _, st := range s.sup.Status("") {
		more = append(more, st.Spec)
	}
	for _, h := range s.orders.stopped {
		more = append(more, h.spec)
	}
	var nodes []control.Known
	for _, sp := range more {
		k := control.Known{Name: sp.Name}
		if s.plan.has(sp.Name) {
			k.Role = s.plan.roleOfLocal(sp.Name).Word()
		}
		if !slices.Contains(nodes, k) {
			nodes = append(nodes, k)
		}
	}
	s.relay.SetNodes(nodes)
}

// receive owns the parent's port.
func (s *clusterParent) receive(in step.Input) (done bool) {
	switch in := in.(type) {
	case stopRequest:
		s.interrupt()
	case control.Child:
		s.registered(in)
	case checkedPlan:
		s.orders.deployed(in)
	case control.Answers:
		fn := s.asked[in.Token]
		delete(s.asked, in.Token)
		if fn != nil {
			fn(in)
		}
	}
	return true
}

// ask asks nodes, nil for all, without waiting.
func (s *clusterParent) ask(timeout time.Duration, nodes []string, method string, params any, then func(control.Answers)) {
	s.token++
	s.asked[s.token] = then
	s.relay.Ask(s.token, timeout, nodes, method, params)
}

// registered tells the others of a node that can be asked now, or not any more.
func (s *clusterParent) registered(c control.Child) {
	if c.Gone {
		if s.ids[c.Name] == c.ID {
			delete(s.ids, c.Name)
			s.silent[c.Name] = c.ID
		}
		return
	}
	s.ids[c.Name] = c.ID
	delete(s.silent, c.Name)
	if st := s.sup.Status(c.Name); len(st) > 0 && (st[0].PID == 0 || st[0].PID == c.PID) && st[0].State != supervisor.Stopping {
		s.orders.started(c.Name)
	}
	s.sup.Up(c.Name, c.PID)
	s.tellOthers(c.Name, "started", map[string]string{"name": c.Name})
}

// tellOthers tells all nodes but one something about that one.
func (s *clusterParent) tellOthers(name, method string, params any) {
	var others []string
	for _, r := range s.relay.Running() {
		if r.Name != name {
			others = append(others, r.Name)
		}
	}
	if len(others) > 0 {
		s.relay.Tell(others, method, params)
	}
}

// askToStop is the supervisor's hook.
func (s *clusterParent) askToStop(name string) bool {
	s.watchEnds()
	if s.ids[name] == "" {
		return false
	}
	s.relay.Tell([]string{name}, "stop", nil)
	return true
}

// How long a node has to end when it is told to: its loop has two deadlines of 3 s for what is queued and for its peers
// (package node). A script that does not return is in the way of that.
const (
	stopGrace    = 7 * time.Second // then SIGTERM; a second one, 2 s later, ends a process at once
	stopKill     = 3 * time.Second // later, SIGKILL
	stopPatience = 2 * time.Second // after which people are told who is waited for
)

// watchEnds tells people which nodes take their time to end.
func (s *clusterParent) watchEnds() {
	if s.watching {
		return
	}
	s.watching = true
	s.alarms.after(stopPatience, func() {
		s.watching = false
		ending := s.sup.Ending()
		for _, st := range ending {
			if s.Env.Now().Sub(st.Since) < stopPatience || s.waited[st.PID] {
				continue
			}
			s.waited[st.PID] = true
			s.screen.infof("waiting for %s to end; it is killed %v after it was told to", st.Spec.Name, stopGrace+stopKill)
			s.orders.late(st.Spec.Name)
		}
		if len(ending) > 0 {
			s.watchEnds()
		} else {
			clear(s.waited)
		}
	})
}

// nodeStarted is the supervisor's hook.
func (s *clusterParent) nodeStarted(name string, pid int) {
	s.SupervisorHooks().Started(name, pid)
}

// nodeSaid is the supervisor's hook.
func (s *clusterParent) nodeSaid(name string, stream step.Stream, line []byte) {
	if s.SupervisorHooks().Said(name, stream, line) {
		s.screen.show(name, stream, line)
	}
}

// nodeExited is the supervisor's hook. The others are told at once: nobody hears a killed process go.
func (s *clusterParent) nodeExited(e supervisor.Exit) {
	if id := cmp.Or(s.ids[e.Name], s.silent[e.Name]); id != "" {
		delete(s.ids, e.Name)
		delete(s.silent, e.Name)
		s.tellOthers(e.Name, "exited", map[string]string{"name": e.Name, "id": id})
	}
	s.SupervisorHooks().Exited(e)
	s.orders.exited(e)
	switch {
	case !s.plan.has(e.Name) && !s.course.over: // a script's, which has heard of it
	case e.Premature && s.plan.replays() && !s.course.over:
		s.failed = true
		s.screen.errorf("%s has ended in the middle of the replay, which can't be completed", e.Name)
		s.stop()
	case (!e.Premature || s.course.over) && e.Code != 0 && e.Signal != int(syscall.SIGTERM): // told to end before it could hear of it
		s.failed = true
	}
	s.finish()
}

// interrupt is the end before a replay has come to its own.
func (s *clusterParent) interrupt() {
	s.course.interrupted = s.course.interrupted || !s.course.ending
	s.end(printPatience)
}

// stop ends the nodes in order, and then this process, which has failed if one that was to run did not.
func (s *clusterParent) stop() {
	if !s.course.over && !s.plan.replays() { // a replay ends with the first that dies
		s.tellFailing()
	}
	s.course.over = true
	s.course.notify("STOPPING=1")
	s.sup.Stop(s.plan.groups())
	s.finish()
}

// tellFailing has the run fail when nodes of the layout have died and are not back, or die again and again.
func (s *clusterParent) tellFailing() {
	for _, st := range s.sup.Status("") {
		if st.Failing && s.plan.has(st.Spec.Name) {
			s.failed = true
			s.screen.errorf("%s was failing when the cluster was stopped (%s, started %d times): see %s",
				st.Spec.Name, exitText(st.LastExit), st.Restarts+1, st.Spec.StderrFile)
		}
	}
}

// finish ends the node when no child is left.
func (s *clusterParent) finish() {
	if s.sup.Stopped() {
		s.orders.over()
		s.Terminate(s.code)
	}
}

// replays reports whether the run ends with its input.
func (p *clusterPlan) replays() bool { return len(p.c.Pcap) > 0 }
