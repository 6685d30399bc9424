package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonpeer/net/step"
)

// inbox is a loop that takes inputs when it is asked to.
type inbox struct {
	mu     sync.Mutex
	inputs []step.Input
	wake   chan struct{}
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) Put(in step.Input) {
	b.mu.Lock()
	b.inputs = append(b.inputs, in)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// next waits for an input.
func (b *inbox) next(t *testing.T) step.Input {
	t.Helper()
	late := time.After(time.Minute)
	for {
		b.mu.Lock()
		if len(b.inputs) > 0 {
			in := b.inputs[0]
			b.inputs = b.inputs[1:]
			b.mu.Unlock()
			return in
		}
		b.mu.Unlock()
		select {
		case <-b.wake:
		case <-late:
			t.Fatal("nothing came for a minute")
		}
	}
}

// life is what came of a child.
type life struct {
	pid     int
	lines   []string // "stdout text"
	dropped int
	files   []step.ProcessFile
	end     step.ProcessDone
}

// follow takes inputs until the child has ended, and calls on with each line.
func (b *inbox) follow(t *testing.T, on func(line string)) (l life) {
	t.Helper()
	for {
		switch in := b.next(t).(type) {
		case step.ProcessDone:
			if !in.Started {
				l.end = in
				return l
			}
			if l.pid != 0 || len(l.lines) > 0 {
				t.Error("started came twice, or after output")
			}
			l.pid = in.PID
		case *step.ProcessOutput:
			for _, o := range in.Lines {
				line := fmt.Sprint(o.Stream, " ", string(o.Text))
				l.lines = append(l.lines, line)
				if on != nil {
					on(line)
				}
			}
			l.dropped += in.Dropped
			in.Release()
		case step.ProcessFile:
			l.files = append(l.files, in)
		}
	}
}

// open returns an edge that is closed at the end of the test, and its inbox.
func open(t *testing.T) (*Processes, *inbox) {
	t.Helper()
	b := newInbox()
	p := NewProcesses(ProcessesOptions{Inbox: b})
	t.Cleanup(p.Close)
	return p, b
}

// self is a command that runs the test binary as a child.
func self(t *testing.T, mode string) step.Command {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return step.Command{
		Path: exe, Env: []string{childMode + "=" + mode, "A=1"}, Dir: dir,
		Stdout: filepath.Join(dir, "stdout.log"), Stderr: filepath.Join(dir, "stderr.log"),
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOutputAndExit(t *testing.T) {
	p, b := open(t)
	c := self(t, "say 3")
	for run := range 2 { // the second one appends
		p.Start(7, uint64(run), c)
		l := b.follow(t, nil)
		slices.Sort(l.lines)
		if want := []string{"stderr wrong", "stdout one", "stdout three", "stdout unended"}; !slices.Equal(l.lines, want) {
			t.Errorf("got %q, want %q", l.lines, want)
		}
		e := l.end
		if l.pid == 0 || e.At != 7 || e.Token != uint64(run) || e.PID != l.pid || e.Code != 3 || e.Signal != 0 || e.Err != nil {
			t.Errorf("PID %d, end %+v", l.pid, e)
		}
		slices.Sort(e.Tail)
		if want := []string{"one", "three", "unended", "wrong"}; !slices.Equal(e.Tail, want) {
			t.Errorf("tail %q, want %q", e.Tail, want)
		}
	}
	if got, want := read(t, c.Stdout), strings.Repeat("one\n\nthree\r\nunended\n", 2); got != want {
		t.Errorf("stdout.log has %q, want %q", got, want)
	}
	if got := read(t, c.Stderr); got != "wrong\nwrong\n" {
		t.Errorf("stderr.log has %q", got)
	}
}

func TestWhatAChildIsGiven(t *testing.T) {
	p, b := open(t)
	c := self(t, "tell")
	c.Args = []string{"-x", "two words"}
	c.Stdout, c.Stderr = "", ""
	p.Start(1, 1, c)
	l := b.follow(t, nil)
	dir, err := filepath.EvalSymlinks(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`stdout args ["-x" "two words"]`, `stdout env A="1", PATH=""`, "stdout dir " + dir, "stdout stdin 0 bytes, <nil>"}
	if !slices.Equal(l.lines, want) {
		t.Errorf("got %q, want %q", l.lines, want)
	}
	if left, err := os.ReadDir(c.Dir); err != nil || len(left) > 0 {
		t.Errorf("files were made although none was asked for: %v, %v", left, err)
	}
}

func TestNotStartable(t *testing.T) {
	p, b := open(t)
	for _, break_ := range []func(*step.Command){
		func(c *step.Command) { c.Path = filepath.Join(c.Dir, "missing") },
		func(c *step.Command) { c.Dir = filepath.Join(c.Dir, "missing") },
	} {
		c := self(t, "say 0")
		break_(&c)
		p.Start(1, 1, c)
		l := b.follow(t, nil)
		if l.pid != 0 || l.end.Err == nil || l.end.PID != 0 || l.end.Code != -1 {
			t.Errorf("PID %d, end %+v", l.pid, l.end)
		}
		p.Signal(1, step.Kill) // nobody
	}
}

func TestLongLines(t *testing.T) {
	p, b := open(t)
	const length = 3*maxLine + 100
	c := self(t, fmt.Sprint("long ", length))
	p.Start(1, 1, c)
	l := b.follow(t, nil)
	var lengths []int
	for _, line := range l.lines {
		lengths = append(lengths, len(strings.TrimPrefix(line, "stdout ")))
	}
	if want := []int{maxLine, maxLine, maxLine, 100, len("end")}; !slices.Equal(lengths, want) || l.dropped != 0 {
		t.Errorf("pieces of %v, want %v", lengths, want)
	}
	if got := read(t, c.Stdout); got != strings.Repeat("x", length)+"\nend\n" {
		t.Errorf("the file has %d bytes", len(got))
	}
	if n := len(l.end.Tail[0]); n > tailBytes+4 {
		t.Errorf("the tail has a line of %d bytes", n)
	}
}

// TestFloodWithAStuckLoop has a child write 10 MB while nobody takes anything.
func TestFloodWithAStuckLoop(t *testing.T) {
	p, b := open(t)
	const count = 800_010
	c := self(t, fmt.Sprint("flood ", count))
	p.Start(1, 1, c)
	outputs, next, dropped, largest := 0, 0, 0, 0
	var tail []string
	for tail == nil {
		switch in := b.next(t).(type) {
		case *step.ProcessOutput:
			outputs++
			bytes := 0
			for _, l := range in.Lines {
				if want := fmt.Sprint("line ", next); string(l.Text) != want {
					t.Fatalf("got %s, want %s", l.Text, want)
				}
				next++
				bytes += len(l.Text) + lineCost
			}
			next += in.Dropped
			dropped += in.Dropped
			largest = max(largest, bytes)
		case step.ProcessDone:
			tail = in.Tail
		}
	}
	if next != count || dropped == 0 || outputs > 2 || largest > maxPending {
		t.Errorf("%d of %d lines accounted for, %d dropped, %d outputs of up to %d bytes", next, count, dropped, outputs, largest)
	}
	if len(tail) != tailLines || tail[0] != fmt.Sprint("line ", count-tailLines) || tail[tailLines-1] != fmt.Sprint("line ", count-1) {
		t.Errorf("tail of %d lines, from %s to %s", len(tail), tail[0], tail[len(tail)-1])
	}
	if n := strings.Count(read(t, c.Stdout), "\n"); n != count {
		t.Errorf("the file has %d lines", n)
	}
}

// TestSharedFile has both streams go to one file: whole lines, each stream in order.
func TestSharedFile(t *testing.T) {
	p, b := open(t)
	const count = 5000
	c := self(t, fmt.Sprint("both ", count))
	c.Stderr = c.Stdout
	p.Start(1, 1, c)
	b.follow(t, nil)
	next := map[string]int{}
	for line := range strings.Lines(read(t, c.Stdout)) {
		stream, n, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if n != fmt.Sprint(next[stream]) {
			t.Fatalf("%q after %d of %s", line, next[stream], stream)
		}
		next[stream]++
	}
	if next["stdout"] != count || next["stderr"] != count {
		t.Errorf("%v lines", next)
	}
}

func TestClose(t *testing.T) {
	b := newInbox()
	p := NewProcesses(ProcessesOptions{Inbox: b})
	p.Start(1, 1, self(t, "ignores"))
	for {
		if _, ok := b.next(t).(*step.ProcessOutput); ok {
			break
		}
	}
	p.Start(1, 2, self(t, "ignores")) // may not even run yet
	p.Close()
	p.Close()
	p.Start(1, 3, self(t, "say 0"))
	ends := 0
	for _, in := range b.inputs {
		if done, ok := in.(step.ProcessDone); ok && !done.Started {
			ends++
		}
	}
	if ends != 2 {
		t.Errorf("%d ends", ends)
	}
	NewProcesses(ProcessesOptions{Inbox: b}).Close()
}
