package tracefile

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"moonpeer/runtime/script"
)

// Options say how Draw draws.
type Options struct {
	Width int      // of a row, in characters; 0: 100
	ASCII bool     // no characters but ASCII's
	All   bool     // also handshakes, routing updates and other frames of the control lane, and how nodes come up
	Nodes []string // the order of lifelines; nodes that it lacks stand behind, as they come
	// Describe shows what a message holds, on one line: a node's Describe. Nil: the name of the event, and its size.
	Describe func(payload []byte) string
}

// Draw draws entries as a sequence diagram: time at the left, a lifeline for each node that something happens to, an arrow
// for each message, and what it is at the right.
func Draw(w io.Writer, entries []Entry, o Options) error {
	if o.Width == 0 {
		o.Width = 100
	}
	d := &drawing{Options: o, w: bufio.NewWriter(w), ink: unicodeInk, dead: map[string]bool{}}
	if o.ASCII {
		d.ink = asciiInk
	}
	d.measure(entries)
	rows := 0
	for i := range entries {
		if !d.shown(&entries[i]) {
			d.follow(&entries[i])
			continue
		}
		if rows%headerEvery == 0 {
			d.header()
		}
		rows++
		d.entry(&entries[i])
	}
	return d.w.Flush()
}

// headerEvery is after how many entries the names are written again.
const headerEvery = 60

// ink are the characters to draw with.
type ink struct {
	line, dead, right, left, cross, wire, toRight, toLeft, lost, mark, down, up, band rune
	more                                                                              string
}

var (
	unicodeInk = ink{'│', '┊', '├', '┤', '┼', '─', '▶', '◀', '✗', '●', '✗', '○', '═', "…"}
	asciiInk   = ink{'|', ':', '+', '+', '+', '-', '>', '<', 'x', '*', 'X', 'o', '=', "..."}
)

// drawing is one diagram under way.
type drawing struct {
	Options
	ink
	w         *bufio.Writer
	nodes     []string       // with a lifeline
	index     map[string]int // of these
	roomless  int            // nodes that there was no room for
	extra     []string       // some of these
	first     int            // column of the first lifeline
	step      int            // from one to the next
	time      int            // width of the times
	last      time.Duration  // written
	begunTime bool
	begun     bool            // the names were written
	dead      map[string]bool // does not run
	seen      map[string]bool // something was said of it
}

// shown tells whether an entry gets a row.
func (d *drawing) shown(e *Entry) bool {
	if d.All {
		return true
	}
	if e.Message != nil {
		return !e.Message.lifecycle()
	}
	switch e.What {
	case Loaded:
		return d.seen[e.Node] // again
	case Started, Connected, Unreached, Closed, Stopping, World:
		return false
	}
	return true
}

// follow keeps track of which nodes run.
func (d *drawing) follow(e *Entry) {
	if e.Message != nil || e.Node == "" {
		return
	}
	d.seen[e.Node] = true
	switch e.What {
	case Crashed, Stopped, Frozen:
		d.dead[e.Node] = true
	case Loaded, Running:
		d.dead[e.Node] = false
	}
}

const (
	minStep  = 4  // from one lifeline to the next
	minLabel = 24 // for what is at the right
	minWidth = 40
)

// maxAdded is how many nodes keep the order in which they were added; more have no room anyway.
const maxAdded = 10_000

// measure decides who has a lifeline and where it is.
func (d *drawing) measure(entries []Entry) {
	d.seen = map[string]bool{}
	in, order := map[string]bool{}, slices.Clone(d.Nodes)
	note := func(name string) {
		if name != "" && !in[name] {
			in[name] = true
			order = append(order, name)
		}
	}
	var latest time.Duration
	for i := range entries { // as they were added
		if entries[i].What == Loaded && len(order) < maxAdded {
			order = append(order, entries[i].Node)
		}
	}
	for i := range entries {
		e := &entries[i]
		if d.shown(e) {
			latest = max(latest, e.At)
			note(e.Node)
			if e.Message != nil {
				note(e.Message.From)
				note(e.Message.To)
			}
		}
		d.follow(e)
	}
	clear(d.dead)
	clear(d.seen)
	d.Width = max(d.Width, minWidth)
	d.time = len(clock(latest))
	d.place(order, in)
}

// place gives lifelines to those of order that are in.
func (d *drawing) place(order []string, in map[string]bool) {
	d.index = map[string]int{}
	longest := 0
	room := max(1, (d.Width-d.time-minLabel)/minStep)
	for _, name := range order {
		_, placed := d.index[name]
		switch {
		case placed || !in[name]:
		case len(d.nodes) < room:
			d.index[name] = len(d.nodes)
			d.nodes = append(d.nodes, name)
			longest = max(longest, length(shownName(name)))
		default:
			delete(in, name)
			d.roomless++
			if len(d.extra) < maxExtra {
				d.extra = append(d.extra, shownName(name))
			}
		}
	}
	most := (d.Width - d.time - minLabel) / max(1, len(d.nodes))
	d.step = max(minStep, min(longest+2, most))
	d.first = d.time + 2 + d.step/2
}

// maxExtra is how many nodes without a lifeline are named.
const maxExtra = 20

// x is the column of a lifeline.
func (d *drawing) x(i int) int { return d.first + i*d.step }

// clock shows a time in seconds.
func clock(t time.Duration) string {
	return fmt.Sprintf("%d.%06d", t/time.Second, t%time.Second/time.Microsecond)
}

// shownName is a name as it is drawn.
func shownName(name string) string { return script.Clip(script.Printable(name)) }

// header writes the names above their lifelines: on one row if there is room, on two by turns, or as numbers that are
// explained first.
func (d *drawing) header() {
	names := make([]string, len(d.nodes))
	longest := 0
	for i, name := range d.nodes {
		names[i] = shownName(name)
		longest = max(longest, length(names[i]))
	}
	if longest > 2*d.step-2 {
		for i, name := range names {
			if !d.begun {
				d.put(fmt.Sprintf("%d = %s", i+1, name))
			}
			names[i] = fmt.Sprint(i + 1)
		}
		longest = 1
	}
	if len(d.extra) > 0 && !d.begun {
		d.put(fmt.Sprintf("%d lifelines have no room: %s", d.roomless, strings.Join(d.extra, ", ")))
	}
	d.begun = true
	rows := 1
	if longest > d.step-1 {
		rows = 2
	}
	for row := range rows {
		cells := blank(d.x(len(d.nodes)) + longest)
		for i, name := range names {
			if i%rows < row {
				cells[d.x(i)] = d.lifeline(i)
			} else if i%rows == row {
				write(cells, max(0, d.x(i)-length(name)/2), name)
			}
		}
		d.put(string(cells))
	}
}

// lifeline is what a node's lifeline is drawn with.
func (d *drawing) lifeline(i int) rune {
	if d.dead[d.nodes[i]] {
		return d.ink.dead
	}
	return d.line
}

// blank is a row without anything in it.
func blank(width int) []rune {
	cells := make([]rune, width)
	for i := range cells {
		cells[i] = ' '
	}
	return cells
}

// write puts a text into a row, as far as it fits.
func write(cells []rune, at int, text string) {
	for _, c := range text {
		if at >= len(cells) {
			return
		}
		cells[at] = c
		at++
	}
}

// put writes a row, cut to the width.
func (d *drawing) put(row string) {
	row = strings.ReplaceAll(row, "\t", " ")
	fmt.Fprintln(d.w, strings.TrimRight(cutTo(row, d.Width, d.more), " "))
}

// cutTo cuts a text after so many characters.
func cutTo(text string, most int, more string) string {
	if length(text) <= most {
		return text
	}
	runes := []rune(text)
	return string(runes[:max(0, most-length(more))]) + more
}

func length(text string) int { return len([]rune(text)) }
