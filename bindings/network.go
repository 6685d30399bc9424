package bindings

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"moonpeer/bindings/brokerlib"
	"moonpeer/net/broker"
	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/tlsconf"
	"moonpeer/runtime/node"
)

// network is the node's peers as scripts see them: brokerlib.Network.
type network struct {
	n       *node.Node
	options *brokerlib.Lib // of the scripts that run now
}

// settings are how links behave that are made from now on, by broker.options.
func (w *network) settings() peering.Settings {
	o, tls := w.options, w.n.Options().TLS
	policy, _ := lane.ParsePolicy(o.Text("peer_overflow_policy")) // the option takes nothing else
	text := func(name, otherwise string) string {
		if s := o.Text(name); s != "" {
			return s
		}
		return otherwise
	}
	return peering.Settings{
		TLS: tlsconf.Options{
			Certificate: text("ssl_certificate", tls.Certificate), Keyfile: text("ssl_keyfile", tls.Keyfile),
			Passphrase: text("ssl_passphrase", tls.Passphrase), CAFile: text("ssl_cafile", tls.CAFile), CAPath: text("ssl_capath", tls.CAPath),
		},
		Limits: [step.NumLanes]lane.Limits{
			step.LaneEvents: {Messages: int(o.Count("peer_buffer_size")), Policy: policy},
		},
		PeerTimeout: time.Duration(o.Interval("peer_timeout")),
		PeakWindow:  time.Duration(o.Interval("buffer_stats_reset_interval")),
		MaxFrame:    w.n.Options().Limits.MaxFrame,
	}
}

// Listen implements brokerlib.Network.
func (w *network) Listen(a peering.Address, retry broker.Timespan) (int, error) {
	return w.n.Peers.Listen(a, time.Duration(retry), w.settings())
}

// ListenWebSocket implements brokerlib.Network.
func (w *network) ListenWebSocket(a peering.Address, _ broker.Timespan) (int, error) {
	return 0, fmt.Errorf("this version has no %s transport, only quic", a.Transport)
}

// Peer implements brokerlib.Network.
func (w *network) Peer(a peering.Address, retry broker.Timespan) error {
	return w.n.Peers.Dial(a, time.Duration(retry), w.settings)
}

// Unpeer implements brokerlib.Network.
func (w *network) Unpeer(a peering.Address) error { return w.n.Peers.Unpeer(a) }

// Peers implements brokerlib.Network.
func (w *network) Peers() []brokerlib.PeerInfo {
	var out []brokerlib.PeerInfo
	for _, p := range w.n.Peers.Peers() {
		out = append(out, brokerlib.PeerInfo{
			Peer:   brokerlib.EndpointInfo{ID: p.ID.String(), Network: brokerlib.NetworkInfo{Address: p.Address.Host, BoundPort: p.Address.Port}},
			Status: "PEERED", IsOutbound: p.Outbound, Node: p.Name,
		})
	}
	return out
}

// Stats implements brokerlib.Network.
func (w *network) Stats() []brokerlib.PeeringStats {
	var out []brokerlib.PeeringStats
	for _, s := range w.n.Peers.Stats() {
		events := s.Lanes[step.LaneEvents]
		p := brokerlib.PeeringStats{ID: s.ID.String(), Node: s.Name, Address: s.Address.String(), Connected: s.Connected,
			NumQueued: int(events.Queued.Messages), MaxQueuedRecently: int(s.MaxQueuedRecently), NumOverflows: int(events.Dropped.Messages), NumBursts: int(s.Overflows)}
		for l, n := range s.Lanes {
			*p.Lane(step.Lane(l)) = brokerlib.LaneStats{
				Offered: int(n.Offered.Messages), Dropped: int(n.Dropped.Messages), Queued: int(n.Queued.Messages),
				InFlight: int(n.InFlight.Messages), Received: int(n.Received.Messages), Lost: int(n.Lost.Messages),
				Taken: int(n.Taken.Messages), OfferedBytes: int(n.Offered.Bytes), TakenBytes: int(n.Taken.Bytes),
			}
		}
		out = append(out, p)
	}
	return out
}

// open listens and dials what the command line and the settings name, with the scripts' options.
func (w *network) open(listen, peer []peering.Address) error {
	retry := time.Duration(w.options.Interval("default_listen_retry"))
	for _, a := range listen {
		if _, err := w.Listen(a, broker.Timespan(retry)); err != nil {
			if retry == 0 || !errors.Is(err, peering.ErrInUse) && !errors.Is(err, peering.ErrNoAddress) {
				return fmt.Errorf("listening on %s: %w", a, err)
			}
			w.n.Domain.Reports.Warnf("Failed to listen on %s: %v; trying again every %v", a.HostPort(), err, retry)
		}
	}
	for _, a := range peer {
		if err := w.Peer(a, w.options.Interval("default_connect_retry")); err != nil {
			return fmt.Errorf("peering with %s: %w", a, err)
		}
	}
	return nil
}

// zeekName is a Broker code as scripts know it: PEER_UNAVAILABLE.
func zeekName(c broker.Code) string { return strings.ToUpper(c.String()) }

// happened raises an event of the framework (zeek/frameworks.md §1.4).
func (w *network) happened(e peering.Event) {
	if e.Error != nil {
		at := e.Error.Endpoint
		w.options.RaiseError(zeekName(e.Error.Code), fmt.Sprintf("(%s, *%s:%d, %q)", broker.EndpointID{}, at.Host, at.Port, e.Error.Context))
		return
	}
	s := e.Status
	w.options.RaiseStatus(s.Code.String(), s.Endpoint.ID.String(), s.Endpoint.Host, s.Endpoint.Port, s.Message)
}
