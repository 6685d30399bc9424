package sim

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/sim/tracefile"
)

// texts are the payloads of messages, those that are lost in brackets.
func texts(ms []tracefile.Message) (out []string) {
	for i := range ms {
		_, payload, err := ms[i].Parse()
		text := fmt.Sprintf("%s>%s %s", ms[i].From, ms[i].To, payload)
		switch {
		case err != nil:
			text = err.Error()
		case ms[i].Lost:
			text = "(" + text + ")"
		}
		out = append(out, text)
	}
	return out
}

// TestExchanged: the last messages are remembered with their times, without a trace, those that were lost too.
func TestExchanged(t *testing.T) {
	w, err := New(Options{Delay: 10 * time.Millisecond, Exchanged: 4})
	if err != nil {
		t.Fatal(err)
	}
	x := &world{World: w, t: t}
	a, b := x.probe("a"), x.probe("b", "a")
	x.start()
	if got := w.Exchanged(); len(got) != 0 {
		t.Errorf("the control lane is remembered: %v", got)
	}
	from := w.Now()
	a.publish("1")
	b.publish("2")
	x.run()
	ms := w.Exchanged()
	if got := texts(ms); !slices.Equal(got, []string{"b>a 2", "a>b 1"}) {
		t.Errorf("got %q", got)
	}
	if m := ms[0]; m.Sent != from || m.Again != from || m.At != from+10*time.Millisecond || m.Lane != step.LaneEvents || !m.Whole() {
		t.Errorf("sent at %v: %+v", from, m)
	}
	for i := 3; i < 6; i++ {
		a.publish(fmt.Sprint(i))
		x.run()
	}
	if got := texts(w.Exchanged()); !slices.Equal(got, []string{"a>b 1", "a>b 3", "a>b 4", "a>b 5"}) {
		t.Errorf("the ring has %q", got)
	}
	if got := texts(ms); got[0] != "b>a 2" {
		t.Errorf("what was handed out has changed: %q", got)
	}
	w.Partition([]string{"a"}, []string{"b"})
	a.publish("6")
	x.advance(time.Minute)
	if got := texts(w.Exchanged()); !slices.Contains(got, "(a>b 6)") {
		t.Errorf("of a partition it has %q", got)
	}
	w.Close()
}

// TestExchangedLarge: of a large message the beginning is kept, and what it was.
func TestExchangedLarge(t *testing.T) {
	w, a, _ := pair(t, peering.Settings{})
	a.publish(strings.Repeat("x", 100_000))
	w.run()
	ms := w.Exchanged()
	h, payload, err := ms[0].Parse()
	if len(ms) != 1 || err != nil || string(h.Topic) != "t" || ms[0].Size < 100_000 || len(payload) > maxFrame || ms[0].Whole() {
		t.Errorf("%d messages, %v, topic %q, %d bytes of %d", len(ms), err, h.Topic, len(payload), ms[0].Size)
	}
}

// TestExchangedNone: whoever wants none has none.
func TestExchangedNone(t *testing.T) {
	w, err := New(Options{Exchanged: -1})
	if err != nil {
		t.Fatal(err)
	}
	x := &world{World: w, t: t}
	a, _ := x.probe("a"), x.probe("b", "a")
	x.start()
	a.publish("1")
	x.run()
	if len(w.Exchanged()) != 0 || len(w.Recent()) != 0 {
		t.Errorf("%v, %v", w.Exchanged(), w.Recent())
	}
	w.Close()
}

// TestRecent: what happened between the last messages is in its place, and nothing from before them.
func TestRecent(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	show := func() (out []string) {
		for _, e := range w.Recent() {
			if e.Message != nil {
				out = append(out, texts([]tracefile.Message{*e.Message})...)
			} else if e.What != tracefile.Connected {
				out = append(out, strings.TrimSpace(e.Node+" "+string(e.What)))
			}
		}
		return out
	}
	a.publish("1")
	w.run()
	b.Freeze()
	b.Thaw()
	a.publish("2")
	w.run()
	b.Crash()
	want := []string{"world", "a loaded", "b loaded", "a started", "b started", "a>b 1", "b frozen", "b running", "a>b 2", "b crashed"}
	if got := show(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	w.advance(time.Minute)
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	w.run()
	for range 64 {
		a.publish("x")
		w.run()
	}
	want = []string{"b frozen", "b running", "b crashed", "a>b x"} // faults stay, however long ago
	if got := show(); len(got) != 67 || !slices.Equal(got[:4], want) {
		t.Errorf("%d: %q", len(got), got)
	}
}

// TestTrace: a trace can be read and drawn, and is complete: what was sent when, what was lost, what nodes printed.
func TestTrace(t *testing.T) {
	text := string(tracefile.AppendHeader(nil)) + play(t, 7)
	r := tracefile.NewReader("trace", strings.NewReader(text))
	s, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatal(err)
	}
	var again, lost, before int
	for _, e := range s.Entries {
		if m := e.Message; m != nil {
			if m.Again > m.Sent && !m.Lost {
				again++
			}
			if m.Lost {
				lost++
			}
			if m.Sent > m.At || m.Again < m.Sent {
				before++
			}
		}
	}
	if again == 0 || lost == 0 || before > 0 {
		t.Errorf("%d were sent again, %d lost, %d at impossible times", again, lost, before)
	}
	var b strings.Builder
	if err := tracefile.Draw(&b, s.Entries, tracefile.Options{All: true}); err != nil || !strings.Contains(b.String(), "c slow 20ms") {
		t.Errorf("it is drawn as\n%s", b.String())
	}
}
