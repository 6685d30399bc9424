package tracefile

import (
	"fmt"
	"strings"
	"time"

	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// entry draws an entry.
func (d *drawing) entry(e *Entry) {
	switch {
	case e.Message != nil:
		d.message(e.Message)
	case e.Node == "":
		d.world(e)
	default:
		d.note(e)
	}
}

// row writes a row: the time if it is a new one, the lifelines with what is drawn over them, and the label.
func (d *drawing) row(at time.Duration, over func(cells []rune), label string) {
	cells := blank(d.x(max(0, len(d.nodes)-1)) + 3)
	if at != d.last || !d.begunTime {
		text := clock(at)
		write(cells, d.time-len(text), text)
	}
	d.last, d.begunTime = at, true
	for i := range d.nodes {
		cells[d.x(i)] = d.lifeline(i)
	}
	if over != nil {
		over(cells)
	}
	d.put(string(cells) + label)
}

// message draws an arrow from one lifeline to another.
func (d *drawing) message(m *Message) {
	label := d.label(m)
	from, ok := d.index[m.From]
	to, there := d.index[m.To]
	if !ok || !there {
		d.row(m.At, nil, fmt.Sprintf("%s > %s: %s", shownName(m.From), shownName(m.To), label))
		return
	}
	d.row(m.At, func(cells []rune) { d.arrow(cells, from, to, m.Lost) }, label)
}

// arrow draws one that begins at a lifeline and ends before another, across those between.
func (d *drawing) arrow(cells []rune, from, to int, lost bool) {
	a, b, tail, head, back := d.x(from), d.x(to), d.right, d.toRight, -1
	if from > to {
		tail, head, back = d.left, d.toLeft, 1
	}
	if lost {
		head = d.ink.lost
	}
	for x := min(a, b) + 1; x < max(a, b); x++ {
		if (x-d.first)%d.step == 0 {
			cells[x] = d.cross
		} else {
			cells[x] = d.wire
		}
	}
	cells[a] = tail
	if from != to {
		cells[b+back] = head
	}
}

// world draws what happens to all nodes across all lifelines.
func (d *drawing) world(e *Entry) {
	band := func(cells []rune) {
		for x := d.first; x < d.x(len(d.nodes)-1); x++ {
			if (x-d.first)%d.step != 0 {
				cells[x] = d.band
			}
		}
	}
	d.row(e.At, band, script.Printable(strings.TrimSpace(string(e.What)+" "+e.Text)))
}

// note draws what happens to a node on its lifeline. What it has printed has a row for each line.
func (d *drawing) note(e *Entry) {
	mark, name, again := d.mark, shownName(e.Node), d.seen[e.Node]
	d.follow(e)
	var texts []string
	switch e.What {
	case Out, Err:
		for line := range strings.SplitSeq(strings.TrimRight(e.Text, "\n"), "\n") {
			texts = append(texts, script.Printable(line))
		}
		if e.What == Out {
			texts[0] = name + " prints " + texts[0]
		} else {
			texts[0] = name + " reports " + texts[0]
		}
	case Crashed, Stopped:
		mark = d.down
		texts = []string{name + " " + string(e.What)}
	case Loaded:
		mark = d.up
		texts = []string{name + " loaded"}
		if again {
			texts[0] += " again"
		}
	default:
		texts = []string{script.Printable(strings.TrimSpace(name + " " + string(e.What) + " " + e.Text))}
	}
	for i, text := range texts {
		d.row(e.At, func(cells []rune) {
			if at, ok := d.index[e.Node]; ok && i == 0 {
				cells[d.x(at)] = mark
			}
		}, text)
	}
}

// label says what a message is.
func (d *drawing) label(m *Message) string {
	text := script.Printable(d.content(m))
	switch {
	case m.Lost:
		text = "(lost) " + text
	case m.Again > m.Sent:
		text = fmt.Sprintf("(sent again after %v) %s", m.Again-m.Sent, text)
	}
	return text
}

func (d *drawing) content(m *Message) string {
	if m.handshake() {
		return handshakeName(m)
	}
	h, payload, err := m.Parse()
	if err != nil {
		return fmt.Sprintf("a frame of %d bytes that can't be read: %v", m.Size, err)
	}
	switch h.Type {
	case wire.TypeData:
		return d.event(m, payload) + " on " + script.Clip(h.Topic)
	case wire.TypeCommand, wire.TypeStore:
		return fmt.Sprintf("store command of %d bytes on %s", len(payload)+m.Size-len(m.Frame), script.Clip(h.Topic))
	case wire.TypeRoutingUpdate:
		return routing(payload)
	case wire.TypePing:
		return "ping"
	case wire.TypePong:
		return "pong"
	}
	return linkControl(payload)
}

// event shows an event.
func (d *drawing) event(m *Message, payload []byte) string {
	if d.Describe != nil && m.Whole() {
		return d.Describe(payload)
	}
	name, err := wire.EventName(payload)
	size := len(payload) + m.Size - len(m.Frame)
	if err != nil {
		return fmt.Sprintf("a message of %d bytes", size)
	}
	return fmt.Sprintf("%s(%d bytes)", script.Clip(name), size)
}

// lifecycle tells whether a message is about the link and not what nodes have to say.
func (m *Message) lifecycle() bool {
	if m.handshake() {
		return true
	}
	h, _, err := m.Parse()
	return err == nil && h.Type != wire.TypeData && h.Type != wire.TypeCommand && h.Type != wire.TypeStore
}

var handshakeNames = map[uint8]string{
	wire.TypeHello: "hello", wire.TypeProbe: "probe", wire.TypeVersionSelect: "version select", wire.TypeDropConn: "drop conn",
	wire.TypeOriginatorSyn: "originator syn", wire.TypeResponderSynAck: "responder syn ack", wire.TypeOriginatorAck: "originator ack",
}

// handshakeName shows a message of a handshake.
func handshakeName(m *Message) string {
	frame := m.Frame[wire.LengthSize:]
	text := "handshake: " + handshakeNames[frame[0]]
	if h, err := wire.ParseHandshake(frame); err == nil {
		if drop, ok := h.(wire.DropConn); ok {
			text += fmt.Sprintf(" (%v: %s)", drop.Code, script.Clip(drop.Text))
		}
	}
	return text
}

// routing shows what somebody subscribes.
func routing(payload []byte) string {
	filter, err := wire.ParseFilter(payload)
	if err != nil {
		return "routing update"
	}
	const few = 4
	more := ""
	if len(filter) > few {
		more = fmt.Sprintf(" and %d more", len(filter)-few)
		filter = filter[:few]
	}
	for i, topic := range filter {
		filter[i] = script.Clip(topic)
	}
	return "routing update: " + strings.Join(filter, " ") + more
}

// controls are the kinds of link control (net/peering).
var controls = [...]string{"", "hello", "counters", "bye", "done", "admitted"}

// linkControl shows link control.
func linkControl(payload []byte) string {
	if len(payload) == 0 || int(payload[0]) >= len(controls) {
		return "link control"
	}
	return "link " + controls[payload[0]]
}
