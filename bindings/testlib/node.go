package testlib

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/input/flow"
	nodepkg "moonpeer/runtime/node"
	"moonpeer/runtime/script"
	"moonpeer/runtime/sim"
)

// simNode is one node of a test.
type simNode struct {
	*sim.Node
	net *network
	in  Scripts
	ud  *lua.LUserData

	sent    []message
	size    int  // bytes of it
	leftOut int  // messages
	read    int  // errors that the test has asked for
	failed  bool // its failure was raised

	failureRead bool // the test has asked for it
	conns       map[*flow.Conn]seen
}

// message is what a script has published.
type message struct {
	topic   string
	payload []byte
}

// seen is a connection as one run of a node has it.
type seen struct {
	run  *nodepkg.Node
	conn *flow.Conn
}

// maxSent is how many bytes are kept of what a node has published.
const maxSent = 64 << 20

func (s *simNode) name() string { return s.Options().Name }

func (s *simNode) role() cluster.Role {
	if s.net.layout == nil {
		return cluster.None
	}
	return s.net.layout.Node(s.name()).Role
}

// publishes is told of each message.
func (s *simNode) publishes(topic string, payload []byte) {
	if s.size += len(topic) + len(payload); s.size > maxSent {
		s.leftOut++
		return
	}
	s.sent = append(s.sent, message{topic, slices.Clone(payload)})
}

// reported are the texts of one level.
func (s *simNode) reported(level string) (texts []string) {
	for _, r := range s.Reports() {
		if r.Level == level {
			texts = append(texts, r.Text)
		}
	}
	return texts
}

// nodeMeta is the metatable of nodes.
func (l *Lib) nodeMeta() *lua.LTable {
	methods := map[string]lua.LGFunction{}
	for name, fn := range nodeMethods {
		methods[name] = onNode(fn)
	}
	return l.d.Methods("node", methods)
}

var nodeMethods = map[string]func(*simNode, *lua.LState) int{
	"name":       func(s *simNode, L *lua.LState) int { return push(L, lua.LString(s.name())) },
	"role":       func(s *simNode, L *lua.LState) int { return push(L, lua.LString(s.role().Word())) },
	"state":      func(s *simNode, L *lua.LState) int { return push(L, lua.LString(s.State().String())) },
	"start":      func(s *simNode, L *lua.LState) int { s.Start(); return 0 },
	"run":        func(s *simNode, L *lua.LState) int { return s.net.run(L) },
	"advance":    func(s *simNode, L *lua.LState) int { return s.net.passTime(L) },
	"output":     func(s *simNode, L *lua.LState) int { return push(L, lua.LString(s.Output())) },
	"freeze":     func(s *simNode, L *lua.LState) int { s.Freeze(); return 0 },
	"thaw":       func(s *simNode, L *lua.LState) int { s.Thaw(); return 0 },
	"kill":       func(s *simNode, L *lua.LState) int { s.Crash(); return 0 },
	"stop":       func(s *simNode, L *lua.LState) int { s.Stop(); return 0 },
	"raise":      (*simNode).raise,
	"get":        func(s *simNode, L *lua.LState) int { return push(L, s.value(L, L.CheckString(2))) },
	"eval":       (*simNode).eval,
	"set_option": (*simNode).setOption,
	"published":  (*simNode).published,
	"handled":    (*simNode).handled,
	"errors":     (*simNode).errors,
	"warnings":   func(s *simNode, L *lua.LState) int { return push(L, texts(L, s.reported("warning"))) },
	"peers":      (*simNode).peers,
	"restart":    (*simNode).restart,
	"skew":       (*simNode).setSkew,
	"slow":       (*simNode).slow,
	"now":        (*simNode).now,
}

// onNode makes a method of a function.
func onNode(fn func(*simNode, *lua.LState) int) lua.LGFunction {
	return func(L *lua.LState) int {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if s, ok := ud.Value.(*simNode); ok {
				s.net.live(L)
				return fn(s, L)
			}
		}
		L.ArgError(1, "expected a node (call with a colon: n:run())")
		return 0
	}
}

func push(L *lua.LState, v lua.LValue) int {
	L.Push(v)
	return 1
}

func texts(L *lua.LState, all []string) *lua.LTable {
	t := L.NewTable()
	for _, s := range all {
		t.Append(lua.LString(s))
	}
	return t
}

// near suggests a name.
func near(name string, names []string) string { return script.DidYouMean(name, names) }

// alive raises for a node whose process is gone.
func (s *simNode) alive(L *lua.LState, what string) {
	if st := s.State(); st == sim.Crashed || st == sim.Stopped {
		L.RaiseError("%s: %s has %s", what, s.name(), st)
	}
}

// left raises for a node that was killed: nothing is left of it. What has ended in good order has left what it held, as
// node run --print shows it.
func (s *simNode) left(L *lua.LState, what string) {
	if s.State() != sim.Stopped {
		s.alive(L, what)
	}
}

// value is a plain copy of an exported value.
func (s *simNode) value(L *lua.LState, id string) lua.LValue {
	s.left(L, "get "+id)
	v, err := s.in.Value(id)
	if err == nil {
		v, err = s.net.l.Space.Plain(v)
	}
	if err != nil {
		L.RaiseError("get %s on %s: %s", id, s.name(), err.Error())
	}
	return v
}

// arguments carries the arguments of a call over, from position first on.
func (s *simNode) arguments(L *lua.LState, first int) (args []lua.LValue) {
	for i := first; i <= L.GetTop(); i++ {
		args = append(args, s.carry(L, i))
	}
	return args
}

func (s *simNode) carry(L *lua.LState, i int) lua.LValue {
	v := L.Get(i)
	if c, ok := s.net.l.connOf(v); ok {
		return s.in.Connection(s.conn(c))
	}
	own, err := s.in.Space().Carry(v, s.net.l.Space)
	if err != nil {
		L.ArgError(i, err.Error())
	}
	return own
}

// conn is the node's own copy of a connection, the same one in each of its runs.
func (s *simNode) conn(c *flow.Conn) *flow.Conn {
	if old := s.conns[c]; old.run == s.Node.Node {
		return old.conn
	}
	if s.conns == nil {
		s.conns = map[*flow.Conn]seen{}
	}
	own := *c
	own.User = nil
	s.conns[c] = seen{s.Node.Node, &own}
	return &own
}

// raise is n:raise(event, …): it queues the event on the node, as its own scripts would.
func (s *simNode) raise(L *lua.LState) int {
	name := L.CheckString(2)
	s.alive(L, "raise "+name)
	if err := s.in.Raise(name, s.arguments(L, 3)); err != nil {
		L.RaiseError("raise on %s: %s", s.name(), err.Error())
	}
	return 0
}

// eval is n:eval(text): it runs Lua in the node and returns plain copies of what that returns.
func (s *simNode) eval(L *lua.LState) int {
	s.alive(L, "eval")
	text := L.CheckString(2)
	var values []lua.LValue
	var err error
	s.Watched(func() { values, err = s.in.Eval(text) })
	if err != nil {
		L.RaiseError("eval on %s: %s", s.name(), err.Error())
	}
	for i, v := range values {
		own, err := s.net.l.Space.Plain(v)
		if err != nil {
			L.RaiseError("eval on %s: value #%d: %s", s.name(), i+1, err.Error())
		}
		L.Push(own)
	}
	return len(values)
}

// setOption is n:set_option(id, value): true, or false and why. It counts when the node has run.
func (s *simNode) setOption(L *lua.LState) int {
	id := L.CheckString(2)
	s.alive(L, "set_option "+id)
	if err := s.in.SetOption(id, s.carry(L, 3), s.net.l.d.VM.Where(L, 1), func() {}); err != nil {
		L.Push(lua.LFalse)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	return push(L, lua.LTrue)
}

// published is n:published(event): what the node's scripts have published in all of its runs, in order. A name that nobody
// there knows or has published raises: a test that wants nothing to be published would pass with it.
func (s *simNode) published(L *lua.LState) int {
	want, t := L.OptString(2, ""), L.NewTable()
	if s.leftOut > 0 {
		L.RaiseError("published: %s has published more than %d MB, %d messages were not kept", s.name(), maxSent>>20, s.leftOut)
	}
	for _, m := range s.sent {
		name, args, ok := s.in.Decode(m.payload)
		if !ok || want != "" && name != want {
			continue
		}
		list := L.NewTable()
		for i, v := range args {
			own, err := s.net.l.Space.Plain(v)
			if err != nil {
				L.RaiseError("published: %s: argument #%d: %s", name, i+1, err.Error())
			}
			list.RawSetInt(i+1, own)
		}
		entry := L.NewTable()
		entry.RawSetString("topic", lua.LString(m.topic))
		entry.RawSetString("event", lua.LString(name))
		entry.RawSetString("args", list)
		t.Append(entry)
	}
	if want != "" && t.Len() == 0 {
		s.known(L, "published", want)
	}
	return push(L, t)
}

// handled is n:handled(event): how often the handlers of an event were called in this run.
func (s *simNode) handled(L *lua.LState) int {
	name := L.CheckString(2)
	s.left(L, "handled "+name)
	return push(L, lua.LNumber(s.known(L, "handled", name).Handled))
}

// known is an event that scripts of the node declare or handle.
func (s *simNode) known(L *lua.LState, what, name string) *script.Event {
	var names []string
	s.Domain.Events(func(e *script.Event) {
		if e.Declared() || e.Wanted() {
			names = append(names, e.Name)
		}
	})
	if !slices.Contains(names, name) {
		L.RaiseError("%s: nobody on %s declares or handles event %s%s", what, s.name(), name, near(name, names))
	}
	return s.Domain.Lookup(name)
}

// errors is n:errors(): what was reported as an error. The test has seen them.
func (s *simNode) errors(L *lua.LState) int {
	errs := s.reported("error")
	s.read = len(errs)
	if err := s.Err(); err != nil {
		s.failureRead = true
		errs = append(errs, err.Error())
	}
	return push(L, texts(L, errs))
}

// peers is n:peers(): the names of the nodes that it is linked with, in alphabetical order.
func (s *simNode) peers(L *lua.LState) int {
	s.alive(L, "peers")
	var names []string
	for _, p := range s.Peers.Peers() {
		name := p.Name
		if name == "" {
			name = p.ID.String()
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return push(L, texts(L, names))
}

// restart is n:restart(): another run of a node that was killed or has stopped; of one that runs, after it has stopped in
// good order.
func (s *simNode) restart(L *lua.LState) int {
	if s.State() == sim.Running {
		s.Stop()
		for range stopSeconds {
			s.net.check(L, s.net.world.Advance(stopStep))
			if s.State() != sim.Running {
				break
			}
		}
	}
	if err := s.Restart(); err != nil {
		L.RaiseError("restart: %s", strings.TrimSpace(err.Error()))
	}
	return 0
}

func (s *simNode) now(L *lua.LState) int {
	s.alive(L, "now")
	return push(L, s.net.l.Space.Time(broker.Timestamp(s.Domain.Now())))
}
