package bindings

import (
	"maps"

	lua "github.com/yuin/gopher-lua"

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
	"moonpeer/bindings/strlib"
	"moonpeer/bindings/timerlib"
	"moonpeer/bindings/valuelib"
	"moonpeer/bindings/varlib"
	"moonpeer/net/broker"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// Modules returns the Lua API of a node.
func Modules(n *node.Node) []script.Module { return []script.Module{&all{n: n}} }

// all opens every module of one domain.
type all struct {
	n     *node.Node
	space *convert.Space
	names *namespacelib.Registry
}

// Open implements script.Module.
func (a *all) Open(d *script.Domain) error {
	a.space = convert.NewSpace(d.L)
	a.names = namespacelib.New(d)
	a.names.Open()
	h := hub{a.n}
	events := eventlib.New(d, a.space, a.names, h)
	brokers := &brokerlib.Lib{Space: a.space, Names: a.names, Events: events, Hub: h}
	net := network{a.n, brokers}
	brokers.Net = net
	options := &configlib.Lib{Space: a.space, Names: a.names}
	timers := &timerlib.Lib{}
	k := a.n.Cluster
	clusters := &clusterlib.Lib{Space: a.space, Events: events, Brokers: brokers, Cluster: k, Via: k, NodeName: a.n.Name()}
	clusters.Standard.Proxies, clusters.Standard.Workers, clusters.Standard.Loggers = k.Proxies, k.Workers, k.Loggers
	for _, set := range a.n.Options().Set {
		if err := options.PresetAssignment(set.Assignment, set.From); err != nil {
			return err
		}
	}
	for _, m := range []script.Module{
		events,
		&containerlib.Lib{Space: a.space, Names: a.names},
		values{a.space},
		&varlib.Lib{Space: a.space, Names: a.names},
		options,
		&reporterlib.Lib{Space: a.space},
		brokers,
		clusters,
		&inputlib.Lib{Space: a.space, Events: events},
		timers,
		nodelib.Lib{Node: a.n},
		&ratelib.Lib{Space: a.space},
		jsonlib.Lib{Space: a.space},
		strlib.Lib{}, regexlib.Lib{}, hashlib.Lib{Space: a.space},
	} {
		if err := m.Open(d); err != nil {
			return err
		}
	}
	a.n.OnIdentifier = brokers.ReceiveID
	a.n.OnPeer = net.happened
	a.n.Cluster.OnEvent = clusters.Happened
	a.n.OpenPeering = net.open
	a.n.Holds = func() bool {
		return timers.Periodic() > 0 && !a.n.Replays() || a.n.Peers.Holds(brokers.Bool("peer_counts_as_iosource"))
	}
	a.n.Loaded = func() error {
		for _, id := range a.n.Options().Print {
			if a.names.Lookup(id) == nil {
				d.Reports.Warnf("--print %s: no script exports that name%s", id, script.DidYouMean(id, a.names.Names()))
			}
		}
		return options.Unused()
	}
	a.n.Prints = a.print
	a.n.Config = configuration{options, a.space}
	a.n.Eval = func(text string) node.Evaluated { return a.eval(d, text) }
	a.n.Describe = a.describe
	return nil
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
