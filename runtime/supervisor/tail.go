package supervisor

import "strings"

const (
	tailLines = 100
	tailBytes = 1024 // of one line
)

// tail keeps the last lines of a child. Its slots are used again, so that a flood costs no memory.
type tail struct {
	slots [][]byte
	next  int // the slot that is used next once all are
}

func (t *tail) add(line []byte) {
	cut := line
	if len(line) > tailBytes {
		cut = line[:tailBytes]
	}
	if len(t.slots) < tailLines {
		t.slots = append(t.slots, nil)
		t.next = len(t.slots) - 1
	}
	slot := append(t.slots[t.next][:0], cut...)
	if len(cut) < len(line) {
		slot = append(slot, "…"...)
	}
	t.slots[t.next] = slot
	t.next = (t.next + 1) % tailLines
}

// lines returns them, the oldest first.
func (t *tail) lines() []string {
	var out []string
	for i := range t.slots {
		if len(t.slots) == tailLines {
			i = (t.next + i) % tailLines
		}
		out = append(out, strings.ToValidUTF8(string(t.slots[i]), "�"))
	}
	return out
}
