package bindings

import (
	"maps"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/asynclib"
	"moonpeer/bindings/brokerlib"
	"moonpeer/bindings/clusterlib"
	"moonpeer/bindings/configlib"
	"moonpeer/bindings/containerlib"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/bindings/hashlib"
	"moonpeer/bindings/inputlib"
	"moonpeer/bindings/jsonlib"
	"moonpeer/bindings/namespacelib"
	"moonpeer/bindings/nodelib"
	"moonpeer/bindings/ratelib"
	"moonpeer/bindings/regexlib"
	"moonpeer/bindings/reporterlib"
	"moonpeer/bindings/storelib"
	"moonpeer/bindings/strlib"
	"moonpeer/bindings/supervisorlib"
	"moonpeer/bindings/timerlib"
	"moonpeer/bindings/valuelib"
	"moonpeer/bindings/varlib"
	"moonpeer/net/broker"
	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
	"moonpeer/scripts"
)

// Modules returns the Lua API of a node.
func Modules(n *node.Node) []script.Module { return []script.Module{&all{n: n}} }

// all opens every module of one domain. The parts that a reload hands over are named.
type all struct {
	n      *node.Node
	d      *script.Domain
	before *all // until this one has taken over from it; nil: nothing
	inside *Inside

	space      *convert.Space
	names      *namespacelib.Registry
	hub        *hub
	net        *network
	events     *eventlib.Lib
	containers *containerlib.Lib
	vars       *varlib.Lib
	options    *configlib.Lib
	reports    *reporterlib.Lib
	brokers    *brokerlib.Lib
	clusters   *clusterlib.Lib
	supervisor *supervisorlib.Lib
	inputs     *inputlib.Lib
	timers     *timerlib.Lib
	async      *asynclib.Lib
	stores     *storelib.Lib
}

// Open implements script.Module.
func (a *all) Open(d *script.Domain) error {
	a.d, a.space = d, convert.NewSpace(d.L)
	a.names = namespacelib.New(d)
	a.names.Open()
	a.hub = newHub(a.n, d, a.before != nil)
	a.hub.tap = a.inside.published()
	a.events = eventlib.New(d, a.space, a.names, a.hub)
	a.brokers = &brokerlib.Lib{Space: a.space, Names: a.names, Events: a.events, Hub: a.hub}
	a.net = &network{a.n, a.brokers}
	a.brokers.Net = a.net
	a.containers = &containerlib.Lib{Space: a.space, Names: a.names, Wall: a.n.Wall}
	a.vars = &varlib.Lib{Space: a.space, Names: a.names}
	a.options = &configlib.Lib{Space: a.space, Names: a.names, Cluster: a.n.Cluster.Config}
	a.reports = &reporterlib.Lib{Space: a.space}
	a.inputs = &inputlib.Lib{Space: a.space, Events: a.events}
	a.timers = &timerlib.Lib{}
	a.async = &asynclib.Lib{Space: a.space, Now: a.n.Env.Now, Register: a.n.Register}
	a.stores = &storelib.Lib{Space: a.space, Async: a.async, Containers: a.containers, Stores: stores{a.n.Stores}}
	k := a.n.Cluster
	if k.Enabled() {
		a.stores.Suffix = "@" + k.Self()
	}
	a.clusters = &clusterlib.Lib{Space: a.space, Events: a.events, Brokers: a.brokers, Cluster: k, Via: a.inside.tapped(k), NodeName: a.n.Name(),
		Options: a.options, Stores: a.stores}
	a.clusters.Standard.Proxies, a.clusters.Standard.Workers, a.clusters.Standard.Loggers = k.Proxies, k.Workers, k.Loggers
	a.supervisor = &supervisorlib.Lib{Space: a.space, Events: a.events, Node: a.n}
	for _, set := range a.n.Options().Set {
		if err := a.options.PresetAssignment(set.Assignment, set.From); err != nil {
			return err
		}
	}
	a.introduce()
	for _, m := range a.modules() {
		if err := m.Open(d); err != nil {
			return err
		}
	}
	d.SetDefinitions(apidoc.Embedded)
	if err := d.SetLibraries(scripts.Libraries); err != nil {
		return err
	}
	a.n.Loaded = func() error {
		for _, id := range a.n.Options().Print {
			if a.names.Lookup(id) == nil {
				d.Reports.Warnf("--print %s: no script exports that name%s", id, script.DidYouMean(id, a.names.Names()))
			}
		}
		return a.options.Unused()
	}
	if a.before == nil {
		a.connect()
	}
	return nil
}

// modules are all parts, in the order in which they are opened.
func (a *all) modules() []script.Module {
	return []script.Module{
		a.events,
		a.containers,
		values{a.space},
		a.vars,
		a.options,
		a.reports,
		a.brokers,
		a.clusters,
		a.inputs,
		a.timers,
		a.async,
		a.stores,
		nodelib.Lib{Node: leaver{a.n}},
		a.supervisor,
		&ratelib.Lib{Space: a.space},
		jsonlib.Lib{Space: a.space},
		strlib.Lib{}, regexlib.Lib{}, hashlib.Lib{Space: a.space},
	}
}

// connect makes this the one whom the node asks.
func (a *all) connect() {
	a.n.Hooks = a.supervisor.Hooks()
	a.n.OnIdentifier = a.brokers.ReceiveID
	a.n.OnPeer = a.net.happened
	a.n.Cluster.OnEvent = a.clusters.Happened
	a.n.Cluster.Config.OnChange = a.options.Changed
	a.n.OpenPeering = a.net.open
	a.n.Holds = func() bool {
		return a.timers.Periodic() > 0 && !a.n.Replays() || a.async.Outstanding() > 0 || a.n.Peers.Holds(a.brokers.Bool("peer_counts_as_iosource"))
	}
	a.n.Prints, a.n.Near = a.print, a.near
	a.n.Declares = a.declared
	a.n.Unsaved = a.stores.Unsaved
	a.n.Config = configuration{a.options, a.space}
	a.n.Eval = func(text string) node.Evaluated { return a.eval(a.d, text) }
	a.n.NewPrompt = func() node.Prompt { return a.newPrompt() }
	a.n.Describe = a.describe
	a.inside.follow(a)
}

// leaver is a node as scripts end it: a supervisor when its nodes have ended.
type leaver struct{ *node.Node }

// Terminate implements nodelib.Node.
func (l leaver) Terminate(code int) {
	if l.Supervisor != nil {
		l.Supervisor.Stop(code)
		return
	}
	l.Node.Terminate(code)
}

// values opens the constructors of valuelib, which does not know domains.
type values struct{ space *convert.Space }

// Open implements script.Module.
func (v values) Open(d *script.Domain) error {
	for name, fn := range valuelib.Globals(v.space) {
		d.SetGlobal(name, d.VM.NewFunction(name, fn))
	}
	module := func(name string, fns map[string]lua.LGFunction, more map[string]lua.LValue) {
		fields := maps.Clone(more)
		if fields == nil {
			fields = map[string]lua.LValue{}
		}
		for fn, f := range fns {
			fields[fn] = d.VM.NewFunction(name+"."+fn, f)
		}
		d.SetModule(name, fields)
	}
	more := map[string]lua.LValue{"none": v.space.None()}
	for _, name := range []string{"set", "map", "vector", "subnet_map"} { // for scopes that have a local of that name
		more[name] = d.L.GetGlobal(name)
	}
	module("types", valuelib.Types(v.space), more)
	module("time", valuelib.Time(v.space, func() broker.Timestamp { return broker.Timestamp(d.Now()) }), nil)
	return nil
}
