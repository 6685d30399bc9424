package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal with the program at its other end.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd

	mu    sync.Mutex
	news  sync.Cond
	shown strings.Builder
	at    int // what was awaited ends there
	over  bool
}

// onPTY starts the program on a terminal of 80 columns.
func onPTY(t *testing.T, state string, args ...string) *terminal {
	t.Helper()
	master, slave, err := openPTY()
	if err != nil {
		t.Skipf("NOT TESTED: the prompt on a terminal: there is no pseudo-terminal: %v", err)
	}
	p := &terminal{t: t, master: master, cmd: exec.Command("node", args...)}
	p.news.L = &p.mu
	p.cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=1", "XDG_STATE_HOME="+state)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = p.cmd.Start()
	slave.Close()
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.follow()
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		master.Close()
		<-read
	})
	return p
}

func openPTY() (master, slave *os.File, err error) {
	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	fd := int(master.Fd())
	var n int
	if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err == nil {
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
	}
	return master, slave, err
}

// follow collects what is shown until the program has closed the terminal.
func (p *terminal) follow() {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.shown.Write(buf[:n])
		p.over = p.over || err != nil
		p.news.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits until a text is shown, behind what was awaited before.
func (p *terminal) await(text string) {
	p.t.Helper()
	late := time.AfterFunc(processWait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
		p.news.Broadcast()
	})
	defer late.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if i := strings.Index(p.shown.String()[p.at:], text); i >= 0 {
			p.at += i + len(text)
			return
		}
		if p.over {
			p.t.Fatalf("the terminal does not show %q:\n%q", text, p.shown.String()[p.at:])
		}
		p.news.Wait()
	}
}

// shows types keys and waits for a text.
func (p *terminal) shows(keys, text string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
	p.await(text)
}

func (p *terminal) ends(code int) {
	p.t.Helper()
	kill := time.AfterFunc(processWait, func() { p.cmd.Process.Kill() })
	defer kill.Stop()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
}

const (
	ready   = "> \x1b[0K"
	more    = ">> \x1b[0K"
	ctrlC   = "\x03"
	ctrlD   = "\x04"
	ctrlR   = "\x12"
	ctrlU   = "\x15"
	arrow   = "\x1b[A" // up
	newline = "\r\n"
)

func TestReplOnATerminal(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p := onPTY(t, home, "repl")
	p.await(".help tells what there is, Ctrl-D ends)")
	p.await(ready)
	p.shows("1 + 41\r", "42"+newline)
	p.await(ready)
	p.shows("for i = 1, 2 do\r", more)
	p.shows("print('line', i) end\r", "line\t2"+newline)
	p.await(ready)
	p.shows("f(\r", more)
	p.shows(ctrlC, ready)
	p.shows("brok\t", "broker")
	p.shows(".listen_w\t", "listen_websocket")
	p.shows(ctrlU+".lo\t", ".load")
	p.shows(ctrlU+"x = 5\r", ready)
	p.shows("error 'wrong'\r", "error: prompt:6: wrong"+newline)
	p.await(ready)
	p.shows("print 'begun' while true do end\r", "begun"+newline)
	p.shows(ctrlC, "interrupted: by the prompt's user")
	p.await(ready)
	p.shows("timer.after('1 msec', function() print 'from a timer' end)\r", "from a timer"+newline)
	p.await(ready) // drawn anew below it
	p.shows(ctrlU+ctrlR+"41", "1 + 41")
	p.shows("\r", "42"+newline)
	p.await(ready)
	p.shows("local z = 1\r", "info: local z is gone now")
	p.await(ready)
	p.shows(ctrlD, newline)
	p.ends(0)

	p = onPTY(t, home, "repl")
	p.await(ready)
	p.shows(arrow, "local z = 1")
	p.shows(ctrlU+"node.terminate(3)\r", newline)
	p.ends(3)
	kept, err := os.ReadFile(filepath.Join(home, "moonpeer", "repl_history"))
	if err != nil || !strings.HasSuffix(string(kept), "local z = 1\nnode.terminate(3)\n") {
		t.Errorf("history: got %q, %v", kept, err)
	}
}

// TestReplHistoryOff: nothing is read or kept; and a folder that can't be written to is one warning.
func TestReplHistoryOff(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p := onPTY(t, home, "repl", "--no-history")
	p.await(ready)
	p.shows("1 + 1\r", "2"+newline)
	p.await(ready)
	p.shows(".quit\r", newline)
	p.ends(0)
	if _, err := os.Stat(filepath.Join(home, "moonpeer")); !os.IsNotExist(err) {
		t.Errorf("it has kept something: %v", err)
	}
	p = onPTY(t, "/proc/1", "repl")
	p.await("warning: what is typed is not remembered: mkdir /proc/1/moonpeer")
	p.await(ready)
	p.shows("1 + 1\r", "2"+newline)
	p.await(ready)
	p.shows(ctrlD, newline)
	p.ends(0)
}

// TestReplAttachedOnATerminal: Ctrl-C ends what runs in the other process, and its end is told.
func TestReplAttachedOnATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "p.lua")
	if err := os.WriteFile(file, []byte("timer.every('1 hour', function() end)"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := start(t, "run", file, "--name", "n", "--state", dir)
	n.await(n.stderr, "^ready$")
	p := onPTY(t, dir, "repl", "--attach", "n", "--state", dir)
	p.await("at node n")
	p.await(ready)
	p.shows("reporter.info 'begun' while true do end\r", newline)
	n.await(n.stderr, "info: prompt:1: begun")
	p.shows(ctrlC, "interrupted: by the prompt's user")
	p.await(ready)
	p.shows("'still ' .. 'there'\r", "still there"+newline)
	p.await(ready)
	n.interrupt()
	p.await("node n has ended")
	p.ends(0)
}
