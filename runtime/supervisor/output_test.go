package supervisor

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonpeer/net/step"
)

// quiet is a process that has been announced, whose outputs stay in the inbox.
func quiet() (*process, *inbox) {
	b := newInbox()
	c := newProcess(NewProcesses(ProcessesOptions{Inbox: b}), 1, 1)
	c.announced = true
	return c, b
}

// take returns the next output's lines, joined by a comma, and what was dropped.
func (b *inbox) take(t *testing.T) (o *step.ProcessOutput, text string) {
	t.Helper()
	if len(b.inputs) == 0 {
		return nil, "nothing"
	}
	o = b.next(t).(*step.ProcessOutput)
	var lines []string
	for _, l := range o.Lines {
		lines = append(lines, string(l.Text[:min(5, len(l.Text))]))
	}
	return o, fmt.Sprint(strings.Join(lines, ","), " ", o.Dropped)
}

// TestOneOutputUnderWay: what comes meanwhile waits, up to a bound, and follows at once on release.
func TestOneOutputUnderWay(t *testing.T) {
	c, b := quiet()
	c.line(step.Stdout, []byte("one"))
	c.line(step.Stdout, []byte("two"))
	c.line(step.Stdout, []byte("three"))
	first, text := b.take(t)
	if text != "one 0" || len(b.inputs) > 0 {
		t.Errorf("got %s, %d more", text, len(b.inputs))
	}
	c.line(step.Stdout, bytes.Repeat([]byte("long"), maxPending/4))
	c.line(step.Stdout, []byte("short")) // would fit, but is behind what is missing
	first.Release()
	first.Release()
	second, text := b.take(t)
	if text != "two,three 2" || len(b.inputs) > 0 {
		t.Errorf("got %s, %d more", text, len(b.inputs))
	}
	second.Release()
	if _, text := b.take(t); text != "nothing" {
		t.Errorf("got %s", text)
	}
	c.line(step.Stdout, bytes.Repeat([]byte("long"), maxPending)) // one always fits
	if _, text := b.take(t); text != "longl 0" {
		t.Errorf("got %s", text)
	}
}

func TestOutputWaitsForStarted(t *testing.T) {
	c, b := quiet()
	c.announced = false
	c.line(step.Stdout, []byte("early"))
	if len(b.inputs) > 0 {
		t.Errorf("%+v came before anybody knew of the child", b.inputs)
	}
}

// TestOutputChunks cuts a text at all places and wants the same lines and the same file.
func TestOutputChunks(t *testing.T) {
	text := "a\n\nbc\r\ndef\nrest"
	for size := 1; size <= len(text); size++ {
		c, _ := quiet()
		path := filepath.Join(t.TempDir(), "out.log")
		var said reports
		o := newOutput(c, step.Stdout, openLogFile(path, 1<<20, time.Hour, said.add))
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if n, err := o.Write(rest[:min(size, len(rest))]); n != min(size, len(rest)) || err != nil {
				t.Fatal(n, err)
			}
		}
		o.close()
		if got := strings.Join(c.tail.lines(), ","); got != "a,bc,def,rest" {
			t.Errorf("in chunks of %d: %s", size, got)
		}
		if got := read(t, path); got != text+"\n" {
			t.Errorf("in chunks of %d: the file has %q", size, got)
		}
	}
}

// TestEndlessLine: a line without an end takes no more memory than its pieces.
func TestEndlessLine(t *testing.T) {
	c, _ := quiet()
	path := filepath.Join(t.TempDir(), "out.log")
	var said reports
	o := newOutput(c, step.Stdout, openLogFile(path, 1<<30, time.Hour, said.add))
	total := 0
	for i := range 200 {
		p := bytes.Repeat([]byte{'x'}, 10_000+i)
		o.Write(p)
		total += len(p)
		if len(o.rest) >= maxLine || cap(o.rest) > 2*maxLine {
			t.Fatalf("%d bytes wait in %d", len(o.rest), cap(o.rest))
		}
	}
	o.close()
	if n := len(read(t, path)); n != total+1 {
		t.Errorf("the file has %d bytes, want %d", n, total+1)
	}
}

// TestSharedFileStaysOpen until both streams have closed it.
func TestSharedFileStaysOpen(t *testing.T) {
	c, _ := quiet()
	path := filepath.Join(t.TempDir(), "out.log")
	var said reports
	f := openLogFile(path, 1<<20, time.Hour, said.add)
	one, other := newOutput(c, step.Stdout, f), newOutput(c, step.Stderr, f)
	one.Write([]byte("one"))
	other.Write([]byte("other"))
	one.close()
	other.close()
	if got := read(t, path); got != "one\nother\n" || f.f != nil {
		t.Errorf("the file has %q", got)
	}
}
