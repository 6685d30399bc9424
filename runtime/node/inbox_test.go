package node

import (
	"slices"
	"testing"

	"moonpeer/net/step"
)

// portInput is an input of a port, told apart by n.
type portInput struct {
	port step.PortID
	n    int
}

func (i portInput) Port() step.PortID { return i.port }

// TestInbox: one input of each port a pass, in the order of its port; what is put back comes first; a port that is
// dropped is gone.
func TestInbox(t *testing.T) {
	b := newInbox()
	for n := range 3 {
		b.Put(portInput{1, n})
		b.Put(portInput{2, n})
	}
	first := b.pass(nil, false)
	if len(first) != 2 || first[0] != step.Input(portInput{1, 0}) || first[1] != step.Input(portInput{2, 0}) {
		t.Fatalf("first pass: %v", first)
	}
	b.putBack(first[0])
	second := b.pass(nil, false)
	if len(second) != 2 || second[0] != step.Input(portInput{2, 1}) || second[1] != step.Input(portInput{1, 0}) {
		t.Fatalf("second pass begins with the other port, and has what was put back: %v", second)
	}
	b.drop(1)
	if got := b.pass(nil, false); len(got) != 1 || got[0] != step.Input(portInput{2, 2}) {
		t.Fatalf("after the drop: %v", got)
	}
	if !b.empty(false) || len(b.ports) != 1 {
		t.Errorf("empty %v, %d ports", b.empty(false), len(b.ports))
	}
	b.Put(portInput{3, 0})
	if got := b.pass(nil, false); len(got) != 1 || got[0] != step.Input(portInput{3, 0}) {
		t.Fatalf("a port after the drop: %v", got)
	}
	b.close()
	b.Put(portInput{2, 9})
	if !b.empty(false) {
		t.Error("a closed inbox takes nothing")
	}
}

// TestInboxUrgent: control batches do not wait behind messages, nor for scripts that are behind; the end of a link
// comes after both.
func TestInboxUrgent(t *testing.T) {
	b := newInbox()
	batch := func(l step.Lane) *step.Batch {
		x := step.NewBatch(nil)
		x.Reset(1, l)
		return x
	}
	events, control, more := batch(step.LaneEvents), batch(step.LaneControl), batch(step.LaneControl)
	closed := step.Closed{Link: 1}
	for _, in := range []step.Input{events, control, more, closed} {
		b.Put(in)
	}
	for i, want := range [][]step.Input{{control}, {more, events}, {closed}} {
		got := b.pass(nil, i == 0)
		if !slices.Equal(got, want) {
			t.Fatalf("pass %d: got %v, want %v", i, got, want)
		}
	}
	b.Put(control)
	b.Put(closed)
	first := b.pass(nil, false)
	b.putBack(first[0])
	if got := b.pass(nil, false); len(first) != 1 || !slices.Equal(got, []step.Input{control}) {
		t.Fatalf("a control batch that is not done yet: %v, %v", first, got)
	}
	if got := b.pass(nil, false); !slices.Equal(got, []step.Input{closed}) {
		t.Fatalf("then its end: %v", got)
	}
}
