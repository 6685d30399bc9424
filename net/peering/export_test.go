package peering

// Left is how many connections and timers a table holds.
func (t *Table) Left() (conns, timers int) { return len(t.conns), t.heap.Len() }

// Met is how many endpoints a table remembers.
func (t *Table) Met() int { return len(t.entries) }

var stateNames = map[state]string{
	awaitHello: "await_hello", awaitHelloOrVersion: "await_hello_or_version_select", paused: "paused",
	awaitVersionSelect: "await_version_select", awaitOriginatorSyn: "await_originator_syn",
	awaitResponderSynAck: "await_responder_syn_ack", awaitOriginatorAck: "await_originator_ack",
	awaitLinkHello: "await_link_hello", awaitAdmitted: "await_admitted", peered: "peered", leaving: "leaving", refused: "refused", closing: "closing",
}

// State is how far the connection over a link has come; "" if it is over.
func (t *Table) State(l Link) string {
	for _, c := range t.conns {
		if c.link == l {
			return stateNames[c.state]
		}
	}
	return ""
}

// Names of what is in a link control message.
const (
	KindHello    = kindHello
	KindCounters = kindCounters
	KindBye      = kindBye
	KindDone     = kindDone
	KindAdmitted = kindAdmitted
)

// LaneCounts is what counters and hellos carry.
type LaneCounts = laneCounts

// Hello is the content of a link hello.
type Hello struct {
	Forwards     bool
	Stores       bool
	Asks         bool
	Name         string
	Epoch        uint64
	Link, Former uint64
	Taken        LaneCounts
}

// AppendHello writes a hello with its kind.
func AppendHello(b []byte, h Hello) []byte {
	in := hello{h.Forwards, h.Stores, h.Asks, h.Name, h.Epoch, h.Link, h.Former, h.Taken}
	return in.append(b)
}

// ParseHello reads a hello behind its kind.
func ParseHello(b []byte) (Hello, error) {
	h, err := parseHello(b)
	return Hello{h.forwards, h.stores, h.asks, h.name, h.epoch, h.link, h.former, h.taken}, err
}

// AppendCounts and ParseCounts are the body of counters.
func AppendCounts(b []byte, c LaneCounts) []byte     { return c.append(b) }
func ParseCounts(b []byte) (c LaneCounts, err error) { return parseCounts(b) }
