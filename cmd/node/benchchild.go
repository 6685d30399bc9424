package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// child is one node of a measurement, a process of its own.
type child struct {
	role    string
	cmd     *exec.Cmd
	out     bytes.Buffer
	address chan string // where it listens
	peered  chan struct{}
	ready   chan struct{}
	heard   chan struct{} // closed when standard error has ended

	once  sync.Once
	ended error

	mu   sync.Mutex
	said strings.Builder // standard error, its beginning
}

// startSide starts this program as one side of policy bench.
func startSide(ctx context.Context, role string, set []string, flags ...string) (*child, error) {
	args := append([]string{"run", "bench"}, flags...)
	for _, s := range set {
		args = append(args, "--set", "Bench::"+s)
	}
	return startChild(ctx, role, append(args, "--name", role, "--", role)...)
}

// startChild starts this program with a command line. It is killed when ctx ends.
func startChild(ctx context.Context, role string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{role: role, cmd: exec.CommandContext(ctx, self, args...),
		address: make(chan string, 1), peered: make(chan struct{}), ready: make(chan struct{}), heard: make(chan struct{})}
	c.cmd.Env = childEnv(os.Environ())
	c.cmd.Stdout = &c.out
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go c.listen(stderr)
	return c, nil
}

// childEnv leaves out what would make a node another one than is to be measured.
func childEnv(env []string) (out []string) {
	for _, e := range env {
		if !strings.HasPrefix(e, "MOONPEER_") && !strings.HasPrefix(e, "ZEEK_") {
			out = append(out, e)
		}
	}
	return out
}

// maxSaid is how much of a child's messages is kept for an error.
const maxSaid = 16 << 10

// listen reads what the child says.
func (c *child) listen(stderr io.Reader) {
	defer close(c.heard)
	lines := bufio.NewScanner(stderr)
	peers, ready := 0, false
	for lines.Scan() {
		line := lines.Text()
		if line == "ready" && !ready {
			ready = true
			close(c.ready)
		}
		if _, address, ok := strings.Cut(line, "listening address="); ok {
			c.address <- strings.TrimSpace(address)
		}
		if strings.Contains(line, "peer added") {
			if peers++; peers == 1 {
				close(c.peered)
			}
		}
		c.mu.Lock()
		if c.said.Len() < maxSaid {
			c.said.WriteString("  " + line + "\n")
		}
		c.mu.Unlock()
	}
	io.Copy(io.Discard, stderr)
}

// startTimeout is how long a node may take to be ready.
const startTimeout = 10 * time.Second

// where waits for the address that the child listens at.
func (c *child) where() (string, error) {
	select {
	case a := <-c.address:
		return a, nil
	case <-c.heard:
		return "", c.failed(errors.New("it has ended"))
	case <-time.After(startTimeout):
		return "", c.failed(fmt.Errorf("it does not listen after %v", startTimeout))
	}
}

// linked waits until the child has a peer.
func (c *child) linked() error {
	select {
	case <-c.peered:
		return nil
	case <-c.heard:
		return c.failed(errors.New("it has ended"))
	case <-time.After(startTimeout):
		return c.failed(fmt.Errorf("it has no peer after %v", startTimeout))
	}
}

func (c *child) failed(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("node %s: %w; it said:\n%s", c.role, err, strings.TrimSuffix(c.said.String(), "\n"))
}

// end waits for the child's end; a second call returns the same.
func (c *child) end() error {
	c.once.Do(func() {
		<-c.heard
		if err := c.cmd.Wait(); err != nil {
			c.ended = c.failed(err)
		}
	})
	return c.ended
}

// report reads what the child has printed.
func (c *child) report(into any) error {
	if err := json.Unmarshal(c.out.Bytes(), into); err != nil {
		return c.failed(fmt.Errorf("it printed no result: %w", err))
	}
	return nil
}

// usage is what a process has used up.
type usage struct {
	CPU      float64 `json:"cpu_seconds"`
	Resident float64 `json:"resident_mb"` // at most; 0: not known on this system
}

func (c *child) usage() usage {
	s := c.cmd.ProcessState
	return usage{CPU: (s.UserTime() + s.SystemTime()).Seconds(), Resident: maxResident(s)}
}

// processes runs receiver, nodes in between and sender.
func (p *plan) processes(ctx context.Context) (*measurement, error) {
	ctx, cancel := context.WithCancel(ctx)
	var nodes []*child
	defer func() {
		cancel() // kills who is left
		for _, c := range nodes {
			c.end()
		}
	}()
	start := func(role string, set []string, flags ...string) (*child, error) {
		c, err := startSide(ctx, role, set, flags...)
		if err == nil {
			nodes = append(nodes, c)
		}
		return c, err
	}
	receiver, err := start("receive", p.set, "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	at, err := receiver.where()
	if err != nil {
		return nil, err
	}
	for range p.hops {
		m, err := start("forward", nil, "--listen", "127.0.0.1:0", "--peer", at)
		if err != nil {
			return nil, err
		}
		if at, err = m.where(); err != nil {
			return nil, err
		}
		if err := m.linked(); err != nil {
			return nil, err
		}
	}
	sender, err := start("send", p.set, "--peer", at)
	if err != nil {
		return nil, err
	}
	m := &measurement{}
	// The sender ends when it has its answer; whoever loses a peer ends, too.
	for _, c := range slices.Backward(nodes) {
		if err := c.end(); err != nil {
			return nil, err
		}
		if c.role == "forward" {
			m.Middle = append(m.Middle, c.usage())
		}
	}
	m.SenderUsage, m.ReceiverUsage = sender.usage(), receiver.usage()
	if err := sender.report(&m.sender); err != nil {
		return nil, err
	}
	if m.sender.Latency != nil { // round trips: the other side has nothing to tell
		return m, nil
	}
	return m, receiver.report(&m.receiver)
}
