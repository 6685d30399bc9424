package flow

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"moonpeer/net/broker"
)

const second = broker.Timestamp(broker.Second)

func addr(s string) broker.Address {
	a, err := broker.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

// recorder writes down events; what a connection looked like at its end is kept, as the table uses it again.
type recorder struct {
	log   []string
	ended []Conn
}

func (r *recorder) ConnEvent(kind EventKind, c *Conn) {
	r.log = append(r.log, fmt.Sprintf("%s %s:%d", kind, c.ID.OrigH, c.ID.OrigP.Number))
	if kind == StateRemove {
		r.ended = append(r.ended, *c)
	}
}

func (r *recorder) count(kind EventKind) (n int) {
	for _, l := range r.log {
		if strings.HasPrefix(l, kind.String()+" ") {
			n++
		}
	}
	return n
}

// talk feeds a table with the packets of one TCP conversation between a client and a server. Its words are
// side:flags or side:flags+payload, o for the client and r for the server: "o:S r:SA o:A o:PA+100".
// "=5" says that the next packet repeats the sequence number of 5 bytes before, ">90" lets 90 seconds pass.
type talk struct {
	recorder
	t        *testing.T
	tab      *Table
	now      broker.Timestamp
	cl, sv   broker.Address
	cp, sp   uint16
	cs, ss   uint32 // next sequence numbers
	headerIP int
}

func newTalk(t *testing.T, o Options) *talk {
	t.Helper()
	tab, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &talk{t: t, tab: tab, now: 1000 * second, cl: addr("10.0.0.1"), sv: addr("10.1.0.10"), cp: 40000, sp: 80,
		cs: 1000, ss: 500000, headerIP: 40}
}

func (k *talk) say(words string) *talk {
	k.t.Helper()
	back := uint32(0)
	for _, w := range strings.Fields(words) {
		switch w[0] {
		case '>':
			k.pass(k.number(w[1:]))
		case '=':
			back = uint32(k.number(w[1:]))
		default:
			k.packet(w, back)
			back = 0
		}
	}
	return k
}

func (k *talk) number(s string) int {
	k.t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		k.t.Fatal(err)
	}
	return n
}

// pass lets seconds go by; what is due by then ends.
func (k *talk) pass(seconds int) {
	k.now += broker.Timestamp(seconds) * second
	k.expire()
}

func (k *talk) expire() {
	for {
		if _, ok := k.tab.Expire(k.now, k); !ok {
			return
		}
	}
}

func (k *talk) packet(w string, back uint32) {
	k.t.Helper()
	who, what, _ := strings.Cut(w, ":")
	letters, size, _ := strings.Cut(what, "+")
	p := Packet{Proto: broker.TCP}
	for _, c := range letters {
		p.Flags |= map[rune]Flags{'S': SYN, 'A': ACK, 'F': FIN, 'R': RST, 'P': 1 << 3}[c]
	}
	if size != "" {
		p.Payload = k.number(size)
	}
	p.IPLen = k.headerIP + p.Payload
	k.now += second / 1000
	p.Time = k.now
	mine, theirs := &k.cs, &k.ss
	p.Src, p.SrcPort, p.Dst, p.DstPort = k.cl, k.cp, k.sv, k.sp
	if who == "r" {
		mine, theirs = theirs, mine
		p.Src, p.SrcPort, p.Dst, p.DstPort = p.Dst, p.DstPort, p.Src, p.SrcPort
	}
	p.Seq = *mine - back
	if p.Flags.Has(ACK) {
		p.Ack = *theirs
	}
	*mine = p.Seq + p.sequenceLen()
	if p.Flags.Has(RST) {
		*mine = p.Seq
	}
	k.expire()
	k.tab.Packet(&p, k)
}

// conn returns the only live connection.
func (k *talk) conn() *Conn {
	k.t.Helper()
	if len(k.tab.conns) != 1 {
		k.t.Fatalf("got %d live connections, want 1: %q", len(k.tab.conns), k.log)
	}
	return k.tab.first
}
