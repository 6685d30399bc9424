package supervisor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/supervisor/limits"
)

func TestCreateTexts(t *testing.T) {
	cause := errors.New("read-only file system")
	for _, c := range []struct {
		name string
		spec Spec
		want string
	}{
		{"empty", Spec{}, "node names must not be an empty string"},
		{"spaces", Spec{Name: "a b"}, "node names must not contain spaces: 'a b'"},
		{"twice", Spec{Name: "grault"}, "node with name 'grault' already exists"},
		{"two inputs", Spec{Name: "x", Interface: "eth0", PcapFile: "a.pcap"}, "node with name 'x' has interface and pcap_file set"},
		{"no folder", Spec{Name: "x", Dir: "/bad"}, "failed to create working directory /bad"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.create("grault")
			r.dirs["/bad"] = cause
			err := r.s.Create(c.spec)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if c.spec.Dir != "" && !errors.Is(err, cause) {
				t.Error("the cause is lost")
			}
			if n := len(r.s.Status("")); n != 1 {
				t.Errorf("%d nodes, want 1", n)
			}
		})
	}
}

// TestBasics is scenario S46 without its processes.
func TestBasics(t *testing.T) {
	r := newRig(t, nil)
	r.create("grault")
	if st := r.state("grault"); st.PID != 0 || st.State != Starting {
		t.Errorf("before it runs: PID %d, %s", st.PID, st.State)
	}
	r.run(time.Second)
	if st := r.state("grault"); st.PID != 101 || st.State != Running || st.Since != 0 {
		t.Errorf("PID %d, %s since %d", st.PID, st.State, st.Since)
	}
	if r.s.Restart("nope") || r.s.Destroy("nope") || r.s.Status("nope") != nil {
		t.Error("a node that is not there can be restarted, destroyed or looked at")
	}
	if !r.s.Restart("grault") {
		t.Error("restart is false")
	}
	r.run(time.Second)
	if st := r.state("grault"); st.PID != 102 || st.Restarts != 1 || st.LastExit.PID != 101 || st.LastExit.Premature {
		t.Errorf("after restart: %+v", st)
	}
	if !r.s.Destroy("grault") || r.s.Status("") != nil {
		t.Error("it can't be destroyed, or is still there")
	}
	r.run(time.Second)
	r.want("", "0s start grault", "0s started grault 101",
		"1s TERM grault", "1s exit grault 0 0 premature=false", "1s start grault", "1s started grault 102",
		"2s TERM grault", "2s exit grault 0 0 premature=false")
	r.said()
	if len(r.ports) != 0 || r.s.Next() != step.Never {
		t.Errorf("%d ports are left, next is %d", len(r.ports), r.s.Next())
	}
}

func TestCommand(t *testing.T) {
	r := newRig(t, nil)
	for _, c := range []struct {
		name                   string
		spec                   Spec
		env, stdout, stderrOut string
	}{
		{"standard", Spec{Dir: "/d"}, "A=1", "/d/stdout.log", "/d/stderr.log"},
		{"no folder", Spec{Env: []string{"B=2"}}, "A=1 B=2", "", ""},
		{"given", Spec{Dir: "/d", StdoutFile: "o", StderrFile: "/e/o", Limits: limits.Limits{CPUs: 3}}, "A=1 MOONPEER_LIMIT_CPUS=3", "/d/o", "/e/o"},
	} {
		got := c.spec.command([]string{"A=1"})
		if env := strings.Join(got.Env, " "); env != c.env || got.Stdout != c.stdout || got.Stderr != c.stderrOut {
			t.Errorf("%s: got %q, %q, %q", c.name, env, got.Stdout, got.Stderr)
		}
	}
	r.want("")
}

func TestDestroyDuringRestart(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(string) behavior { return behavior{lives: -1, term: 3 * time.Second} }
	r.create("a")
	r.run(time.Second)
	r.s.Restart("a")
	r.run(time.Second)
	r.s.Destroy("a")
	r.run(time.Minute)
	r.want("", "0s start a", "0s started a 101", "1s TERM a", "3s TERM a", "4s exit a 0 0 premature=false")
}

// TestCreateAfterDestroy gives a name to a new node while the old one's process still ends: the two would share a
// folder and ports.
func TestCreateAfterDestroy(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(string) behavior { return behavior{lives: -1, term: 3 * time.Second} }
	r.create("a")
	r.run(time.Second)
	r.s.Destroy("a")
	r.create("a")
	r.s.Restart("a") // has nothing to restart yet
	if st := r.state("a"); st.State != Starting || st.PID != 0 {
		t.Errorf("%s, PID %d", st.State, st.PID)
	}
	r.s.Destroy("a")
	r.create("a")
	r.s.Restart("a")
	r.run(time.Minute)
	r.want("start", "0s start a", "0s started a 101", "4s start a", "4s started a 102")
	if len(r.ports) != 1 {
		t.Errorf("%d ports", len(r.ports))
	}
}

func TestDestroyWhileStarting(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(string) behavior { return behavior{lives: -1, slow: time.Second} }
	r.create("a", "b")
	r.behave = func(string) behavior { return behavior{fails: errors.New("no such file")} }
	r.create("c")
	r.s.Destroy("a")
	r.s.Restart("b")
	r.s.Destroy("c")
	r.behave = func(string) behavior { return behavior{lives: -1} }
	r.run(time.Minute)
	r.want("", "0s start a", "0s start b", "0s start c", "0s exit c -1 0 premature=false",
		"1s TERM a", "1s started a 101", "1s TERM b", "1s started b 102",
		"1s exit a 0 0 premature=false", "1s exit b 0 0 premature=false", "1s start b", "1s started b 103")
}

// TestRestartAll restarts one that runs, one that waits and one that can't be started.
func TestRestartAll(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(name string) behavior {
		return map[string]behavior{"runs": {lives: -1}, "dies": {code: 1}, "fails": {fails: errors.New("no such file")}}[name]
	}
	r.create("runs", "dies", "fails")
	r.run(10 * time.Second)
	if d, f := r.state("dies"), r.state("fails"); d.State != Waiting || f.State != Failed {
		t.Errorf("%s, %s", d.State, f.State)
	}
	r.trace = nil
	r.log.Reset()
	r.behave = func(string) behavior { return behavior{lives: -1} }
	if !r.s.Restart("") {
		t.Error("restart is false")
	}
	r.run(time.Second)
	r.want("start ", "10s start runs", "10s start dies", "10s start fails")
	r.said() // nobody was revived
	for _, st := range r.s.Status("") {
		if st.State != Running {
			t.Errorf("%s is %s", st.Spec.Name, st.State)
		}
	}
}

// TestHooksCallBack has OnExit change what becomes of the node. One that is restarted whenever it ends is not started
// more often than once a second.
func TestHooksCallBack(t *testing.T) {
	var r *rig
	r = newRig(t, func(o *Options) {
		o.OnExit = func(e Exit) {
			switch e.Name {
			case "goes":
				r.s.Destroy("goes")
			case "again":
				r.s.Restart("again")
			case "other":
				r.s.Destroy("other")
				r.create("new")
			}
		}
	})
	r.behave = func(name string) behavior {
		if name == "new" {
			return behavior{lives: -1}
		}
		return behavior{}
	}
	r.create("goes", "again", "other")
	r.run(10500 * time.Millisecond)
	var names []string
	for _, st := range r.s.Status("") {
		names = append(names, fmt.Sprint(st.Spec.Name, " ", st.State))
	}
	if want := []string{"again waiting for restart", "new running"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if n := r.state("again").Restarts; n != 10 {
		t.Errorf("%d restarts in ten seconds", n)
	}
}

// TestThousandNodes has them all die at the same moment, and stops them in two groups.
func TestThousandNodes(t *testing.T) {
	r := newRig(t, nil)
	const count = 1000
	lives := 5 * time.Second
	r.behave = func(string) behavior { return behavior{lives: lives, signal: 9, code: -1, term: time.Millisecond} }
	var first, second []string
	for i := range count {
		name := fmt.Sprintf("n%04d", i)
		r.create(name)
		if i%2 == 0 {
			first = append(first, name)
		} else {
			second = append(second, name)
		}
	}
	r.run(time.Second)
	lives = -1
	r.run(5 * time.Second)
	var starts, restarts int
	for _, line := range r.trace {
		if strings.HasPrefix(line, "0s start ") {
			starts++
		}
		if strings.HasPrefix(line, "5s start ") {
			restarts++
		}
	}
	if starts != count || restarts != count {
		t.Errorf("%d starts, %d revivals", starts, restarts)
	}
	r.trace = nil
	r.s.Stop([][]string{second, first})
	r.run(time.Second)
	if !r.s.Stopped() {
		t.Error("not stopped")
	}
	var ended []string
	for _, line := range r.trace {
		if f := strings.Fields(line); f[1] == "exit" {
			ended = append(ended, f[2])
		}
	}
	if !slices.Equal(ended, slices.Concat(second, first)) {
		t.Errorf("%d ended, in another order than wanted", len(ended))
	}
}

func TestOutput(t *testing.T) {
	r := newRig(t, nil)
	r.create("a")
	r.run(time.Second)
	r.trace = nil
	released := 0
	out := func(texts []string, dropped int) *step.ProcessOutput {
		var lines []step.OutputLine
		for _, s := range texts {
			lines = append(lines, step.OutputLine{Stream: step.Stderr, Text: []byte(s)})
		}
		return step.NewProcessOutput(1, 1, lines, dropped, func() { released++ })
	}
	r.put(out([]string{"one", "two"}, 0))
	r.want("", "1s a stderr: one", "1s a stderr: two")
	many := out(make([]string, maxLines+1), 0)
	if r.ports[1](many) || many.Done != maxLines || released != 1 {
		t.Errorf("%d lines were taken in one go, %d released", many.Done, released)
	}
	if !r.ports[1](many) || released != 2 {
		t.Error("the rest was not taken, or nothing released")
	}
	r.said()
	notice := "Supervised node 'a' (PID 101) writes faster than its output is handled: lines are left out, but not in its files"
	r.put(out(nil, 5))
	r.run(quietDropping - 1)
	r.put(out(nil, 2))
	r.said(notice)
	r.run(quietDropping)
	r.put(out(nil, 1))
	r.said(notice)
	if st := r.state("a"); st.Dropped != 8 {
		t.Errorf("%d dropped", st.Dropped)
	}
}

// TestOutputEnough: when lines take long, each turn takes one at least, and the loop has its turn in between.
func TestOutputEnough(t *testing.T) {
	enough := false
	r := newRig(t, func(o *Options) { o.Enough = func() bool { return enough } })
	r.create("a")
	r.run(time.Second)
	lines := make([]step.OutputLine, 3)
	released := 0
	out := step.NewProcessOutput(1, 1, lines, 0, func() { released++ })
	enough = true
	for want := 1; want <= 2; want++ {
		if r.ports[1](out) || out.Done != want || released != 0 {
			t.Errorf("%d lines taken, want %d; %d released", out.Done, want, released)
		}
	}
	if !r.ports[1](out) || released != 1 {
		t.Errorf("%d lines taken, %d released, want all", out.Done, released)
	}
}

func TestFileNotices(t *testing.T) {
	r := newRig(t, nil)
	r.create("a")
	r.put(step.ProcessFile{At: 1, Token: 1, Path: "out", Err: errors.New("write out: no space left on device")})
	r.put(step.ProcessFile{At: 1, Token: 1, Path: "out", Lost: 12})
	want := "msg=\"output of supervised node 'a' is lost: write out: no space left on device\" file=out\n" +
		"msg=\"output of supervised node 'a' is written again\" file=out \"bytes lost\"=12\n"
	if r.log.String() != want {
		t.Errorf("got\n%swant\n%s", &r.log, want)
	}
}
