package supervisor

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"moonpeer/net/step"
)

// ProcessesOptions say how children are run.
type ProcessesOptions struct {
	Inbox step.Inbox // required
	// MaxFile is how long an output file gets, in bytes, before it is renamed to NAME.1 and begun anew. Zero means 16 MB.
	MaxFile int64
}

const (
	defaultMaxFile = 16 << 20
	// waitDelay is how long the output of a child that has ended is waited for: something that the child has started
	// may hold its pipes open for ever.
	waitDelay = time.Second
)

// Processes runs real processes. It implements step.Processes: the methods of that interface belong to the loop.
// One goroutine per child waits for its end, and one per stream reads what it writes; a last one forks.
type Processes struct {
	opts            ProcessesOptions
	retry           time.Duration // between attempts to open an output file, and of quiet after which it counts as mended
	forks           chan fork
	forker, running sync.WaitGroup
	once            sync.Once // begins the forker

	mu       sync.Mutex
	children map[uint64]*process
	closed   bool
}

// fork is one request to the forker.
type fork struct {
	cmd *exec.Cmd
	err chan<- error
}

// NewProcesses returns an edge without children.
func NewProcesses(o ProcessesOptions) *Processes {
	if o.MaxFile == 0 {
		o.MaxFile = defaultMaxFile
	}
	return &Processes{opts: o, retry: time.Second, forks: make(chan fork), children: map[uint64]*process{}}
}

// MakeDir implements step.Processes.
func (p *Processes) MakeDir(path string) error { return os.MkdirAll(path, 0o755) }

// Start implements step.Processes. After Close it does nothing.
func (p *Processes) Start(at step.PortID, token uint64, c step.Command) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.once.Do(func() { p.forker.Go(p.fork) })
	ch := newProcess(p, at, token)
	p.children[token] = ch
	p.running.Go(func() { ch.run(c) })
}

// Signal implements step.Processes.
func (p *Processes) Signal(token uint64, s step.Signal) {
	p.mu.Lock()
	ch := p.children[token]
	p.mu.Unlock()
	if ch != nil {
		ch.signal(s)
	}
}

// Close kills the children that are left and returns when no goroutine is. The loop may have ended.
func (p *Processes) Close() {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	for _, ch := range p.children {
		ch.abandon()
	}
	p.mu.Unlock()
	p.running.Wait()
	if first {
		close(p.forks)
	}
	p.forker.Wait()
}

// fork starts processes in one thread, which lives as long as the edge: Linux ends a child with the thread that has
// forked it (see sysProcAttr).
func (p *Processes) fork() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	for f := range p.forks {
		f.err <- f.cmd.Start()
	}
}

// start has the forker start cmd.
func (p *Processes) start(cmd *exec.Cmd) error {
	err := make(chan error, 1)
	p.forks <- fork{cmd, err}
	return <-err
}

func (p *Processes) forget(token uint64) {
	p.mu.Lock()
	delete(p.children, token)
	p.mu.Unlock()
}
