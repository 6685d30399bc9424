package quicpeer

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/wire"
)

// raw is a client that says on QUIC what a test wants, and not what a node would.
type raw struct {
	t      testing.TB
	tr     *quic.Transport
	conn   *quic.Conn
	stream *quic.Stream // 0, once it was opened
}

// dialRaw connects to a listener. The connection is closed with the test.
func dialRaw(t testing.TB, to peering.Address) *raw {
	t.Helper()
	r := &raw{t: t}
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r.tr = &quic.Transport{Conn: socket}
	t.Cleanup(func() { r.tr.Close(); socket.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	addr := &net.UDPAddr{IP: net.ParseIP(to.Host), Port: to.Port}
	if r.conn, err = r.tr.Dial(ctx, addr, clientTLS(ALPN), &quic.Config{}); err != nil {
		t.Fatal(err)
	}
	return r
}

func clientTLS(alpn string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: []string{alpn}, MinVersion: tls.VersionTLS13}
}

// write writes to stream 0. An error is not one of the test: the other end may have had enough.
func (r *raw) write(b []byte) {
	r.t.Helper()
	if r.stream == nil {
		s, err := r.conn.OpenStream()
		if err != nil {
			r.t.Fatal(err)
		}
		r.stream = s
	}
	r.stream.SetWriteDeadline(time.Now().Add(patience))
	r.stream.Write(b)
}

func (r *raw) say(m wire.Handshake) {
	r.t.Helper()
	r.write(wire.AppendHandshake(nil, m))
}

// open opens a one-way stream and writes b to it.
func (r *raw) open(b ...byte) *quic.SendStream {
	r.t.Helper()
	s, err := r.conn.OpenUniStream()
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err = s.Write(b); err != nil {
		r.t.Fatal(err)
	}
	return s
}

// frame reads the next frame of stream 0, without its length.
func (r *raw) frame() []byte {
	r.t.Helper()
	r.stream.SetReadDeadline(time.Now().Add(patience))
	var size [wire.LengthSize]byte
	if _, err := io.ReadFull(r.stream, size[:]); err != nil {
		r.t.Fatalf("read: %v", err)
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(r.stream, b); err != nil {
		r.t.Fatalf("read: %v", err)
	}
	return b
}

// hear reads handshake messages up to one of the wanted type.
func (r *raw) hear(typ uint8) wire.Handshake {
	r.t.Helper()
	for {
		m, err := wire.ParseHandshake(r.frame())
		if err != nil {
			r.t.Fatal(err)
		}
		if m.Type() == typ {
			return m
		}
	}
}

// Phases of a handshake in which the raw client is the responder.
const (
	phaseHello = iota
	phaseSelected
	phaseAnswered
	phasePeered
)

// rawID is larger than that of every node, so that the node is the originator.
var rawID = broker.EndpointID{0xff, 1}

// shake goes through the handshake up to a phase.
func (r *raw) shake(to int) {
	r.t.Helper()
	r.say(wire.Hello{ID: rawID, Min: wire.ProtocolVersion, Max: wire.ProtocolVersion})
	if to == phaseHello {
		return
	}
	r.hear(wire.TypeVersionSelect)
	r.hear(wire.TypeOriginatorSyn)
	if to == phaseSelected {
		return
	}
	r.say(wire.ResponderSynAck{Filter: []string{"t"}})
	r.hear(wire.TypeOriginatorAck)
	if to == phaseAnswered {
		return
	}
	h := wire.Header{Type: wire.TypeLink, TTL: 16, Seq: 1, Topic: []byte(broker.ReservedTopic)}
	hello, err := wire.AppendFrame(nil, &h, []byte{1}, wire.DefaultMaxFrame)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(hello)
}

// peer makes the client a peer of the node.
func (r *raw) peer(n *node) {
	r.t.Helper()
	r.shake(phasePeered)
	n.await("the raw peer", func() bool { return n.hub.Peer(rawID) != nil })
}

// ended waits until the other end has closed the connection, and returns with what code and why.
func (r *raw) ended() (code broker.Code, why string) {
	r.t.Helper()
	select {
	case <-r.conn.Context().Done():
	case <-time.After(patience):
		r.t.Fatal("the connection stays open")
	}
	cause := context.Cause(r.conn.Context())
	app, ok := errors.AsType[*quic.ApplicationError](cause)
	if !ok || !app.Remote {
		r.t.Fatalf("ended by %v", cause)
	}
	return broker.Code(app.ErrorCode), app.ErrorMessage
}

// eventFrame is a frame of the event lane.
func eventFrame(t testing.TB, n uint64, size int) []byte {
	t.Helper()
	h := wire.Header{Type: wire.TypeData, TTL: 16, Seq: n, Topic: []byte("t/raw")}
	b, err := wire.AppendFrame(nil, &h, payload(n, size), wire.DefaultMaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
