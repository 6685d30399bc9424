package lane

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"moonpeer/net/step"
	"moonpeer/net/wire"
)

func newSet(limits Limits, more ...func(*Options)) *Set {
	o := Options{Wake: func(step.Lane) {}}
	o.Limits[step.LaneEvents] = limits
	for _, f := range more {
		f(&o)
	}
	return New(o)
}

var event = wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1, Topic: []byte("t")}

// put appends a message whose payload is text to the event lane.
func put(s *Set, text string) step.Verdict {
	return s.Append(step.LaneEvents, &event, []byte(text))
}

// frames cuts what a writer would write into frames and returns their payloads.
func frames(t testing.TB, bufs [][]byte) (out []string) {
	t.Helper()
	all := slices.Concat(bufs...)
	for len(all) > 0 {
		n, err := wire.FrameLen(all, wire.DefaultMaxFrame)
		if err != nil || n == 0 || n > len(all) {
			t.Fatalf("%d bytes that are no frame: %.20q: %v", len(all), all, err)
		}
		h, payload, err := wire.ParseFrame(all[wire.LengthSize:n])
		if err != nil || string(h.Topic) != "t" {
			t.Fatalf("frame %.20q: %v", all[:n], err)
		}
		out = append(out, string(payload))
		all = all[n:]
	}
	return out
}

// drain takes and finishes everything in the event lane.
func drain(t testing.TB, s *Set) (out []string) {
	t.Helper()
	var tk Taken
	for s.Take(step.LaneEvents, MaxTake, &tk) {
		got := frames(t, tk.Buffers())
		if uint64(len(got)) != tk.Count.Messages {
			t.Fatalf("took %d frames, counted %d", len(got), tk.Count.Messages)
		}
		out = append(out, got...)
		s.Done(step.LaneEvents, &tk)
	}
	return out
}

func numbers(from, to int) (out []string) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

func TestPolicies(t *testing.T) {
	for _, c := range []struct {
		name     string
		policy   Policy
		verdicts string // one letter each: queued, dropped, full
		want     []string
		dropped  uint64
	}{
		{"drop oldest", DropOldest, "qqqqqqqq", numbers(3, 8), 3},
		{"drop newest", DropNewest, "qqqqqddd", numbers(0, 5), 3},
		{"disconnect", Disconnect, "qqqqqddd", nil, 8},
		{"refuse", Refuse, "qqqqqfff", numbers(0, 5), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSet(Limits{Messages: 5, Bytes: 1 << 20, Policy: c.policy})
			var verdicts strings.Builder
			for _, n := range numbers(0, 8) {
				verdicts.WriteByte(put(s, n).String()[0])
			}
			s.Flush()
			got := drain(t, s)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if verdicts.String() != c.verdicts {
				t.Errorf("verdicts %s, want %s", verdicts.String(), c.verdicts)
			}
			ctr := s.Counters(step.LaneEvents)
			if ctr.Dropped.Messages != c.dropped || ctr.Offered != ctr.Dropped.Plus(ctr.Written) {
				t.Errorf("%+v: want %d dropped, and offered = dropped + written", ctr, c.dropped)
			}
		})
	}
}

func TestBytesLimit(t *testing.T) {
	frame := wire.FrameSize(&event, 10)
	s := newSet(Limits{Messages: 1000, Bytes: 3 * frame, Policy: DropNewest})
	for i := range 4 {
		want := step.Queued
		if i == 3 {
			want = step.Dropped
		}
		if v := put(s, strings.Repeat("x", 10)); v != want {
			t.Errorf("message %d: %v, want %v", i, v, want)
		}
	}
	s = newSet(Limits{Messages: 1000, Bytes: 10, Policy: Refuse})
	if v := put(s, strings.Repeat("x", 100)); v != step.Queued {
		t.Errorf("an empty queue answers %v to a message above the limit", v)
	}
	if v := put(s, ""); v != step.Full {
		t.Errorf("then it answers %v", v)
	}
}

// TestTakenIsSafe: the oldest are dropped only among what the writer has not taken.
func TestTakenIsSafe(t *testing.T) {
	s := newSet(Limits{Messages: 4, Bytes: 1 << 20})
	for _, n := range numbers(0, 4) {
		put(s, n)
	}
	s.Flush()
	var tk Taken
	s.Take(step.LaneEvents, MaxTake, &tk)
	for _, n := range numbers(4, 10) {
		put(s, n)
	}
	s.Flush()
	if got := frames(t, tk.Buffers()); !slices.Equal(got, numbers(0, 4)) {
		t.Errorf("taken: %q", got)
	}
	s.Done(step.LaneEvents, &tk)
	if got := drain(t, s); !slices.Equal(got, numbers(6, 10)) {
		t.Errorf("then: %q", got)
	}
	if c := s.Counters(step.LaneEvents); c.Dropped.Messages != 2 || c.Written.Messages != 8 || s.Overflows(step.LaneEvents) != 1 {
		t.Errorf("%+v, %d overflows", c, s.Overflows(step.LaneEvents))
	}
}

func TestLargePayload(t *testing.T) {
	s := newSet(Limits{})
	big := []byte(strings.Repeat("b", step.LargePayload+1))
	put(s, "before")
	s.Append(step.LaneEvents, &event, big)
	put(s, "after")
	s.Flush()
	var tk Taken
	s.Take(step.LaneEvents, MaxTake, &tk)
	if !slices.ContainsFunc(tk.Buffers(), func(b []byte) bool { return len(b) == len(big) && &b[0] == &big[0] }) {
		t.Error("the large payload was copied")
	}
	if got := frames(t, tk.Buffers()); !slices.Equal(got, []string{"before", string(big), "after"}) {
		t.Errorf("%d frames came out, or other ones", len(got))
	}
}

func TestTakePieces(t *testing.T) {
	s := newSet(Limits{})
	var want []string
	for i := range 100 {
		want = append(want, strings.Repeat("m", i*11))
		put(s, want[i])
	}
	s.Flush()
	var got []string
	var tk Taken
	for s.Take(step.LaneEvents, 500, &tk) {
		if tk.Count.Bytes > 500 && tk.Count.Messages > 1 {
			t.Errorf("took %d bytes in %d messages, at most 500 were asked for", tk.Count.Bytes, tk.Count.Messages)
		}
		got = append(got, frames(t, tk.Buffers())...)
		s.Done(step.LaneEvents, &tk)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d messages came out, or other ones", len(got))
	}
}

func TestAppendFrame(t *testing.T) {
	s := newSet(Limits{})
	f, err := wire.AppendFrame(nil, &event, []byte("whole"), wire.DefaultMaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	put(s, "a")
	s.AppendFrame(step.LaneEvents, f)
	s.Flush()
	if got := drain(t, s); !slices.Equal(got, []string{"a", "whole"}) {
		t.Errorf("got %q", got)
	}
}

// TestUnfit: what no frame can carry is dropped and counted, and leaves no bytes behind.
func TestUnfit(t *testing.T) {
	s := newSet(Limits{}, func(o *Options) { o.MaxFrame = 100 })
	put(s, "a")
	if v := put(s, strings.Repeat("x", 100)); v != step.Dropped {
		t.Errorf("a frame above the limit: %v", v)
	}
	put(s, "b")
	s.Flush()
	if got := drain(t, s); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
	if c := s.Counters(step.LaneEvents); c.Offered.Messages != 3 || c.Dropped.Messages != 1 {
		t.Errorf("%+v", c)
	}
}

// TestBrokerFormat: the same message, byte-exact for Broker.
func TestBrokerFormat(t *testing.T) {
	s := newSet(Limits{}, func(o *Options) { o.Broker = true })
	for _, payload := range []string{"small", strings.Repeat("L", step.LargePayload+1)} {
		put(s, payload)
		s.Flush()
		var tk Taken
		s.Take(step.LaneEvents, MaxTake, &tk)
		want, err := wire.AppendBrokerFrame(nil, &event, []byte(payload), wire.DefaultMaxFrame)
		if got := slices.Concat(tk.Buffers()...); err != nil || !slices.Equal(got, want) {
			t.Errorf("payload of %d: %d bytes, want %d; %v", len(payload), len(got), len(want), err)
		}
		s.Done(step.LaneEvents, &tk)
	}
}

func TestWritable(t *testing.T) {
	told := 0
	s := newSet(Limits{Messages: 10, Bytes: 1 << 20}, func(o *Options) {
		o.Writable = func(l step.Lane) { told++ }
	})
	for _, n := range numbers(0, 4) {
		put(s, n)
	}
	if !s.Writable(step.LaneEvents) {
		t.Error("not writable under half")
	}
	put(s, "4")
	if s.Writable(step.LaneEvents) {
		t.Error("writable at half")
	}
	s.Flush()
	drain(t, s)
	if told != 1 || !s.Writable(step.LaneEvents) {
		t.Errorf("told %d times of the change", told)
	}
	for range 2 { // nobody asked in between: nobody is told
		put(s, "x")
		s.Flush()
		drain(t, s)
	}
	if told != 1 {
		t.Errorf("told %d times in all, want once", told)
	}
}

func TestOverflowOncePerBurst(t *testing.T) {
	var reports []uint64
	s := newSet(Limits{Messages: 4, Bytes: 1 << 20}, func(o *Options) {
		o.Overflow = func(l step.Lane, dropped uint64) { reports = append(reports, dropped) }
	})
	for range 2 {
		for range 3 {
			for _, n := range numbers(0, 10) {
				put(s, n)
			}
			s.Flush()
		}
		drain(t, s)
		s.Writable(step.LaneEvents)
	}
	if want := []uint64{0, 26, 0, 26}; !slices.Equal(reports, want) {
		t.Errorf("reported %v, want %v", reports, want)
	}
}

func TestDisconnectReports(t *testing.T) {
	var s *Set
	var reports []uint64
	s = newSet(Limits{Messages: 4, Bytes: 1 << 20, Policy: Disconnect}, func(o *Options) {
		o.Overflow = func(l step.Lane, dropped uint64) { reports = append(reports, dropped); s.Close() }
	})
	for _, n := range numbers(0, 7) {
		put(s, n)
	}
	if !slices.Equal(reports, []uint64{5}) {
		t.Errorf("reported %v, want the five that were lost when it overflowed", reports)
	}
	if c := s.Counters(step.LaneEvents); c.Offered.Messages != 7 || c.Dropped.Messages != 7 {
		t.Errorf("%+v, want 7 offered and dropped", c)
	}
}

func TestClose(t *testing.T) {
	s := newSet(Limits{})
	put(s, "handed over")
	s.Flush()
	put(s, "not yet")
	s.Close()
	s.Close()
	if v := put(s, "after"); v != step.Dropped {
		t.Errorf("after Close: %v", v)
	}
	s.Flush()
	if got := drain(t, s); got != nil {
		t.Errorf("after Close a writer got %q", got)
	}
	if c := s.Counters(step.LaneEvents); c.Offered.Messages != 3 || c.Dropped != c.Offered {
		t.Errorf("%+v, want all three dropped", c)
	}
}

// TestBacklogIsCompact: many turns with little in each must not cost a chunk each.
func TestBacklogIsCompact(t *testing.T) {
	s := newSet(Limits{})
	const turns, size = 2000, 5000
	for range turns {
		put(s, strings.Repeat("x", size))
		s.Flush()
	}
	held := 0
	for _, c := range s.queues[step.LaneEvents].waiting {
		held += cap(c.buf)
	}
	if held > 2*turns*size+largeChunk {
		t.Errorf("%d bytes are held for %d", held, turns*size)
	}
}

// TestModel plays random operations and compares order, contents and the account with a slice.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { playModel(t, seed) })
	}
}

func playModel(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 2))
	limit := 1 + r.IntN(40)
	s := newSet(Limits{Messages: limit, Bytes: 1 << 30})
	var queue []string // what waits, by the model
	var dropped, written uint64
	var tk Taken
	for i := range 2000 {
		switch r.IntN(10) {
		default:
			size := r.IntN(60)
			if r.IntN(20) == 0 {
				size = r.IntN(3 * step.LargePayload)
			}
			text := fmt.Sprint(i, strings.Repeat(".", size))
			put(s, text)
			queue = append(queue, text)
		case 0, 1:
			s.Flush()
			for len(queue) > limit {
				queue, dropped = queue[1:], dropped+1
			}
		case 2:
			s.Take(step.LaneEvents, 1+r.IntN(40_000), &tk)
			got := frames(t, tk.Buffers())
			// What is taken between two flushes was handed over because a chunk was full, so it may be less than
			// the model holds; it must be the front of it, after the oldest were dropped.
			for len(queue) > 0 && len(got) > 0 && queue[0] != got[0] {
				queue, dropped = queue[1:], dropped+1
			}
			if len(got) > len(queue) || !slices.Equal(got, queue[:len(got)]) {
				t.Fatalf("step %d: took %d messages that are not the oldest", i, len(got))
			}
			queue, written = queue[len(got):], written+uint64(len(got))
			s.Done(step.LaneEvents, &tk)
		}
	}
	s.Flush()
	rest := drain(t, s)
	if len(rest) > limit || !slices.Equal(rest, queue[len(queue)-len(rest):]) {
		t.Fatalf("%d messages are left at a limit of %d, or other ones", len(rest), limit)
	}
	dropped += uint64(len(queue) - len(rest))
	written += uint64(len(rest))
	c := s.Counters(step.LaneEvents)
	if c.Dropped.Messages != dropped || c.Written.Messages != written || c.Offered != c.Dropped.Plus(c.Written) {
		t.Fatalf("%+v, want %d dropped and %d written", c, dropped, written)
	}
}

// TestWriterGoroutine has a real writer beside the loop; the race detector and the account judge it.
func TestWriterGoroutine(t *testing.T) {
	wake := make(chan struct{}, 1)
	s := newSet(Limits{Messages: 200, Bytes: 1 << 20}, func(o *Options) {
		o.Wake = func(step.Lane) {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	})
	var wg sync.WaitGroup
	var got []string
	wg.Go(func() {
		for range wake {
			got = append(got, drain(t, s)...)
		}
	})
	for i := range 20_000 {
		put(s, fmt.Sprint(i))
		if i%50 == 0 {
			s.Flush()
			s.Writable(step.LaneEvents)
			s.Counters(step.LaneEvents)
		}
	}
	s.Flush()
	close(wake)
	wg.Wait()
	got = append(got, drain(t, s)...)
	c := s.Counters(step.LaneEvents)
	if c.Offered.Messages != 20_000 || c.Offered != c.Dropped.Plus(c.Written) || c.Written.Messages != uint64(len(got)) {
		t.Errorf("%+v, %d messages came out", c, len(got))
	}
	if got[len(got)-1] != "19999" || !slices.IsSortedFunc(got, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	}) {
		t.Error("messages are out of order, or the newest is missing")
	}
}

func TestAppendAllocates(t *testing.T) {
	s := newSet(Limits{})
	var tk Taken
	h, payload := wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1, Topic: []byte("zeek/scan")}, make([]byte, 69)
	turn := func() {
		for range 100 {
			s.Append(step.LaneEvents, &h, payload)
		}
		s.Flush()
		for s.Take(step.LaneEvents, MaxTake, &tk) {
			s.Done(step.LaneEvents, &tk)
		}
	}
	turn()
	if n := testing.AllocsPerRun(50, turn); n >= 1 {
		t.Errorf("a turn of 100 messages allocates %v times", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name  string
		drain bool
	}{{"drained", true}, {"overloaded", false}} {
		b.Run(c.name, func(b *testing.B) {
			s := newSet(Limits{})
			var tk Taken
			h, payload := wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1, Topic: []byte("zeek/scan")}, make([]byte, 69)
			b.ReportAllocs()
			b.SetBytes(int64(wire.FrameSize(&h, len(payload))))
			i := 0
			for b.Loop() {
				s.Append(step.LaneEvents, &h, payload)
				if i++; i%256 == 0 {
					s.Flush()
					for c.drain && s.Take(step.LaneEvents, MaxTake, &tk) {
						s.Done(step.LaneEvents, &tk)
					}
				}
			}
		})
	}
}

func TestParsePolicy(t *testing.T) {
	for p := DropOldest; p <= Disconnect; p++ {
		if got, err := ParsePolicy(p.String()); err != nil || got != p {
			t.Errorf("%v: got %v, %v", p, got, err)
		}
	}
	for _, bad := range []string{"refuse", "", "Drop_oldest"} {
		if _, err := ParsePolicy(bad); err == nil {
			t.Errorf("%q is taken for a policy", bad)
		}
	}
}
