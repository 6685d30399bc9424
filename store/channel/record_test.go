package channel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
)

// record notes what a machine says, one line a call.
type record struct {
	lines []string
	abort bool
	// deliver runs in Deliver and Lost.
	deliver func(seq uint64)
}

func (r *record) note(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *record) Handshake(c string, offset uint64, heartbeat uint16) {
	r.note("%s handshake(%d,%d)", c, offset, heartbeat)
}
func (r *record) Broadcast(seq uint64, p []byte)        { r.note("all event(%d,%s)", seq, p) }
func (r *record) Event(c string, seq uint64, p []byte)  { r.note("%s event(%d,%s)", c, seq, p) }
func (r *record) HeartbeatAll(seq uint64)               { r.note("all heartbeat(%d)", seq) }
func (r *record) Heartbeat(c string, seq uint64)        { r.note("%s heartbeat(%d)", c, seq) }
func (r *record) RetransmitFailed(c string, seq uint64) { r.note("%s failed(%d)", c, seq) }
func (r *record) Attached(c string)                     { r.note("%s attached", c) }
func (r *record) Dropped(c string, why broker.Code)     { r.note("%s dropped(%s)", c, why) }
func (r *record) Ack(seq uint64)                        { r.note("ack(%d)", seq) }
func (r *record) Nack(missing []uint64)                 { r.note("nack%d", missing) }
func (r *record) Deliver(seq uint64, payload []byte) {
	r.note("deliver(%d,%s)", seq, payload)
	if r.deliver != nil {
		r.deliver(seq)
	}
}

func (r *record) Lost(seq uint64) bool {
	r.note("lost(%d)", seq)
	if r.deliver != nil {
		r.deliver(seq)
	}
	return r.abort
}

// want compares what was noted since the last call; want is lines joined by "; ".
func (r *record) want(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(r.lines, "; "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	r.lines = nil
}

func (r *record) forget() { r.lines = nil }

func ticks(m interface{ Tick() }, n int) {
	for range n {
		m.Tick()
	}
}

func numbers(first, last uint64) (list []uint64) {
	for n := first; n <= last; n++ {
		list = append(list, n)
	}
	return list
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	var b backlog
	for seq := uint64(2); seq <= 6; seq++ {
		b.push(seq, make([]byte, 36))
	}
	b.dropThrough(3)
	b.dropThrough(1)
	for seq, want := range map[uint64]bool{0: false, 1: false, 3: false, 4: true, 6: true, 7: false, 1<<64 - 1: false} {
		if _, ok := b.get(seq); ok != want {
			t.Errorf("get(%d): %v, want %v", seq, ok, want)
		}
	}
	if b.bytes != 300 {
		t.Errorf("%d bytes, want 300", b.bytes)
	}
	b.bound(200)
	if b.first != 5 || len(b.payloads) != 2 {
		t.Errorf("bound left %d from %d on, want 2 from 5 on", len(b.payloads), b.first)
	}
	b.bound(0)
	if b.first != 6 || len(b.payloads) != 1 {
		t.Errorf("bound left %d from %d on, want the last one", len(b.payloads), b.first)
	}
	b.dropThrough(1<<64 - 1)
	if b.bytes != 0 || len(b.payloads) != 0 {
		t.Errorf("%d bytes in %d events are left", b.bytes, len(b.payloads))
	}
}

func TestEarly(t *testing.T) {
	t.Parallel()
	limits := &ConsumerOptions{MaxEvents: 3, MaxBytes: 1000}
	tests := []struct {
		name string
		add  []uint64
		want []uint64
	}{
		{"in order", []uint64{1, 2}, []uint64{1, 2}},
		{"against it", []uint64{9, 5, 7}, []uint64{5, 7, 9}},
		{"twice", []uint64{5, 5, 3, 5}, []uint64{3, 5}},
		{"highest gives way", []uint64{9, 5, 7, 3}, []uint64{3, 5, 7}},
		{"highest is refused", []uint64{1, 2, 3, 4}, []uint64{1, 2, 3}},
	}
	for _, tt := range tests {
		var e early
		for _, seq := range tt.add {
			e.add(seq, make([]byte, 10), false, limits)
		}
		var got []uint64
		for _, it := range e.items {
			got = append(got, it.seq)
		}
		if !slices.Equal(got, tt.want) || e.bytes != 74*len(got) {
			t.Errorf("%s: %d in %d bytes, want %d", tt.name, got, e.bytes, tt.want)
		}
	}
}

func TestEarlyBytes(t *testing.T) {
	t.Parallel()
	limits := &ConsumerOptions{MaxEvents: 100, MaxBytes: 1000}
	var e early
	e.add(5, make([]byte, 937), false, limits)
	if len(e.items) != 0 {
		t.Error("an event above the bound was kept")
	}
	e.add(5, make([]byte, 400), false, limits)
	e.add(6, make([]byte, 400), false, limits)
	e.add(4, make([]byte, 937), false, limits)
	if len(e.items) != 2 {
		t.Errorf("%d events are left after one that can't be kept, want 2", len(e.items))
	}
	e.add(3, make([]byte, 936), false, limits)
	if len(e.items) != 1 || e.items[0].seq != 3 || e.bytes != 1000 {
		t.Errorf("%d events in %d bytes, want number 3 alone", len(e.items), e.bytes)
	}
}

func TestEarlyCopies(t *testing.T) {
	t.Parallel()
	limits := ConsumerOptions{}.withDefaults()
	var e early
	payload := []byte("a")
	e.add(5, payload, false, &limits)
	payload[0] = 'b'
	if it, _ := e.take(5); string(it.payload) != "a" {
		t.Errorf("payload is %q after the caller changed his own", it.payload)
	}
}
