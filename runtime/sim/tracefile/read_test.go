package tracefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonpeer/net/step"
)

// written writes entries as a world does.
func written(es []Entry) (b []byte) {
	for i := range es {
		if e := &es[i]; e.Message != nil {
			b = AppendMessage(b, e.Message)
		} else {
			b = AppendNote(b, e.At, e.Node, e.What, e.Text)
		}
	}
	return b
}

// read reads all sections.
func read(text string) (all []*Section, err error) {
	r := NewReader("x.trace", strings.NewReader(text))
	for {
		s, err := r.Next()
		if s != nil {
			all = append(all, s)
		}
		if err == io.EOF && s != nil {
			continue
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// TestRoundTrip: what was written is read again, section by section.
func TestRoundTrip(t *testing.T) {
	odd := []Entry{
		{At: 1, Node: `we "are" -> odd`, What: Skewed, Text: "1h"},
		{At: 2, Message: &Message{From: "*", To: "b\n", Lane: step.LaneLogs, Sent: 1, Again: 1, At: 2, Frame: []byte{}}},
	}
	text := AppendSection(AppendHeader(nil), "a_test.lua › one, seed 7")
	text = append(text, written(course())...)
	text = append(AppendSection(text, "two\nlines"), '\n')
	text = append(text, written(odd)...)
	got, err := read(string(text))
	if err != nil || len(got) != 2 {
		t.Fatalf("%d sections, %v", len(got), err)
	}
	if got[0].Title != "a_test.lua › one, seed 7" || got[1].Title != `two\nlines` || got[0].Line != 2 || got[1].Line != 23 {
		t.Errorf("titles %q in line %d, %q in line %d", got[0].Title, got[0].Line, got[1].Title, got[1].Line)
	}
	for i, want := range [][]Entry{course(), odd} {
		if !reflect.DeepEqual(got[i].Entries, want) {
			t.Errorf("section %d: got\n%s\nwant\n%s", i, written(got[i].Entries), written(want))
		}
	}
	if a, b := draw(t, got[0].Entries, Options{}), draw(t, course(), Options{}); a != b {
		t.Errorf("what was read is drawn\n%s\nand what was written\n%s", a, b)
	}
}

// TestLarge: of large frames and texts the beginning is written, and how large the frame was.
func TestLarge(t *testing.T) {
	m := event("a", "b", "E::e", "t", time.Second)
	m.Frame = append(m.Frame, make([]byte, 100_000)...)
	m.Size = len(m.Frame)
	out := Entry{Node: "a", What: Out, Text: strings.Repeat("x", 100_000)}
	got, err := read(header + "\n" + string(written([]Entry{{At: m.At, Message: m}, out})))
	if err != nil || len(got) != 1 || len(got[0].Entries) != 2 {
		t.Fatal(got, err)
	}
	r := got[0].Entries[0].Message
	if len(r.Frame) != maxWritten || r.Size != m.Size || r.Whole() || !bytes.HasPrefix(m.Frame, r.Frame) {
		t.Errorf("%d of %d bytes, whole: %v", len(r.Frame), r.Size, r.Whole())
	}
	if n := len(got[0].Entries[1].Text); n != maxWritten {
		t.Errorf("%d bytes of a text", n)
	}
	if text := draw(t, got[0].Entries[:1], Options{}); !strings.Contains(text, fmt.Sprintf("E::e(%d bytes) on t", 39+100_000)) {
		t.Errorf("it is drawn as %s", text)
	}
}

// TestBroken: what can't be read is said with its line, and what stood before is there.
func TestBroken(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":        {"", "x.trace: the file is empty"},
		"other":        {"PK\x03\x04", `x.trace:1: this is no trace: it begins with "PK\x03\x04"`},
		"newer":        {"moonpeer trace 2\n", `x.trace:1: a trace of version "2"`},
		"no time":      {header + "\n0 a loaded\nx a loaded", `x.trace:3: "x" is no time`},
		"negative":     {header + "\n-1 a loaded", `x.trace:2: "-1" is no time`},
		"late":         {header + "\n99999999999999999999 a loaded", `x.trace:2: "99999999999999999999" is no time`},
		"what":         {header + "\n0 a dances", `x.trace:2: nothing called "dances" happens`},
		"not nodes'":   {header + "\n0 a heal", `x.trace:2: nothing called "heal"`},
		"not worlds'":  {header + "\n0 * crashed", `x.trace:2: nothing called "crashed"`},
		"short":        {header + "\n0", `x.trace:2: "" is no name`},
		"name":         {header + "\n0 a{} loaded", `x.trace:2: "a{}" is no name`},
		"nobody":       {header + "\n0 \"\" loaded", `x.trace:2: no name of a node in quotes: ""`},
		"quotes":       {header + "\n0 \"a loaded", `x.trace:2: no name of a node in quotes`},
		"text":         {header + "\n0 a out x", `x.trace:2: the text of "out" is not in quotes: x`},
		"lane":         {header + "\n0 a -> b beer sent 0 00", `x.trace:2: there is no lane "beer"`},
		"no frame":     {header + "\n0 a -> b events sent 0", `x.trace:2: a message without the time`},
		"odd frame":    {header + "\n0 a -> b events sent 0 000", `x.trace:2: the frame of a message`},
		"sent":         {header + "\n0 a -> b events sent x 00", `x.trace:2: "x" is no time`},
		"again":        {header + "\n0 a -> b events sent 0 again x 00", `x.trace:2: "x" is no time`},
		"behind":       {header + "\n0 a -> b events sent 0 00 more", `x.trace:2: what follows the frame`},
		"smaller":      {header + "\n0 a -> b events sent 0 0000 of 1", `x.trace:2: what follows the frame`},
		"no receiver":  {header + "\n0 a -> ", `x.trace:2: "" is no name`},
		"endless line": {header + "\n0 a out \"" + strings.Repeat("x", maxLine), `x.trace:2: a line of more than 1024 KiB`},
		"endless file": {strings.Repeat("x", maxLine+1), `x.trace:1: a line of more than 1024 KiB`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(test.text)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || len(err.Error()) > 400 {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if name == "no time" && (len(got) != 1 || len(got[0].Entries) != 1) {
				t.Errorf("what stood before is %v", got)
			}
		})
	}
	broken := errors.New("disk on fire")
	if _, err := NewReader("x", io.MultiReader(strings.NewReader(header+"\n"), &failing{broken})).Next(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// TestMemory: a file takes a small multiple of itself.
func TestMemory(t *testing.T) {
	for name, line := range map[string]string{
		"shortest": "0 * heal\n",
		"names":    "0 n%d slow\n",
		"messages": "0 a -> b logs sent 0 00\n",
		"blanks":   "0 a -> b logs sent 0 " + strings.Repeat(" ", 1000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(header + "\n")
			for i := 0; b.Len() < 1<<20; i++ {
				if strings.Contains(line, "%d") {
					fmt.Fprintf(&b, line, i)
				} else {
					b.WriteString(line)
				}
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			all, _ := read(b.String())
			runtime.GC()
			runtime.ReadMemStats(&after)
			if n := int64(after.HeapAlloc) - int64(before.HeapAlloc); n > 30<<20 {
				t.Errorf("%d MB are kept of 1", n>>20)
			}
			if len(all) == 0 {
				t.Fatal("nothing was read")
			}
			if err := Draw(io.Discard, all[0].Entries, Options{All: true}); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(header+"\n# x, seed 1\n"+string(written(course())), 80, true)
	f.Add(header+"\n1 \"a\\x00\" out \"\\n\\n\"\n", 1, false)
	f.Fuzz(func(t *testing.T, text string, width int, all bool) {
		sections, err := read(text)
		for _, s := range sections {
			var a, b bytes.Buffer
			o := Options{Width: min(width, 1000), All: all, ASCII: all}
			if Draw(&a, s.Entries, o) != nil || Draw(&b, s.Entries, o) != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Error("one section is drawn in two ways")
			}
			again, err := read(header + "\n" + string(written(s.Entries)))
			if err != nil || len(s.Entries) > 0 && !reflect.DeepEqual(again[0].Entries, s.Entries) && len(text) < 4000 {
				t.Errorf("what was read and written is read otherwise: %v", err)
			}
		}
		_ = err
	})
}
