package brokerlib

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// Network is what the module needs of the node's transports. Calls return at once; what comes of them arrives as
// the events of the framework.
type Network interface {
	// Listen opens a listener and returns the bound port; port 0 lets the system choose.
	Listen(a peering.Address, retry broker.Timespan) (port int, err error)
	// ListenWebSocket is the same for WebSocket clients.
	ListenWebSocket(a peering.Address, retry broker.Timespan) (port int, err error)
	// Peer starts dialling, for ever unless retry is 0. It returns an error when no attempt is possible.
	Peer(a peering.Address, retry broker.Timespan) error
	// Unpeer ends what Peer began; an error when there is no such peer.
	Unpeer(a peering.Address) error
	// Peers lists the peers, the same order each time.
	Peers() []PeerInfo
	// Stats lists what waits and was dropped per peer.
	Stats() []PeeringStats
}

// PeerInfo is a read-only record about one peer; scripts see its fields by their Lua names.
type PeerInfo struct {
	Peer       EndpointInfo `luar:"peer"`
	Status     string       `luar:"status"`
	IsOutbound bool         `luar:"is_outbound"`
	Node       string       `luar:"node"`
}

// EndpointInfo says who a peer is.
type EndpointInfo struct {
	ID      string      `luar:"id"`
	Network NetworkInfo `luar:"network"`
}

// NetworkInfo says where a peer is.
type NetworkInfo struct {
	Address   string `luar:"address"`
	BoundPort int    `luar:"bound_port"`
}

// PeeringStats are the figures of one peer, over all links with it.
type PeeringStats struct {
	ID                string    `luar:"id"`
	Node              string    `luar:"node"`
	Address           string    `luar:"address"`
	Connected         bool      `luar:"connected"`
	NumQueued         int       `luar:"num_queued"`
	MaxQueuedRecently int       `luar:"max_queued_recently"`
	NumOverflows      int       `luar:"num_overflows"`
	NumBursts         int       `luar:"num_bursts"`
	Control           LaneStats `luar:"control"`
	Events            LaneStats `luar:"events"`
	Stores            LaneStats `luar:"stores"`
	Logs              LaneStats `luar:"logs"`
}

// LaneStats is the account of one lane, in messages: offered = dropped + queued + in flight + received + lost.
type LaneStats struct {
	Offered      int `luar:"offered"`
	Dropped      int `luar:"dropped"`
	Queued       int `luar:"queued"`
	InFlight     int `luar:"in_flight"`
	Received     int `luar:"received"` // by the peer, as it says
	Lost         int `luar:"lost"`
	Taken        int `luar:"taken"` // from the peer
	OfferedBytes int `luar:"offered_bytes"`
	TakenBytes   int `luar:"taken_bytes"`
}

// Lane returns the account of a lane.
func (p *PeeringStats) Lane(l step.Lane) *LaneStats {
	switch l {
	case step.LaneEvents:
		return &p.Events
	case step.LaneStores:
		return &p.Stores
	case step.LaneLogs:
		return &p.Logs
	}
	return &p.Control
}

// listen{address=, port=, retry=, transport=} or listen(addr, port, retry): the bound port, or nil and why.
func (l *Lib) listen(L *lua.LState) int {
	return l.open(L, "listen", "quic", "default_listen_address", "default_port", l.Net.Listen)
}

// listen_websocket is listen for WebSocket clients.
func (l *Lib) listenWebSocket(L *lua.LState) int {
	return l.open(L, "listen_websocket", "ws", "default_listen_address_websocket", "default_port_websocket", l.Net.ListenWebSocket)
}

func (l *Lib) open(L *lua.LState, fn, transport, host, port string, open func(peering.Address, broker.Timespan) (int, error)) int {
	l.Effects(L, "broker."+fn)
	a := peering.Address{Transport: transport, Host: l.settings.text(host), Port: int(l.settings.port(port).Number)}
	retry := l.settings.interval("default_listen_retry")
	if err := l.addressArgs(L, &a, &retry); err != nil {
		L.RaiseError("broker.%s: %s", fn, err.Error())
	}
	if a.Host == "" && l.settings.byName[host].fixed {
		a.Host = l.settings.text(host)
	}
	if l.settings.byName["default_listen_retry"].fixed {
		retry = l.settings.interval("default_listen_retry")
	}
	bound, err := open(a, retry)
	if err != nil {
		l.d.Reports.Errorf("Failed to listen on %s: %v", a.HostPort(), err)
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(lua.LNumber(bound))
	return 1
}

// peer(addr, port, retry) or peer "quic://host:port": true when dialling has begun, or false and why.
func (l *Lib) peer(L *lua.LState) int {
	l.Effects(L, "broker.peer")
	retry := l.settings.interval("default_connect_retry")
	a := peering.Address{Transport: "quic", Port: int(l.settings.port("default_port").Number)}
	if err := l.addressArgs(L, &a, &retry); err != nil {
		L.RaiseError("broker.peer: %s", err.Error())
	}
	if a.Host == "" {
		L.RaiseError("broker.peer: an address is needed, such as \"quic://10.0.0.1:9999\"")
	}
	if l.settings.byName["default_connect_retry"].fixed {
		retry = l.settings.interval("default_connect_retry")
	}
	return l.outcome(L, "broker.peer", a, l.Net.Peer(a, retry))
}

// unpeer(addr, port): true when that peer was ours to drop, or false and why.
func (l *Lib) unpeer(L *lua.LState) int {
	l.Effects(L, "broker.unpeer")
	var retry broker.Timespan
	a := peering.Address{Transport: "quic", Port: int(l.settings.port("default_port").Number)}
	if err := l.addressArgs(L, &a, &retry); err != nil {
		L.RaiseError("broker.unpeer: %s", err.Error())
	}
	return l.outcome(L, "broker.unpeer", a, l.Net.Unpeer(a))
}

func (l *Lib) outcome(L *lua.LState, what string, a peering.Address, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	return l.refuse(L, fmt.Errorf("%s %s: %w", what, a, err))
}

// addressArgs reads an address in any of its forms into a and retry, which hold the defaults.
func (l *Lib) addressArgs(L *lua.LState, a *peering.Address, retry *broker.Timespan) error {
	var host, port, again, transport lua.LValue
	if t, ok := L.Get(1).(*lua.LTable); ok {
		var err error
		t.ForEach(func(k, v lua.LValue) {
			switch k.String() {
			case "address":
				host = v
			case "port":
				port = v
			case "retry":
				again = v
			case "transport":
				transport = v
			default:
				err = fmt.Errorf("unknown field %q (there are address, port, retry and transport)", k)
			}
		})
		if err != nil {
			return err
		}
	} else {
		host, port, again = L.Get(1), L.Get(2), L.Get(3)
	}
	if err := readHost(a, host); err != nil {
		return err
	}
	if err := readPort(a, port); err != nil {
		return err
	}
	if err := readTransport(a, transport); err != nil {
		return err
	}
	if !absent(again) {
		t, ok := convert.AsInterval(again)
		if !ok || t < 0 || t > 0 && t < leastRetry {
			return fmt.Errorf("retry is 0 or an interval of at least 10 ms, got %s", convert.DescribeInterval(again))
		}
		*retry = t
	}
	return nil
}

func absent(v lua.LValue) bool { return v == nil || v == lua.LNil }

func readTransport(a *peering.Address, v lua.LValue) error {
	if absent(v) {
		return nil
	}
	s := v.String()
	if !slices.Contains(peering.Transports, s) {
		return fmt.Errorf("unknown transport %q (there are %s)", s, strings.Join(peering.Transports, ", "))
	}
	a.Transport = s
	return nil
}

// readHost takes "host", "host:port", "scheme://host:port" and addr values.
func readHost(a *peering.Address, v lua.LValue) error {
	if absent(v) {
		return nil
	}
	if ip, ok := convert.AsAddress(v); ok {
		a.Host = ip.String()
		return nil
	}
	s, ok := v.(lua.LString)
	if !ok {
		return fmt.Errorf("address is text or an addr, got %s", v.Type())
	}
	parsed, err := peering.ParseAddress(string(s), *a)
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// readPort takes a number or a port, whose protocol does not matter: the transport decides.
func readPort(a *peering.Address, v lua.LValue) error {
	if absent(v) {
		return nil
	}
	if p, ok := convert.AsPort(v); ok {
		if p.Proto == broker.ICMP {
			return fmt.Errorf("port %s: only tcp and udp", p)
		}
		a.Port = int(p.Number)
		return nil
	}
	n, ok := v.(lua.LNumber)
	if !ok || n < 0 || n > 65535 || float64(n) != float64(int(n)) {
		return fmt.Errorf("port is a number from 0 to 65535 or a port, got %s", v)
	}
	a.Port = int(n)
	return nil
}

// peers(): an array of {peer={id=, network={address=, bound_port=}}, status=, is_outbound=}.
func (l *Lib) peers(L *lua.LState) int {
	list := L.NewTable()
	for _, p := range l.Net.Peers() {
		list.Append(luar.New(L, &p))
	}
	L.Push(list)
	return 1
}

// peering_stats(): a table from peer id to its figures.
func (l *Lib) peeringStats(L *lua.LState) int {
	t := L.NewTable()
	for _, s := range l.Net.Stats() {
		t.RawSetString(s.ID, luar.New(L, &s))
	}
	L.Push(t)
	return 1
}
