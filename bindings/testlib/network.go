package testlib

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/peering"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
	"moonpeer/runtime/sim/tracefile"
)

// network is a simulated world: what sim.network, sim.cluster and, for its one node, sim.node make.
type network struct {
	a      *attempt
	l      *Lib
	world  *sim.World
	trace  *trace
	nodes  []*simNode
	layout *cluster.Layout // nil: no cluster
	began  time.Duration   // when the cluster had started, by the world's clock; below zero: it is none
	ud     *lua.LUserData
}

// delays of a network that says nothing: those of a local network, and in an explore so that messages overtake each
// other on different ways.
const (
	usualDelay     = time.Millisecond
	exploredJitter = 20 * time.Millisecond
)

// lastMessages is how many messages between nodes are kept for a failure.
const lastMessages = 12

// newNetwork reads the options that all kinds have.
func (l *Lib) newNetwork(L *lua.LState, what string, o *options) *network {
	a := l.attempt(L, what)
	seed := a.seed
	if given := o.count("seed", -1); given >= 0 {
		seed = uint64(given)
	}
	opts := sim.Options{Seed: seed, Delay: o.duration("delay", usualDelay), Loss: o.fraction("loss", 0)}
	jitter := time.Duration(0)
	if a.exploring {
		jitter, opts.Shuffle = exploredJitter, true
	}
	opts.Jitter = o.duration("jitter", jitter)
	if start := o.get("start_time"); start != lua.LNil {
		at, ok := convert.AsTime(start)
		if !ok {
			o.refuse("start_time", "a time, such as time.unix(0)", start)
		}
		opts.Start = time.Unix(0, int64(at))
	}
	opts.Exchanged, opts.Cache = lastMessages, l.Cache
	t := &trace{}
	if a.traced {
		t.text = tracefile.AppendSection(nil, a.title(seed))
		a.traces = append(a.traces, t)
		opts.Trace = t
	}
	w, err := sim.New(opts)
	if err != nil {
		L.RaiseError("%s: %s", what, err)
	}
	n := &network{a: a, l: l, world: w, trace: t, began: -1}
	n.ud = L.NewUserData()
	n.ud.Value, n.ud.Metatable = n, l.meta.net
	a.add(n)
	return n
}

// simNetwork is sim.network{…}: nodes that are in no cluster, which are added one by one.
func (l *Lib) simNetwork(L *lua.LState) int {
	o := readOptions(L, "sim.network", L.OptTable(1, L.NewTable()))
	n := l.newNetwork(L, "sim.network", o)
	o.done()
	L.Push(n.ud)
	return 1
}

// simNode is sim.node{…}: a network of one node.
func (l *Lib) simNode(L *lua.LState) int {
	o := readOptions(L, "sim.node", L.CheckTable(1))
	net := l.newNetwork(L, "sim.node", o)
	n := net.addNode(L, "sim.node", o)
	o.done()
	L.Push(n.ud)
	return 1
}

// add is network:add{…}, which takes what sim.node does of one node.
func (n *network) add(L *lua.LState) int {
	if n.layout != nil {
		L.RaiseError("add: a cluster has the nodes of its layout")
	}
	o := readOptions(L, "add", L.CheckTable(2))
	added := n.addNode(L, "add", o)
	o.done()
	L.Push(added.ud)
	return 1
}

// addNode makes a node of a network and starts it.
func (n *network) addNode(L *lua.LState, what string, o *options) *simNode {
	opts := n.l.nodeOptions(L, what, o)
	opts.Name = o.text("name", "node")
	if o.flag("listen", false) {
		opts.Listen = []peering.Address{{Transport: "quic", Host: opts.Name, Port: peering.DefaultPort}}
	}
	for _, peer := range o.texts("peer") {
		opts.Peer = append(opts.Peer, peering.Address{Transport: "quic", Host: peer, Port: peering.DefaultPort})
	}
	opts.Inputs.ZeekLog = n.l.input(o.file("zeek_log"))
	if file := o.file("pcap"); file != "" {
		opts.Inputs.Pcap = []string{n.l.input(file)}
	}
	start := o.flag("start", true)
	added := n.load(L, what, opts)
	if start {
		added.Start()
		n.settle(L)
	}
	return added
}

// nodeOptions reads what all nodes of a network have in common.
func (l *Lib) nodeOptions(L *lua.LState, what string, o *options) node.Options {
	opts := node.Options{Bundled: l.Bundled, Path: l.Path, Strict: true, Coverage: l.Coverage}
	for _, p := range o.list("a policy: a file, a folder or a bundled one's name") {
		opts.Scripts = append(opts.Scripts, l.resolve(p))
	}
	if code := o.text("lua", ""); o.t.RawGetString("lua") != lua.LNil {
		name := fmt.Sprintf("%s:%d[lua]", l.file, l.line(L))
		opts.Sources = map[string]string{name: code}
		opts.Scripts = append(opts.Scripts, name)
	}
	if len(opts.Scripts) == 0 {
		L.RaiseError("%s: no policy is named: write %s { \"policies/NAME\", … }, or lua = [[ … ]]", what, what)
	}
	if t := o.table("options"); t != nil {
		opts.Set = l.settings(L, what, t)
	}
	opts.Args = o.texts("args")
	opts.Limits.Instructions = int64(o.count("instructions", 0))
	return opts
}

// resolve finds a policy that is named relative to the test file with a dot in front.
func (l *Lib) resolve(p string) string {
	if p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") {
		return path.Join(filepath.ToSlash(filepath.Dir(l.file)), p)
	}
	return p
}

func (l *Lib) input(p string) string {
	if p == "" {
		return ""
	}
	return l.resolve(p)
}

// settings makes assignments of a table of options, in the order of their names.
func (l *Lib) settings(L *lua.LState, what string, t *lua.LTable) (set []node.Setting) {
	if t.Len() > 0 {
		L.RaiseError("%s: options have names: options = { [\"EX::server\"] = … }", what)
	}
	for _, name := range textKeys(t) {
		text, err := l.settingText(t.RawGetString(name))
		if err != nil {
			L.RaiseError("%s: option %s: %s", what, name, err)
		}
		set = append(set, node.Setting{Assignment: name + "=" + text, From: fmt.Sprintf("%s:%d", l.file, l.line(L))})
	}
	return set
}

func (l *Lib) settingText(v lua.LValue) (string, error) {
	if word := convert.Word(v); word == "function" || word == "userdata" || word == "thread" {
		return "", fmt.Errorf("%s is no value of an option", word)
	}
	if _, isTable := v.(*lua.LTable); isTable {
		text, err := l.Space.AppendJSON(nil, v)
		return string(text), err
	}
	if _, isContainer := convert.AsContainer(v); isContainer {
		text, err := l.Space.AppendJSON(nil, v)
		return string(text), err
	}
	return string(convert.AppendText(nil, v)), nil
}

// load adds a node to the world.
func (n *network) load(L *lua.LState, what string, opts node.Options) *simNode {
	s := &simNode{net: n}
	s.in = n.l.NewScripts(s.publishes)
	opts.Modules = s.in.Modules
	var err error
	if s.Node, err = n.world.Add(opts); err != nil {
		L.RaiseError("%s: %s", what, err)
	}
	s.ud = L.NewUserData()
	s.ud.Value, s.ud.Metatable = s, n.l.meta.node
	n.nodes = append(n.nodes, s)
	return s
}

// settle runs until nothing is in flight.
func (n *network) settle(L *lua.LState) {
	n.check(L, n.world.Run())
}

// advance moves the clock.
func (n *network) advance(L *lua.LState, i int) {
	d, ok := convert.AsInterval(L.Get(i))
	if !ok || d < 0 {
		L.ArgError(i, `expected an interval, such as "5 min", got `+convert.Describe(L.Get(i)))
	}
	n.check(L, n.world.Advance(time.Duration(d)))
}

// check raises what keeps a world from going on.
func (n *network) check(L *lua.LState, err error) {
	if interrupted := (*sim.Interrupted)(nil); errors.As(err, &interrupted) {
		n.l.raise(L, err) // so that who has stopped the test knows it again
	}
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	for _, s := range n.nodes {
		if err := s.Err(); err != nil && !s.failed {
			s.failed = true
			L.RaiseError("%s: %s", s.name(), err.Error())
		}
	}
}
