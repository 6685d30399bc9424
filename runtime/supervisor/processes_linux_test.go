package supervisor

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonpeer/net/step"
)

func init() {
	// hold has a grandchild hold the child's output open, and a FIFO so that its end can be seen. In a group of its own
	// it outlives the child.
	hold := func(attr *syscall.SysProcAttr) func(string) int {
		return func(fifo string) int {
			cmd := exec.Command(os.Args[0])
			cmd.Env = []string{childMode + "=held " + fifo}
			cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = os.Stdout, os.Stderr, attr
			if err := cmd.Start(); err != nil {
				fmt.Println(err)
				return 1
			}
			fmt.Println("grandchild", cmd.Process.Pid)
			f, err := os.OpenFile(fifo+".up", os.O_RDONLY, 0) // until the grandchild is there
			if err != nil {
				return 1
			}
			f.Close()
			return 0
		}
	}
	modes["leaves"] = hold(nil)
	modes["leaves-apart"] = hold(&syscall.SysProcAttr{Setsid: true})
	modes["held"] = func(fifo string) int { // until a signal ends it
		w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			return 1
		}
		defer w.Close()
		up, err := os.OpenFile(fifo+".up", os.O_WRONLY, 0)
		if err != nil {
			return 1
		}
		up.Close()
		forever()
		return 0
	}
	modes["supervises"] = func(fifo string) int { // a supervisor that will be killed
		p := NewProcesses(ProcessesOptions{Inbox: newInbox()})
		p.Start(1, 1, step.Command{Path: os.Args[0], Env: []string{childMode + "=held " + fifo}})
		f, err := os.OpenFile(fifo+".up", os.O_RDONLY, 0)
		if err != nil {
			return 1
		}
		f.Close()
		fmt.Println("ready")
		forever()
		return 0
	}
	modes["group"] = func(string) int {
		fmt.Println(syscall.Getpgrp() == os.Getpid())
		return 0
	}
}

// fifos makes two FIFOs, and returns the first's name and a function that returns when nobody holds it open any more.
// A child that writes to it keeps it.
func fifos(t *testing.T) (name string, gone func()) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "fifo")
	for _, f := range []string{name, name + ".up"} {
		if err := syscall.Mkfifo(f, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() {
		f, err := os.Open(name)
		if err == nil {
			_, err = io.ReadAll(f)
			f.Close()
		}
		ended <- err
	}()
	return name, func() {
		t.Helper()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it is still there")
		}
	}
}

func TestTermAndKill(t *testing.T) {
	for _, c := range []struct {
		mode     string
		signal   step.Signal
		code, by int
		tail     []string
	}{
		{"ends", step.Stop, 0, 0, []string{"ready", "done"}},
		{"ends", step.Kill, -1, 9, []string{"ready"}},
		{"ignores", step.Stop, -1, 9, []string{"ready", "no"}},
	} {
		p, b := open(t)
		p.Start(1, 1, self(t, c.mode))
		l := b.follow(t, func(line string) {
			switch line {
			case "stdout ready":
				p.Signal(1, c.signal)
			case "stdout no":
				p.Signal(1, step.Kill)
			}
		})
		if l.end.Code != c.code || l.end.Signal != c.by || !slices.Equal(l.end.Tail, c.tail) {
			t.Errorf("%s, %v: %+v", c.mode, c.signal, l.end)
		}
	}
}

// TestOwnGroup: Ctrl-C on the terminal goes to the group in the foreground, which must not be the child's.
func TestOwnGroup(t *testing.T) {
	p, b := open(t)
	p.Start(1, 1, self(t, "group"))
	if l := b.follow(t, nil); !slices.Equal(l.lines, []string{"stdout true"}) {
		t.Errorf("got %q", l.lines)
	}
}

// TestGrandchildEndsWithChild: what is in the child's group ends with it.
func TestGrandchildEndsWithChild(t *testing.T) {
	p, b := open(t)
	fifo, gone := fifos(t)
	p.Start(1, 1, self(t, "leaves "+fifo))
	if l := b.follow(t, nil); l.end.Code != 0 {
		t.Errorf("%+v", l)
	}
	gone()
}

// TestGrandchildHoldsThePipe: one that left the group stays, and the child's exit is seen all the same.
func TestGrandchildHoldsThePipe(t *testing.T) {
	p, b := open(t)
	fifo, gone := fifos(t)
	p.Start(1, 1, self(t, "leaves-apart "+fifo))
	l := b.follow(t, nil)
	var pid int
	if _, err := fmt.Sscanf(strings.Join(l.lines, "\n"), "stdout grandchild %d", &pid); err != nil || l.end.Code != 0 {
		t.Fatalf("%v: %+v", err, l)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("the grandchild is gone: %v", err)
	}
	gone()
}

// TestSupervisorKilled: a child does not outlive a supervisor that is killed.
func TestSupervisorKilled(t *testing.T) {
	fifo, gone := fifos(t)
	c := self(t, "supervises "+fifo)
	cmd := exec.Command(c.Path)
	cmd.Env = c.Env
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	gone()
}

// TestFullDisk: two lines about it, and the child goes on.
func TestFullDisk(t *testing.T) {
	p, b := open(t)
	c := self(t, "both 100")
	c.Stdout = "/dev/full"
	p.Start(1, 1, c)
	l := b.follow(t, nil)
	if len(l.lines) != 200 || l.end.Code != 0 {
		t.Errorf("%d lines, end %+v", len(l.lines), l.end)
	}
	if len(l.files) != 1 || !errors.Is(l.files[0].Err, syscall.ENOSPC) || l.files[0].Path != "/dev/full" {
		t.Errorf("%+v", l.files)
	}
	if n := strings.Count(read(t, c.Stderr), "\n"); n != 100 {
		t.Errorf("the other file has %d lines", n)
	}
}

// TestTornLine: a write that was cut off by a full disk does not run into what is written when there is room again.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.log")
	var said reports
	l := openLogFile(path, 1<<20, 0, said.add)
	l.write([]byte("one\n"))
	whole := l.f
	l.f = nil
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	l.f = full
	l.write([]byte("two\n"))
	full.Close()
	l.f, l.torn = whole, true // as if it had taken some of it
	l.write([]byte("three\n"))
	l.close()
	if got := read(t, path); got != "one\n\nthree\n" || !slices.Equal(said, reports{"lost", "mended 4"}) {
		t.Errorf("%q, %q", got, said)
	}
}

// TestDevice: what is no file is not renamed.
func TestDevice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var said reports
	l := openLogFile(path, 10, time.Hour, said.add)
	for range 5 {
		l.write([]byte("line\n"))
	}
	l.close()
	if _, err := os.Stat(path + ".1"); err == nil || len(said) > 0 {
		t.Errorf("it was renamed, or %q", said)
	}
}

// TestNoEnvironment: a child sees nothing that it was not given.
func TestNoEnvironment(t *testing.T) {
	t.Setenv("LEAK", "1")
	p, b := open(t)
	p.Start(1, 1, step.Command{Path: "/usr/bin/env"})
	if l := b.follow(t, nil); len(l.lines) > 0 || l.end.Code != 0 {
		t.Errorf("%+v", l)
	}
}

// TestBothHalves runs the machine on real processes: one is killed from outside and revived, then all are stopped.
func TestBothHalves(t *testing.T) {
	p, b := open(t)
	r := newRig(t, func(o *Options) { o.Processes = p })
	c := self(t, "ends")
	if err := r.s.Create(Spec{Name: "grault", Path: c.Path, Env: c.Env, Dir: filepath.Join(c.Dir, "a", "b")}); err != nil {
		t.Fatal(err)
	}
	until := func(state State, after int) {
		t.Helper()
		for st := r.state("grault"); st.State != state || st.Restarts != after; st = r.state("grault") {
			if r.s.Next() <= r.now {
				r.s.Step(r.now)
				continue
			}
			r.put(b.next(t))
		}
	}
	ready := func(at string) { // else a signal could come before the child is prepared for it
		t.Helper()
		for !slices.Contains(r.trace, at+" grault stdout: ready") {
			r.put(b.next(t))
		}
	}
	until(Running, 0)
	ready("0s")
	r.now = r.now.Add(firstDelay)
	pid := r.state("grault").PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(Running, 1)
	ready("1s")
	r.s.Stop(nil)
	until(Stopped, 1)
	if !r.s.Stopped() || r.trace[len(r.trace)-1] != "1s exit grault 0 0 premature=false" {
		t.Errorf("%q", r.trace)
	}
	if got := read(t, filepath.Join(c.Dir, "a", "b", "stdout.log")); !strings.HasSuffix(got, "ready\ndone\n") {
		t.Errorf("stdout.log has %q", got)
	}
}
