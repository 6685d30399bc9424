package step

import (
	"slices"
	"testing"
)

// fake is a machine that notes its name when it is stepped, and then does what on says.
type fake struct {
	name string
	next Time
	log  *[]string
	on   func(f *fake) bool
}

func (f *fake) Next() Time { return f.next }

func (f *fake) Step(now Time) bool {
	*f.log = append(*f.log, f.name)
	if f.on != nil {
		return f.on(f)
	}
	f.next = Never
	return false
}

func TestTimersOrder(t *testing.T) {
	var log []string
	var ts Timers
	ts.Register(&fake{name: "a", next: 7, log: &log})
	ts.Register(&fake{name: "b", next: 7, log: &log})
	ts.Register(&fake{name: "c", next: 2, log: &log})
	ts.Register(&fake{name: "idle", next: Never, log: &log})
	if ts.Next() != 2 {
		t.Fatalf("next is %d, want 2", ts.Next())
	}
	if ts.Step(1) || len(log) != 0 {
		t.Fatalf("stepped %q before anything was due", log)
	}
	if ts.Step(7) {
		t.Error("another round is wanted although nobody asked for it")
	}
	if want := []string{"c", "a", "b"}; !slices.Equal(log, want) {
		t.Errorf("got %q, want %q", log, want)
	}
	if ts.Next() != Never {
		t.Errorf("next is %d, want never", ts.Next())
	}
}

func TestTimersMore(t *testing.T) {
	var log []string
	var ts Timers
	ts.Register(&fake{name: "greedy", next: 0, log: &log, on: func(f *fake) bool {
		f.next = Never
		return len(log) < 3
	}})
	ts.Register(&fake{name: "other", next: 0, log: &log})
	if !ts.Step(0) {
		t.Error("the machine that has more was not heard")
	}
	if want := []string{"greedy", "other"}; !slices.Equal(log, want) {
		t.Errorf("got %q, want %q", log, want)
	}
}

// TestTimersChanged has one machine make another one due, and one remove another, while they are stepped.
func TestTimersChanged(t *testing.T) {
	var log []string
	var ts Timers
	b := &fake{name: "b", next: Never, log: &log}
	var eb, ec *Entry
	ts.Register(&fake{name: "a", next: 1, log: &log, on: func(f *fake) bool {
		f.next = Never
		b.next = 1
		eb.Changed()
		eb.Changed()
		ec.Remove()
		return false
	}})
	eb = ts.Register(b)
	ec = ts.Register(&fake{name: "c", next: 1, log: &log})
	if !ts.Step(1) {
		t.Error("b became due, but no other round is wanted")
	}
	ts.Step(1)
	if want := []string{"a", "b"}; !slices.Equal(log, want) {
		t.Errorf("got %q, want %q", log, want)
	}
	ec.Changed()
	if ts.Next() != Never {
		t.Error("a removed machine is still due")
	}
}

func TestBatch(t *testing.T) {
	freed := 0
	b := NewBatch(func(*Batch) { freed++ })
	b.Reset(3, LaneEvents)
	for _, f := range []string{"one", "", "three"} {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = append(b.Buf, f...)
	}
	if b.Port() != 3 || b.Len() != 3 || string(b.Frame(0)) != "one" || len(b.Frame(1)) != 0 || string(b.Frame(2)) != "three" {
		t.Errorf("port %d, %d frames: %q %q %q", b.Port(), b.Len(), b.Frame(0), b.Frame(1), b.Frame(2))
	}
	b.Release()
	b.Release()
	if freed != 1 {
		t.Errorf("freed %d times", freed)
	}
}
