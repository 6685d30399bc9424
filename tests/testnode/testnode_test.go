package testnode

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

// TestAwait: each await goes on behind the line of the one before, waits for what is not there yet, and ends when
// nothing can come any more.
func TestAwait(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	o := newOutput()
	read := make(chan struct{})
	go func() { o.read(r); close(read) }()
	write := func(text string) {
		if _, err := io.WriteString(w, text); err != nil {
			t.Error(err)
		}
	}
	want := func(text, line string) {
		t.Helper()
		if got, err := o.await(contains(text), Patience); got != line || err != nil {
			t.Errorf("awaiting %q gives %q, %v, want %q", text, got, err, line)
		}
	}
	write("one 1\ntwo 1\none 2\r\n")
	want("one", "one 1")
	want("one", "one 2")
	go write("one 3\nlast")
	want("one", "one 3")
	if _, err := o.await(contains("two"), time.Millisecond); !errors.Is(err, errLate) {
		t.Errorf("awaiting what was before gives %v, want %v", err, errLate)
	}
	w.Close()
	want("last", "last")
	if _, err := o.await(contains("more"), Patience); !errors.Is(err, errEnded) {
		t.Errorf("awaiting at the end gives %v, want %v", err, errEnded)
	}
	<-read
	if got := o.atLeast(9, Patience); len(got) != 5 {
		t.Errorf("of nine lines at the end come %d, want the five there are", len(got))
	}
	if got, want := o.all(), []string{"one 1", "two 1", "one 2", "one 3", "last"}; !slices.Equal(got, want) {
		t.Errorf("all gives %q, want %q", got, want)
	}
}

// TestString: a failure does not show a million lines.
func TestString(t *testing.T) {
	t.Parallel()
	o := newOutput()
	o.read(strings.NewReader(strings.Repeat("first\n", shown) + strings.Repeat("middle\n", 100) + strings.Repeat("last\n", shown)))
	if s := o.String(); strings.Count(s, "first") != shown || strings.Count(s, "last") != shown || strings.Contains(s, "middle") {
		t.Errorf("got\n%s", s)
	}
}

// TestNode walks through a process's life.
func TestNode(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Name: "walker", Script: `
on("node_init", function()
  print(node.name, node.args[1], os.getenv("WALKS"))
  broker.listen("127.0.0.1", 0)
end)
on("node_done", function() print "bye" end)`, Args: []string{"arg"}, Env: map[string]string{"WALKS": "yes"}})
	if got := n.AwaitLine("walker"); got != "walker\targ\tyes" {
		t.Errorf("printed %q", got)
	}
	n.AwaitErr("ready")
	n.AwaitReady()
	if a := n.Address(); !strings.HasPrefix(a, "127.0.0.1:") || a != n.Address() {
		t.Errorf("listens on %q", a)
	}
	n.Freeze()
	n.Thaw()
	n.Stop()
	if got := n.Lines(); got[len(got)-1] != "bye" {
		t.Errorf("printed %q", got)
	}
}

// TestKill: a killed process has no exit code.
func TestKill(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Script: `timer.every(1, function() end)`})
	n.AwaitReady()
	n.Kill()
	if code := n.Wait(); code != -1 {
		t.Errorf("a killed process has exit code %d", code)
	}
}
