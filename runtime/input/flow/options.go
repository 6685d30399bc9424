package flow

import (
	"fmt"

	"moonpeer/net/broker"
)

// Options configure a table. A zero timeout means its default, which is Zeek's.
type Options struct {
	// LikelyServerPorts decides who is the originator where the first packet does not. nil means
	// [LikelyServerPorts]; an empty set guesses never, as Zeek's bare mode.
	LikelyServerPorts *PortSet
	// MaxFlows is the number of connections tracked at once, by default 1,000,000. One more ends the one whose
	// time would have been up first, or nearly so.
	MaxFlows int
	// Seed goes into connection ids.
	Seed uint64

	TCPTimeout   broker.Timespan // no packet of a TCP connection; 5 min
	UDPTimeout   broker.Timespan // no packet of a UDP one; 1 min
	ICMPTimeout  broker.Timespan // no packet of an ICMP one; 1 min
	AttemptDelay broker.Timespan // a SYN without an answer; 5 s
	CloseDelay   broker.Timespan // both sides closed; 5 s
	ResetDelay   broker.Timespan // a reset; 5 s
	// A connection that only one side closed is looked at every CloseCheck (6 s). Was there no packet for Linger
	// (5 s), it ends PartialCloseDelay (3 s) later if it stays silent.
	CloseCheck, Linger, PartialCloseDelay broker.Timespan
}

func (o Options) withDefaults() (Options, error) {
	if o.LikelyServerPorts == nil {
		o.LikelyServerPorts = LikelyServerPorts()
	}
	if o.MaxFlows == 0 {
		o.MaxFlows = 1_000_000
	}
	if o.MaxFlows < 1 {
		return o, fmt.Errorf("at most %d connections at once: want 1 or more", o.MaxFlows)
	}
	for _, d := range []struct {
		name string
		span *broker.Timespan
		def  broker.Timespan
	}{
		{"TCPTimeout", &o.TCPTimeout, 5 * broker.Minute},
		{"UDPTimeout", &o.UDPTimeout, broker.Minute},
		{"ICMPTimeout", &o.ICMPTimeout, broker.Minute},
		{"AttemptDelay", &o.AttemptDelay, 5 * broker.Second},
		{"CloseDelay", &o.CloseDelay, 5 * broker.Second},
		{"ResetDelay", &o.ResetDelay, 5 * broker.Second},
		{"CloseCheck", &o.CloseCheck, 6 * broker.Second},
		{"Linger", &o.Linger, 5 * broker.Second},
		{"PartialCloseDelay", &o.PartialCloseDelay, 3 * broker.Second},
	} {
		if *d.span < 0 || *d.span > maxTimeout {
			return o, fmt.Errorf("%s is %s: want more than 0 and at most a year", d.name, broker.FormatInterval(*d.span))
		}
		if *d.span == 0 {
			*d.span = d.def
		}
	}
	return o, nil
}

// maxTimeout keeps sums of times away from overflow.
const maxTimeout = 366 * broker.Day
