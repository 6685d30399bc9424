package peering

import (
	"errors"
	"time"

	"moonpeer/net/endpoint"
	"moonpeer/net/lane"
	"moonpeer/net/step"
	"moonpeer/net/tlsconf"
)

// DefaultPeerTimeout is how long a peer may be silent, and MinPeerTimeout the least that can be asked for.
const (
	DefaultPeerTimeout = 10 * time.Second
	MinPeerTimeout     = 5 * time.Second
)

// Settings are how links behave that are made from now on.
type Settings struct {
	// TLS names the certificates. The zero value: encrypted, nobody authenticated.
	TLS tlsconf.Options
	// Limits bound the lanes; zero fields mean lane.DefaultLimits.
	Limits [step.NumLanes]lane.Limits
	// PeerTimeout is how long a peer may be silent. Zero means DefaultPeerTimeout, less than MinPeerTimeout means that.
	PeerTimeout time.Duration
	// PeakWindow is after how long Stats.MaxQueuedRecently forgets. Zero means a minute.
	PeakWindow time.Duration
	// MaxFrame is the largest frame, by its length field. Zero means wire.DefaultMaxFrame.
	MaxFrame int
}

// Timeout is the peer timeout with its default and its least value.
func (s Settings) Timeout() time.Duration {
	if s.PeerTimeout == 0 {
		return DefaultPeerTimeout
	}
	return max(s.PeerTimeout, MinPeerTimeout)
}

// peakWindow is PeakWindow with its default.
func (s Settings) peakWindow() time.Duration {
	if s.PeakWindow == 0 {
		return time.Minute
	}
	return s.PeakWindow
}

// Transport opens sockets. Only the loop calls it.
type Transport interface {
	// Listen opens a listener, whose connections come as Up to port at. It does not wait for anything but the system
	// calls; the error says what is wrong with the address or who has the port.
	Listen(at step.PortID, a Address, s Settings) (Listener, error)
	// Dial begins to connect. One Up follows at port at, however it ends.
	Dial(at step.PortID, a Address, s Settings)
	// WatchesSilence reports whether links end by themselves when the other end has been silent for the peer timeout,
	// also if only its loop does not run. Then no pings are sent.
	WatchesSilence() bool
}

// Errors of Transport.Listen that may go away.
var (
	ErrInUse     = errors.New("the port is in use")
	ErrNoAddress = errors.New("no interface of this machine has that address")
)

// Listener is an open listener. Only the loop calls it.
type Listener interface {
	// Port is the port that is bound.
	Port() int
	// Close stops accepting; connections that were accepted stay.
	Close()
}

// Link is a connection. Until Bind nothing arrives from it, and until Open only its control lane.
type Link interface {
	endpoint.Link
	// Bind gives the link its port: inputs begin.
	Bind(id step.LinkID)
	// Open has the other lanes read: the other end is known.
	Open()
	// AppendFrame puts a whole frame, copied, into a lane: handshakes have no header. It needs a Flush, as Append.
	AppendFrame(l step.Lane, frame []byte) step.Verdict
	// Broker reports whether frames have Broker's header, so that there is neither a hello nor more than one lane.
	Broker() bool
	// Queued is what waits in a lane, Peak the most messages that did since ResetPeak, and Overflows how many bursts
	// of drops there were.
	Queued(l step.Lane) step.Count
	Peak(l step.Lane) uint64
	ResetPeak()
	Overflows(l step.Lane) uint64
}

// Up says that a connection is there, or that a dial has failed. It comes to the port of the listener or the dial.
type Up struct {
	At     step.PortID
	Link   Link // nil if Err is set
	Remote Address
	Err    error // why the dial failed
	// Granted are the names of the other end's certificate. Nil if it was not verified.
	Granted []string
}

// Port is the port of the listener or the dial.
func (u Up) Port() step.PortID { return u.At }

// Ports is where the table gets ports from.
type Ports interface {
	// OpenPort returns a new port whose inputs go to owner. An input that is not done comes again in the next turn.
	OpenPort(owner func(in step.Input) (done bool)) step.PortID
	// DropPort forgets a port and what still waits there.
	DropPort(id step.PortID)
}
