package channel

import (
	"math"
	"testing"
)

func newConsumer(opts ConsumerOptions) (*Consumer, *record) {
	r := &record{}
	return NewConsumer(opts, r), r
}

func event(c *Consumer, seqs ...uint64) {
	for _, seq := range seqs {
		c.Event(seq, []byte{byte('a' + (seq-1)%26)})
	}
}

// TestConsumerRows holds the rows of stores.md §4.3. Each starts after handshake(1,5).
func TestConsumerRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(c *Consumer)
		want string
		next uint64
	}{
		{"handshake again", func(c *Consumer) { c.Handshake(7, 1) }, "", 2},
		{"event that is due", func(c *Consumer) { event(c, 2, 3) }, "deliver(2,b); deliver(3,c)", 4},
		{"event of the past", func(c *Consumer) { event(c, 2, 2, 1) }, "deliver(2,b)", 3},
		{"event too early", func(c *Consumer) { event(c, 4, 3) }, "", 2},
		{"gap is filled", func(c *Consumer) { event(c, 4, 3, 6, 2) }, "deliver(2,b); deliver(3,c); deliver(4,d)", 5},
		{"early event twice", func(c *Consumer) { event(c, 3, 3, 2, 3) }, "deliver(2,b); deliver(3,c)", 4},

		{"lost", func(c *Consumer) { c.RetransmitFailed(2); event(c, 3) }, "lost(2); deliver(3,c)", 4},
		{"lost with others waiting", func(c *Consumer) { event(c, 3); c.RetransmitFailed(2) }, "lost(2); deliver(3,c)", 4},
		{"lost ahead", func(c *Consumer) { c.RetransmitFailed(3); event(c, 2) }, "deliver(2,b); lost(3)", 4},
		{"lost and found", func(c *Consumer) { c.RetransmitFailed(3); event(c, 3, 2) }, "deliver(2,b); deliver(3,c)", 4},
		{"found, then lost", func(c *Consumer) { event(c, 3); c.RetransmitFailed(3); event(c, 2) }, "deliver(2,b); deliver(3,c)", 4},
		{"lost of the past", func(c *Consumer) { event(c, 2); c.RetransmitFailed(2) }, "deliver(2,b)", 3},

		{"ticks without news", func(c *Consumer) { ticks(c, 4) }, "", 2},
		{"ack at the heartbeat", func(c *Consumer) { ticks(c, 10) }, "ack(1); ack(1)", 2},
		{"ack of progress", func(c *Consumer) { ticks(c, 4); event(c, 2); c.Tick() }, "deliver(2,b); ack(2)", 3},
		{"nack of a gap", func(c *Consumer) { c.Tick(); event(c, 4); ticks(c, 2) }, "nack[2 3]", 2},
		{"not before the timeout", func(c *Consumer) { event(c, 4); ticks(c, 2) }, "", 2},
		{"nack of the tail", func(c *Consumer) { c.Tick(); c.Heartbeat(3); ticks(c, 2) }, "nack[2 3]", 2},
		{"nack is repeated", func(c *Consumer) { c.Tick(); c.Heartbeat(2); ticks(c, 4) }, "nack[2]; nack[2]", 2},
		{"nack instead of ack", func(c *Consumer) { ticks(c, 4); c.Heartbeat(2); c.Tick() }, "nack[2]", 2},
		{"idle long before the gap", func(c *Consumer) { ticks(c, 6); c.Heartbeat(2); c.Tick() }, "ack(1); nack[2]", 2},
		{"progress defers the nack", func(c *Consumer) { ticks(c, 2); event(c, 2, 4); ticks(c, 2) }, "deliver(2,b)", 3},
		{"heartbeat of the past", func(c *Consumer) { event(c, 2); c.Heartbeat(1); ticks(c, 4) }, "deliver(2,b)", 3},
		{"heartbeat 0", func(c *Consumer) { c.Heartbeat(0); ticks(c, 4) }, "", 2},
		{"heartbeat never lowers", func(c *Consumer) { c.Heartbeat(3); c.Heartbeat(2); ticks(c, 3) }, "nack[2 3]", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, r := newConsumer(ConsumerOptions{})
			if !c.Handshake(1, 5) {
				t.Fatal("handshake refused")
			}
			r.want(t, "ack(1)")
			tt.do(c)
			r.want(t, tt.want)
			if c.Next() != tt.next {
				t.Errorf("next is %d, want %d", c.Next(), tt.next)
			}
		})
	}
}

func TestConsumerBeforeHandshake(t *testing.T) {
	t.Parallel()
	c, r := newConsumer(ConsumerOptions{})
	ticks(c, 5)
	r.want(t, "nack[0]; nack[0]")
	c.Heartbeat(9)
	event(c, 0, 3, 4, 5, 6, 8)
	c.RetransmitFailed(0)
	r.want(t, "")
	if c.Next() != 0 {
		t.Fatalf("next is %d without handshake", c.Next())
	}
	if !c.Handshake(4, 5) {
		t.Error("handshake refused")
	}
	r.want(t, "deliver(5,e); deliver(6,f); ack(6)")
	if c.Handshake(4, 5) {
		t.Error("second handshake taken")
	}
	// 7 is missing, which nobody notices before the next event or heartbeat.
	ticks(c, 4)
	r.want(t, "")
	c.Heartbeat(8)
	c.Tick()
	r.want(t, "nack[7]")
}

func TestConsumerNackTimeout(t *testing.T) {
	t.Parallel()
	c, r := newConsumer(ConsumerOptions{NackTimeout: 3})
	ticks(c, 8)
	r.want(t, "nack[0]; nack[0]")
	c.Handshake(1, 0)
	c.Tick()
	c.Heartbeat(2)
	r.forget()
	ticks(c, 2)
	r.want(t, "")
	c.Tick()
	r.want(t, "nack[2]")
}

func TestConsumerAbort(t *testing.T) {
	t.Parallel()
	c, r := newConsumer(ConsumerOptions{})
	r.abort = true
	c.Handshake(1, 5)
	event(c, 3, 5)
	r.forget()
	c.RetransmitFailed(2)
	r.want(t, "lost(2)")
	if n, bytes := c.Buffered(); c.Next() != 0 || n != 0 || bytes != 0 {
		t.Errorf("after the abort next is %d and %d events in %d bytes wait", c.Next(), n, bytes)
	}
	ticks(c, 2)
	r.want(t, "nack[0]")
	c.Handshake(7, 5)
	event(c, 8)
	r.want(t, "ack(7); deliver(8,h)")
}

// TestConsumerResetInCallback: whatever runs when the owner resets, nothing of the old life is left afterwards.
func TestConsumerResetInCallback(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(c *Consumer)
		want string
	}{
		{"in handshake", func(c *Consumer) { event(c, 2, 3); c.Handshake(1, 5) }, "deliver(2,b)"},
		{"in event", func(c *Consumer) { c.Handshake(1, 5); event(c, 3, 2) }, "ack(1); deliver(2,b)"},
		{"in lost", func(c *Consumer) { c.Handshake(1, 5); event(c, 3); c.RetransmitFailed(2) }, "ack(1); lost(2)"},
	}
	for _, tt := range tests {
		c, r := newConsumer(ConsumerOptions{})
		r.deliver = func(uint64) { c.Reset() }
		tt.do(c)
		if n, _ := c.Buffered(); c.Next() != 0 || n != 0 {
			t.Errorf("%s: next is %d, %d events wait", tt.name, c.Next(), n)
		}
		r.want(t, tt.want)
	}
}

func TestConsumerHeartbeatZero(t *testing.T) {
	t.Parallel()
	c, r := newConsumer(ConsumerOptions{})
	c.Handshake(1, 0)
	ticks(c, 100)
	r.want(t, "ack(1)")
}

func TestConsumerJumps(t *testing.T) {
	t.Parallel()
	jumps := map[string]func(c *Consumer){
		"heartbeat":         func(c *Consumer) { c.Heartbeat(1 << 60) },
		"highest heartbeat": func(c *Consumer) { c.Heartbeat(math.MaxUint64); c.Heartbeat(math.MaxUint64 - 1) },
		"event":             func(c *Consumer) { event(c, 1<<60) },
		"highest event":     func(c *Consumer) { event(c, math.MaxUint64, math.MaxUint64-1) },
	}
	for name, jump := range jumps {
		c, r := newConsumer(ConsumerOptions{MaxNack: 5})
		c.Handshake(1, 5)
		c.Tick()
		jump(c)
		event(c, 4)
		r.forget()
		ticks(c, 2)
		if want := "nack[2 3 5 6 7]"; len(r.lines) != 1 || r.lines[0] != want {
			t.Errorf("%s: %v, want %s", name, r.lines, want)
		}
		r.forget()
		event(c, 2, 3)
		r.want(t, "deliver(2,b); deliver(3,c); deliver(4,d)")
	}
}

// TestConsumerRefused: an event that there was no room for is asked for again, although nothing newer comes.
func TestConsumerRefused(t *testing.T) {
	t.Parallel()
	c, r := newConsumer(ConsumerOptions{MaxEvents: 1})
	c.Handshake(1, 0)
	event(c, 3, 4)
	event(c, 2)
	r.want(t, "ack(1); deliver(2,b); deliver(3,c)")
	ticks(c, 3)
	r.want(t, "nack[4]")
}

func TestConsumerHighestNumbers(t *testing.T) {
	t.Parallel()
	c, r := newConsumer(ConsumerOptions{})
	if c.Handshake(math.MaxUint64, 5) || c.Next() != 0 {
		t.Error("took a handshake after which no event can come")
	}
	if !c.Handshake(math.MaxUint64-2, 5) {
		t.Error("refused a handshake")
	}
	event(c, math.MaxUint64-1, math.MaxUint64)
	c.RetransmitFailed(math.MaxUint64)
	c.Heartbeat(math.MaxUint64)
	ticks(c, 20)
	if c.Next() != math.MaxUint64 {
		t.Errorf("next is %d", c.Next())
	}
	for _, line := range r.lines {
		if line == "nack[0]" {
			t.Error("the handshake is forgotten")
		}
	}
}

// TestConsumerFlood: whatever numbers come, in whatever order, no more is kept than allowed, and the channel goes on.
func TestConsumerFlood(t *testing.T) {
	t.Parallel()
	floods := map[string]func(i uint64) uint64{
		"ascending":  func(i uint64) uint64 { return 3 + i },
		"descending": func(i uint64) uint64 { return 1<<60 - i },
		"scattered":  func(i uint64) uint64 { return 3 + i*0x9e3779b97f4a7c15>>8 },
		"the same":   func(uint64) uint64 { return 3 },
	}
	for name, seq := range floods {
		for _, attached := range []bool{false, true} {
			c, r := newConsumer(ConsumerOptions{MaxEvents: 100, MaxBytes: 50 * (100 + keepCost)})
			if attached {
				c.Handshake(1, 5)
			}
			payload := make([]byte, 100)
			for i := range uint64(10_000) {
				c.Event(seq(i), payload)
				c.RetransmitFailed(seq(i) + 1)
			}
			if n, bytes := c.Buffered(); n > 100 || bytes > 50*164 {
				t.Errorf("%s: %d events in %d bytes wait", name, n, bytes)
			}
			c.Handshake(1, 5)
			r.forget()
			c.Event(2, []byte("b"))
			if len(r.lines) == 0 || r.lines[0] != "deliver(2,b)" && r.lines[0] != "lost(2)" {
				t.Errorf("%s: %v, want event 2", name, r.lines)
			}
		}
	}
}
