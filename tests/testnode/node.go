package testnode

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Patience is how long a node may take for whatever a test waits for.
const Patience = 30 * time.Second

// Options say how a node is started.
type Options struct {
	Name string // --name, and what failures call it; "" is node

	// Command is a subcommand and its flags, for a process that is none of node run --name NAME.
	Command []string

	Script string            // Lua text, written to NAME.lua; "" if Flags or Args name a policy
	Flags  []string          // of node run, in front of the script
	Args   []string          // node.args
	Env    map[string]string // besides the test's own, from which MOONPEER_* and ZEEK_* are taken out
}

// Node is a process that runs a policy.
type Node struct {
	t        testing.TB
	name     string
	cmd      *exec.Cmd
	out, err *output
	done     chan struct{} // closed when the process has ended and its output is complete
}

// Start runs a node. It does not wait for it to be ready.
func Start(t testing.TB, o Options) *Node {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if o.Name == "" {
		o.Name = "node"
	}
	n := &Node{t: t, name: o.Name, out: newOutput(), err: newOutput(), done: make(chan struct{})}
	n.cmd = exec.Command(file, o.words(t)...)
	n.cmd.Env = o.environment()
	n.start()
	return n
}

// words are the command line behind the program's name.
func (o Options) words(t testing.TB) []string {
	t.Helper()
	words := []string{"run", "--name", o.Name}
	if o.Command != nil {
		words = o.Command[:len(o.Command):len(o.Command)]
	}
	words = append(words, o.Flags...)
	if o.Script != "" {
		file := filepath.Join(t.TempDir(), o.Name+".lua")
		if err := os.WriteFile(file, []byte(o.Script), 0o600); err != nil {
			t.Fatal(err)
		}
		words = append(words, file)
	}
	if len(o.Args) == 0 {
		return words
	}
	return append(append(words, "--"), o.Args...)
}

func (o Options) environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MOONPEER_") && !strings.HasPrefix(v, "ZEEK_") {
			env = append(env, v)
		}
	}
	for name, value := range o.Env {
		env = append(env, name+"="+value)
	}
	return env
}

// start starts the process, its readers, and what waits for its end.
func (n *Node) start() {
	n.t.Helper()
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	errs, err := n.cmd.StderrPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	go func() {
		defer close(n.done)
		read := make(chan struct{})
		go func() { n.err.read(errs); close(read) }()
		n.out.read(out)
		<-read
		n.cmd.Wait() // its result is in ProcessState
	}()
	n.t.Cleanup(func() {
		if n.t.Failed() {
			n.t.Log(n)
		}
		n.kill()
		<-n.done
	})
}

// String tells what the node has written so far, and how it has ended if it has.
func (n *Node) String() string {
	end := ""
	select {
	case <-n.done:
		end = "\n" + n.name + " has ended: " + n.cmd.ProcessState.String()
	default:
	}
	return n.name + " printed\n" + n.out.String() + "\n" + n.name + " reported\n" + n.err.String() + end
}

// Name returns the node's name.
func (n *Node) Name() string { return n.name }

// AwaitLine returns the next line of standard output that contains text.
func (n *Node) AwaitLine(text string) string {
	n.t.Helper()
	return n.await(n.out, "a line", text, contains(text))
}

// AwaitMatch is AwaitLine for a regular expression.
func (n *Node) AwaitMatch(re string) string {
	n.t.Helper()
	return n.await(n.out, "a match", re, regexp.MustCompile(re).MatchString)
}

// AwaitErr returns the next line of standard error that contains text.
func (n *Node) AwaitErr(text string) string {
	n.t.Helper()
	return n.await(n.err, "an error line", text, contains(text))
}

func contains(text string) func(string) bool {
	return func(line string) bool { return strings.Contains(line, text) }
}

func (n *Node) await(o *output, what, text string, fits func(string) bool) string {
	n.t.Helper()
	line, err := o.await(fits, Patience)
	if err != nil { // what the nodes have written is shown by their clean-up
		n.t.Fatalf("%s: waiting for %s %q: %v", n.name, what, text, err)
	}
	return line
}

// Reported returns the first line of standard error that contains text, whenever it came. Awaits go on where they were.
func (n *Node) Reported(text string) string {
	n.t.Helper()
	return n.first(text, contains(text))
}

// AwaitReady waits until the node has said that it is. Awaits go on where they were.
func (n *Node) AwaitReady() {
	n.t.Helper()
	n.first("ready", func(line string) bool { return line == "ready" })
}

// Address returns where the node listens, as host:port, once it does; the first address of several. Awaits go on where
// they were.
func (n *Node) Address() string {
	n.t.Helper()
	const says = "info: listening address=quic://"
	return strings.TrimPrefix(n.Reported(says), says)
}

func (n *Node) first(text string, fits func(string) bool) string {
	n.t.Helper()
	line, err := n.err.first(fits, Patience)
	if err != nil {
		n.t.Fatalf("%s: waiting for it to report %q: %v", n.name, text, err)
	}
	return line
}

// AwaitLines waits until the node has printed count lines, or has ended, and returns all that it has printed. With too few
// of them it fails nothing: whoever compares them shows more.
func (n *Node) AwaitLines(count int) []string { return n.out.atLeast(count, Patience) }

// Lines returns what the node has printed so far, and Reports what it has written to standard error.
func (n *Node) Lines() []string   { return n.out.all() }
func (n *Node) Reports() []string { return n.err.all() }

// Wait waits for the end of the process and returns its exit code, -1 if a signal ended it.
func (n *Node) Wait() (code int) {
	n.t.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case <-n.done:
	case <-late.C:
		n.t.Fatalf("%s does not end", n.name)
	}
	return n.cmd.ProcessState.ExitCode()
}

// End asks the node to end in good order, waits until it has, and returns its exit code.
func (n *Node) End() (code int) {
	n.t.Helper()
	n.terminate()
	return n.Wait()
}

// Stop is End that wants exit code 0.
func (n *Node) Stop() {
	n.t.Helper()
	if code := n.End(); code != 0 {
		n.t.Errorf("%s was stopped and ended with exit code %d", n.name, code)
	}
}

// Kill ends the process at once and waits until it is gone.
func (n *Node) Kill() {
	n.t.Helper()
	n.kill()
	n.Wait()
}

func (n *Node) kill() {
	if err := n.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		n.t.Errorf("%s can't be killed: %v", n.name, err)
	}
}
