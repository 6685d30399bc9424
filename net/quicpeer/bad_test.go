package quicpeer

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/tlsconf"
	"moonpeer/net/wire"
)

// TestOtherProtocol: what answers is a QUIC server, but not a node.
func TestOtherProtocol(t *testing.T) {
	t.Parallel()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	certs, err := tlsconf.Load(tlsconf.Options{}, time.Now, rng{})
	if err != nil {
		t.Fatal(err)
	}
	tr := &quic.Transport{Conn: socket}
	defer socket.Close()
	defer tr.Close()
	l, err := tr.Listen(certs.Server("h3"), &quic.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := newNode(t, "n", nodeOptions{})
	n.dial(at("127.0.0.1", l.Addr().(*net.UDPAddr).Port), 0, peering.Settings{})
	n.awaitEvent("peer_unavailable")
	n.wantLog("what answers there does not speak " + ALPN)
}

// TestOtherClient: a QUIC client of another protocol does not reach the table.
func TestOtherClient(t *testing.T) {
	t.Parallel()
	n := newNode(t, "n", nodeOptions{})
	to := n.listen(peering.Settings{})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := quic.DialAddr(ctx, to.HostPort(), clientTLS("h3"), nil)
	if err == nil || !strings.Contains(err.Error(), "no application protocol") {
		t.Errorf("got %v", err)
	}
	n.wantNothing()
}

// TestGarbageOnStream0: what is no handshake ends the connection, is told, and hurts nobody else.
func TestGarbageOnStream0(t *testing.T) {
	t.Parallel()
	length := func(n uint32, body string) []byte { return append(binary.BigEndian.AppendUint32(nil, n), body...) }
	hello := wire.AppendHandshake(nil, wire.Hello{ID: rawID, Min: 1, Max: 1})
	wrong, future := bytes.Clone(hello), wire.AppendHandshake(nil, wire.Hello{ID: rawID, Min: 2, Max: 9})
	wrong[5] = 'X'
	for _, tc := range []struct {
		name string
		send []byte
		code broker.Code
		why  string // of the end of the connection
		drop broker.Code
	}{
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: node\r\n\r\n"), broker.InvalidMessage,
			"control lane: invalid_message: frame above the size limit (limit 1048576 bytes)", 0},
		{"4 GB", length(1<<32-1, ""), broker.InvalidMessage, "frame above the size limit", 0},
		{"one beyond the limit", length(wire.DefaultMaxHandshake+1, ""), broker.InvalidMessage, "frame above the size limit", 0},
		{"an empty frame", length(0, ""), 0, "", broker.InvalidMessage},
		{"garbage in a frame", length(5, "\xffabcd"), 0, "", broker.InvalidMessage},
		{"wrong magic", wrong, 0, "", broker.WrongMagicNumber},
		{"future version", future, 0, "", broker.PeerIncompatible},
		{"a message that is not due yet", wire.AppendHandshake(nil, wire.OriginatorAck{}), broker.UnexpectedHandshakeMessage,
			"unexpected message", 0},
		{"the node's own id", nil, broker.PeerInvalid, "the peer is this node itself", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, n := newNode(t, "a", nodeOptions{}), newNode(t, "n", nodeOptions{})
			a.join(n, peering.Settings{})
			r := dialRaw(t, n.listen(peering.Settings{}))
			if tc.send == nil {
				tc.send = wire.AppendHandshake(nil, wire.Hello{ID: n.hub.ID(), Min: 1, Max: 1})
			}
			r.write(tc.send)
			if tc.drop != 0 {
				m := r.hear(wire.TypeDropConn).(wire.DropConn)
				if m.Code != tc.drop || m.ID != n.hub.ID() {
					t.Errorf("drop_conn %+v, want code %v", m, tc.drop)
				}
				n.advance(time.Second) // for the other end to close
			}
			code, why := r.ended()
			if tc.drop == 0 && (code != tc.code || !strings.Contains(why, tc.why)) {
				t.Errorf("ended with %v %q, want %v %q", code, why, tc.code, tc.why)
			}
			a.send(event, 1, 10, 100)
			n.awaitStream(event.Topic, 10)
			n.do(func() {
				if len(n.table.Peers()) != 1 || len(n.events) != 2 {
					t.Errorf("peers %v, events %q", n.table.Peers(), n.events)
				}
			})
		})
	}
}

// TestEnds: a client that stops in the middle, in one of the ways there are.
func TestEnds(t *testing.T) {
	t.Parallel()
	hello := wire.AppendHandshake(nil, wire.Hello{ID: rawID, Min: 1, Max: 1})
	for _, tc := range []struct {
		name string
		send []byte
		end  func(r *raw)
		why  string
	}{
		{"stream 0 ends", hello[:3], func(r *raw) { r.stream.Close() }, "the control lane has ended"},
		{"stream 0 ends behind a hello", hello, func(r *raw) { r.stream.Close() }, "the control lane has ended"},
		{"stream 0 is reset", hello[:9], func(r *raw) { r.stream.CancelWrite(1) }, "control lane: "},
		{"a frame cut short", hello[:9], func(r *raw) { r.conn.CloseWithError(3, "oops") }, "oops"},
		{"closed behind a hello", hello, func(r *raw) { r.conn.CloseWithError(0, "") }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, "n", nodeOptions{})
			r := dialRaw(t, n.listen(peering.Settings{}))
			r.write(tc.send)
			n.await("connection", func() bool { return n.ups == 1 })
			tc.end(r)
			<-r.conn.Context().Done()
			n.await("end of the connection", func() bool { return n.table.Stopped() && len(n.ports) == 1 })
			if cause := context.Cause(r.conn.Context()).Error(); !strings.Contains(cause, tc.why) {
				t.Errorf("ended by %s, want %q", cause, tc.why)
			}
			n.do(func() {
				if len(n.events) > 0 {
					t.Errorf("events %q", n.events)
				}
			})
		})
	}
}

// TestLaneStreams: what a peer may not do with lanes once it is one.
func TestLaneStreams(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		do   func(r *raw)
		why  string
	}{
		{"lane 0", func(r *raw) { r.open(0) }, "a stream for lane 0"},
		{"an unknown lane", func(r *raw) { r.open(9) }, "a stream for lane 9"},
		{"a lane twice", func(r *raw) { r.open(1); r.open(1) }, "a stream for lane 1"},
		{"a stream without a lane", func(r *raw) { r.open().Close() }, "a stream without a lane"},
		{"a lane that ends", func(r *raw) { r.open(1).Close() }, "the events lane has ended"},
		{"a frame cut short", func(r *raw) { r.open(2, 0, 0).Close() }, "the stores lane has ended"},
		{"a lane that is reset", func(r *raw) { r.open(3, 0).CancelWrite(1) }, "canceled by remote"},
		{"a frame of 4 GB", func(r *raw) { r.open(1, 255, 255, 255, 255) },
			"events lane: invalid_message: frame above the size limit"},
		{"a frame that is none", func(r *raw) { r.open(1, 0, 0, 0, 2, 0xff, 0xff) }, "frame shorter than its header"},
		{"a second two-way stream", func(r *raw) {
			if _, err := r.conn.OpenStream(); err == nil {
				r.t.Error("there are two")
			}
			r.open(0)
		}, "a stream for lane 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, "n", nodeOptions{})
			r := dialRaw(t, n.listen(peering.Settings{}))
			r.peer(n)
			tc.do(r)
			code, why := r.ended()
			if code != broker.InvalidMessage || !strings.Contains(why, tc.why) {
				t.Errorf("ended with %v %q, want %q", code, why, tc.why)
			}
			n.awaitEvent("peer_lost")
			n.wantLog(tc.why)
		})
	}
}

// TestLaneRefused: a peer that does not want to read a lane any more loses the link, or what goes there would wait for
// ever.
func TestLaneRefused(t *testing.T) {
	t.Parallel()
	for _, l := range []step.Lane{step.LaneControl, step.LaneEvents} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			n := newNode(t, "n", nodeOptions{})
			r := dialRaw(t, n.listen(peering.Settings{}))
			r.peer(n)
			if l == step.LaneControl {
				r.stream.CancelRead(1)
			} else {
				n.send(event, 1, 1, 100)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				s, err := r.conn.AcceptUniStream(ctx)
				if err != nil {
					t.Fatal(err)
				}
				s.CancelRead(1)
			}
			if l == step.LaneControl {
				n.advance(2 * time.Second) // a ping
			}
			// The next write fails, or one of the next: the refusal has to arrive first.
			var i uint64 = 1
			eventually(t, "end of the connection", func() bool {
				i++
				n.send(event, i, i, 100)
				n.do(func() { n.table.ForwardingChanged() }) // says hello once more
				return r.conn.Context().Err() != nil
			})
			if _, why := r.ended(); !strings.Contains(why, l.String()+" lane") {
				t.Errorf("ended with %q", why)
			}
		})
	}
}

// TestTrickle: frames may come in as many pieces as they have bytes.
func TestTrickle(t *testing.T) {
	t.Parallel()
	n := newNode(t, "n", nodeOptions{})
	r := dialRaw(t, n.listen(peering.Settings{}))
	r.peer(n)
	s := r.open(byte(step.LaneEvents))
	for i := uint64(1); i <= 100; i++ {
		for _, b := range eventFrame(t, i, int(i)) { // a write per byte
			if _, err := s.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
	}
	n.awaitStream("t/raw", 100)
}

// TestStalls: a client that stops in some phase is closed when its time is over.
func TestStalls(t *testing.T) {
	t.Parallel()
	t.Run("no stream", func(t *testing.T) {
		t.Parallel()
		times := defaultTimeouts()
		times.stream = 100 * time.Millisecond
		n := newNode(t, "n", nodeOptions{times: times})
		r := dialRaw(t, n.listen(peering.Settings{}))
		if code, why := r.ended(); code != broker.PeerTimeout || why != "no handshake" {
			t.Errorf("ended with %v %q", code, why)
		}
		n.wantNothing()
		eventually(t, "forgotten", func() bool { return n.halfOpen() == 0 })
	})
	for name, stall := range map[string]func(r *raw){
		"no hello":         func(r *raw) { r.write([]byte{0}) },
		"only probes":      func(r *raw) { r.say(wire.Probe{}); r.say(wire.Probe{}) },
		"after the hello":  func(r *raw) { r.shake(phaseHello) },
		"after the select": func(r *raw) { r.shake(phaseSelected) },
		"no link hello":    func(r *raw) { r.shake(phaseAnswered) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, "n", nodeOptions{})
			r := dialRaw(t, n.listen(peering.Settings{}))
			stall(r)
			n.await("connection", func() bool { return n.ups == 1 })
			n.advance(9 * time.Second)
			if n.halfOpen() != 1 {
				t.Errorf("%d connections are half-open, want 1", n.halfOpen())
			}
			if err := r.conn.Context().Err(); err != nil {
				t.Errorf("closed too early: %v", context.Cause(r.conn.Context()))
			}
			n.advance(time.Second)
			code, why := r.ended()
			if code != broker.PeerTimeout || !strings.Contains(why, "the handshake was not done within 10s") {
				t.Errorf("ended with %v %q", code, why)
			}
			eventually(t, "forgotten", func() bool { return n.halfOpen() == 0 })
			n.do(func() {
				if len(n.events) > 0 {
					t.Errorf("events %q", n.events)
				}
			})
		})
	}
	t.Run("default", func(t *testing.T) {
		if d := defaultTimeouts(); d != (timeouts{2 * time.Second, 2500 * time.Millisecond, 10 * time.Second}) {
			t.Errorf("timeouts %+v", d)
		}
	})
}

// halfOpen is how many strangers there are at the node's listeners.
func (n *node) halfOpen() (sum int) {
	n.tr.mu.Lock()
	defer n.tr.mu.Unlock()
	for _, l := range n.tr.listeners {
		sum += l.strangers.Stats().HalfOpen
	}
	return sum
}

// TestStrangerMemory: streams of a stranger are not read; what it can make a node hold is their first windows.
func TestStrangerMemory(t *testing.T) {
	n := newNode(t, "n", nodeOptions{})
	to := n.listen(peering.Settings{})
	before := heap()
	const strangers = 20
	wrote := make(chan int)
	streams := 0
	var all []*raw
	for range strangers {
		r := dialRaw(t, to)
		all = append(all, r)
		r.say(wire.Probe{})
		r.write(append([]byte{0, 0x0f, 0xff, 0xff}, make([]byte, 1000)...)) // a frame of 1 MB begins
		for l := step.LaneEvents; l < step.NumLanes; l++ {
			s := r.open(byte(l))
			s.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
			streams++
			go func() {
				sent, piece := 1, make([]byte, 4<<10)
				for {
					k, err := s.Write(piece)
					if sent += k; err != nil {
						wrote <- sent
						return
					}
				}
			}()
		}
		if _, err := r.conn.OpenUniStream(); err == nil {
			t.Error("a fourth one-way stream")
		}
	}
	for range streams {
		// What was written and not sent is held by the client.
		if sent := <-wrote; sent > firstStreamWindow+4<<10 {
			t.Fatalf("%d bytes of a stream were taken, its window is %d", sent, firstStreamWindow)
		}
	}
	n.await("connections", func() bool { return n.ups == strangers })
	for _, r := range all {
		if r.conn.Context().Err() != nil {
			t.Fatalf("streams were read before the handshake: %v", context.Cause(r.conn.Context()))
		}
	}
	grown := heap() - before
	t.Logf("heap: %d KB more for %d strangers, both ends", grown>>10, strangers)
	if most := int64(strangers * (4*firstStreamWindow + 256<<10) * 2); grown > most {
		t.Errorf("the heap has grown by %d KB, want at most %d", grown>>10, most>>10)
	}
}

// heap is how much is reachable.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools keep is given up the second time
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestLongFrameAnnounced: a peer may announce much; what is kept is what has come.
func TestLongFrameAnnounced(t *testing.T) {
	n := newNode(t, "n", nodeOptions{})
	r := dialRaw(t, n.listen(peering.Settings{}))
	r.peer(n)
	before := heap()
	for l := step.LaneEvents; l < step.NumLanes; l++ {
		r.open(append([]byte{byte(l), 0x00, 0xff, 0xff, 0xff}, make([]byte, 1000)...)...) // 16 MB
	}
	n.advance(2 * time.Second)
	n.await("a turn", func() bool { return true })
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the heap has grown by %d KB", grown>>10)
	}
	if err := r.conn.Context().Err(); err != nil {
		t.Errorf("the connection has ended: %v", context.Cause(r.conn.Context()))
	}
}

// rng is good enough for a certificate that nobody looks at.
type rng struct{}

func (rng) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i*7 + 1)
	}
	return len(p), nil
}
