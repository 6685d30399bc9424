package wire_test

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/internal/vectors"
	"moonpeer/net/wire"
)

// TestMessages reads and writes every recorded message, each by the codec of
// its kind.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, v := range vectors.LoadMessages(t) {
		t.Run(v.Name, func(t *testing.T) {
			if v.Kind == "handshake" {
				checkHandshake(t, v)
				return
			}
			checkBrokerFrame(t, v)
			switch {
			case v.Kind == "data" || strings.HasPrefix(v.Kind, "zeek-"):
				checkData(t, v)
			case v.Kind == "routing-update":
				checkFilter(t, v)
			case v.Kind == "store-command":
				checkCommand(t, v)
			case v.Kind == "ping" || v.Kind == "pong":
				// the payload is bytes; the frame is all there is
			default:
				t.Fatalf("unknown kind %q", v.Kind)
			}
			if strings.HasPrefix(v.Kind, "zeek-") {
				checkZeek(t, v)
			}
		})
	}
}

func checkBrokerFrame(t *testing.T, v vectors.Message) {
	if n, err := wire.FrameLen(v.Frame, len(v.Node)); err != nil || n != len(v.Frame) {
		t.Errorf("FrameLen %d, %v, want %d", n, err, len(v.Frame))
	}
	typ := v.TypeTag
	if v.Kind == "store-command" {
		typ = wire.TypeCommand // the recording has other fields for these
	}
	want := wire.Header{
		Type: typ, TTL: v.TTL, Topic: []byte(v.Topic),
		LastHop: parseID(t, v.Sender), Receiver: parseID(t, v.Receiver),
	}
	h, payload, err := wire.ParseBrokerFrame(v.Node)
	if err != nil || !reflect.DeepEqual(h, want) || !bytes.Equal(payload, v.Payload) {
		t.Errorf("parsed %+v, %x, %v\nwant %+v, %x", h, payload, err, want, v.Payload)
	}
	frame, err := wire.AppendBrokerFrame(nil, &want, v.Payload, wire.DefaultMaxFrame)
	if err != nil || !bytes.Equal(frame, v.Frame) {
		t.Errorf("frame %x, %v\nwant  %x", frame, err, v.Frame)
	}
}

func checkData(t *testing.T, v vectors.Message) {
	d, err := wire.DecodeData(v.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if got := broker.Text(d); got != v.DataText {
		t.Errorf("text %q, want %q", got, v.DataText)
	}
	if got := wire.AppendData(nil, d); !bytes.Equal(got, v.Payload) {
		t.Errorf("encoded %x, want %x", got, v.Payload)
	}
}

// checkZeek reads a Zeek message by its shape and writes it again.
func checkZeek(t *testing.T, v vectors.Message) {
	want := map[string]wire.ZeekType{
		"zeek-event": wire.ZeekEvent, "zeek-log-create": wire.ZeekLogCreate, "zeek-log-write": wire.ZeekLogWrite,
		"zeek-identifier-update": wire.ZeekIdentifierUpdate, "zeek-batch": wire.ZeekBatch,
	}[v.Kind]
	typ, r, err := wire.ParseZeekHeader(v.Payload)
	if err != nil || typ != want {
		t.Fatalf("type %d, %v, want %d", typ, err, want)
	}
	switch typ {
	case wire.ZeekEvent:
		checkEvent(t, v.Payload)
	case wire.ZeekBatch:
		checkBatch(t, v.Payload)
	case wire.ZeekIdentifierUpdate:
		name, value, err := wire.ParseIdentifier(v.Payload)
		if err != nil {
			t.Fatal(err)
		}
		got := append(wire.AppendIdentifierHeader(nil, string(name)), value.Rest()...)
		if !bytes.Equal(got, v.Payload) {
			t.Errorf("encoded %x, want %x", got, v.Payload)
		}
	default:
		if got := append(wire.AppendZeekHeader(nil, typ), r.Rest()...); !bytes.Equal(got, v.Payload) {
			t.Errorf("encoded %x, want %x", got, v.Payload)
		}
	}
}

func checkEvent(t *testing.T, payload []byte) {
	ev, err := wire.ParseEvent(payload)
	if err != nil {
		t.Fatal(err)
	}
	start := wire.AppendEventHeader
	if ev.Meta != nil {
		start = wire.AppendEventHeaderMeta
	}
	got := start(nil, string(ev.Name), ev.NArgs)
	for range ev.NArgs {
		d, err := ev.Args.Data()
		if err != nil {
			t.Fatal(err)
		}
		got = wire.AppendData(got, d)
	}
	if got = append(got, ev.Meta...); !bytes.Equal(got, payload) {
		t.Errorf("encoded %x, want %x", got, payload)
	}
}

func checkBatch(t *testing.T, payload []byte) {
	batch, err := wire.ParseBatch(payload)
	if err != nil {
		t.Fatal(err)
	}
	got := wire.AppendVectorHeader(wire.AppendZeekHeader(nil, wire.ZeekBatch), batch.Len())
	for m, ok := batch.Next(); ok; m, ok = batch.Next() {
		if _, _, err := wire.ParseZeekHeader(m); err != nil {
			t.Errorf("message %x: %v", m, err)
		}
		got = append(got, m...)
	}
	if !bytes.Equal(got, payload) {
		t.Errorf("encoded %x, want %x", got, payload)
	}
}

func checkFilter(t *testing.T, v vectors.Message) {
	filter, err := wire.ParseFilter(v.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if got := "routing_update(<$>, {" + strings.Join(filter, ", ") + "})"; got != v.Text {
		t.Errorf("parsed %s, want %s", got, v.Text)
	}
	if got := wire.AppendFilter(nil, filter); !bytes.Equal(got, v.Payload) {
		t.Errorf("encoded %x, want %x", got, v.Payload)
	}
}

func checkHandshake(t *testing.T, v vectors.Message) {
	m, err := wire.ParseHandshake(v.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if m.Type() != v.TypeTag {
		t.Errorf("type %d, want %d", m.Type(), v.TypeTag)
	}
	if got := handshakeText(m); got != v.Text {
		t.Errorf("parsed %s, want %s", got, v.Text)
	}
	if got := wire.AppendHandshake(nil, m); !bytes.Equal(got, v.Frame) {
		t.Errorf("encoded %x, want %x", got, v.Frame)
	}
}

// handshakeText is Broker's rendering in the recording.
func handshakeText(m wire.Handshake) string {
	const magic = "1514489163"
	num := func(n uint8) string { return strconv.Itoa(int(n)) }
	list := func(filter []string) string { return "([" + strings.Join(filter, ", ") + "])" }
	switch m := m.(type) {
	case wire.Probe:
		return "probe_msg(" + magic + ")"
	case wire.Hello:
		return "hello_msg(" + magic + ", " + m.ID.String() + ", " + num(m.Min) + ", " + num(m.Max) + ")"
	case wire.VersionSelect:
		return "version_select_msg(" + magic + ", " + m.ID.String() + ", " + num(m.Version) + ")"
	case wire.DropConn:
		return "drop_conn_msg(" + magic + ", " + m.ID.String() + ", " + num(uint8(m.Code)) + ", " + strconv.Quote(m.Text) + ")"
	case wire.OriginatorSyn:
		return "v1::originator_syn_msg" + list(m.Filter)
	case wire.ResponderSynAck:
		return "v1::responder_syn_ack_msg" + list(m.Filter)
	case wire.OriginatorAck:
		return "v1::originator_ack_msg()"
	}
	return "?"
}

func checkCommand(t *testing.T, v vectors.Message) {
	c, err := wire.ParseCommand(v.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if c.Seq != v.Seq || uint8(c.Kind) != v.CommandIndex {
		t.Errorf("seq %d kind %d, want %d and %d", c.Seq, c.Kind, v.Seq, v.CommandIndex)
	}
	if want := parseEntity(t, v.CmdSender); c.Sender != want {
		t.Errorf("sender %v, want %v", c.Sender, want)
	}
	if want := parseEntity(t, v.CmdReceiver); c.Receiver != want {
		t.Errorf("receiver %v, want %v", c.Receiver, want)
	}
	want := v.Text[strings.LastIndex(v.Text, c.Kind.String()+"("):]
	if got := commandText(t, &c); got+"))" != want {
		t.Errorf("parsed %s\nwant   %s", got, want)
	}
	if got := wire.AppendCommand(nil, &c); !bytes.Equal(got, v.Payload) {
		t.Errorf("encoded %x, want %x", got, v.Payload)
	}
	body, err := wire.ParseCommandBody(v.Payload[56:])
	if err != nil || !bytes.Equal(wire.AppendCommandBody(nil, &body), v.Payload[56:]) {
		t.Errorf("body alone: %+v, %v", body, err)
	}
}

// commandText is Broker's rendering of a command in the recording, made from
// the fields that Kind says are there.
func commandText(t *testing.T, c *wire.Command) string {
	var parts []string
	add := func(s ...string) { parts = append(parts, s...) }
	num := func(n uint64) string { return strconv.FormatUint(n, 10) }
	expiry := "null"
	if c.HasExpiry {
		expiry = "*" + string(c.Expiry.AppendUnits(nil))
	}
	switch c.Kind {
	case wire.CmdPut, wire.CmdSubtract:
		add(valueText(t, c.Key), valueText(t, c.Value), expiry)
	case wire.CmdPutUnique:
		add(valueText(t, c.Key), valueText(t, c.Value), expiry, entityText(c.Who), num(c.RequestID))
	case wire.CmdPutUniqueResult:
		add(strconv.FormatBool(c.Inserted), entityText(c.Who), num(c.RequestID))
	case wire.CmdErase, wire.CmdExpire:
		add(valueText(t, c.Key))
	case wire.CmdAdd:
		add(valueText(t, c.Key), valueText(t, c.Value), num(uint64(c.Init)), expiry)
	case wire.CmdAttachWriter:
		add(num(c.Number), num(uint64(c.Heartbeat)))
	case wire.CmdKeepalive, wire.CmdCumulativeAck, wire.CmdRetransmitFailed:
		add(num(c.Number))
	case wire.CmdNack:
		var list []string
		for _, n := range c.Missing {
			list = append(list, num(n))
		}
		add("[" + strings.Join(list, ", ") + "]")
	case wire.CmdAckClone:
		var items []string
		r := wire.NewReader(c.Snapshot)
		for range c.SnapshotLen {
			items = append(items, readText(t, &r)+" = "+readText(t, &r))
		}
		add(num(c.Number), num(uint64(c.Heartbeat)), "{"+strings.Join(items, ", ")+"}")
	}
	if c.Kind.IsAction() {
		add(entityText(c.Publisher))
	}
	return c.Kind.String() + "(" + strings.Join(parts, ", ") + ")"
}

func readText(t *testing.T, r *wire.Reader) string {
	d, err := r.Data()
	if err != nil {
		t.Fatal(err)
	}
	return broker.Text(d)
}

func valueText(t *testing.T, b []byte) string {
	r := wire.NewReader(b)
	return readText(t, &r)
}

func entityText(e wire.Entity) string {
	if e.IsZero() {
		return "none"
	}
	return strconv.FormatUint(e.Object, 10) + "@" + e.Endpoint.String()
}

func parseEntity(t *testing.T, s string) wire.Entity {
	id, object, _ := strings.Cut(s, "#")
	n, err := strconv.ParseUint(object, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Entity{Endpoint: parseID(t, id), Object: n}
}

func parseID(t *testing.T, s string) broker.EndpointID {
	id, err := broker.ParseEndpointID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
