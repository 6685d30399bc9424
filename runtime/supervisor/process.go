package supervisor

import (
	"bytes"
	"os"
	"os/exec"
	"sync"

	"moonpeer/net/step"
)

// maxPending is how many bytes of output wait for the loop, per child, besides those it has under way. A line that
// does not fit any more is dropped and counted; one line always fits.
const maxPending = 256 << 10

// lineCost is what a waiting line costs besides its bytes.
const lineCost = 48

// process is one child.
type process struct {
	p     *Processes
	at    step.PortID
	token uint64

	mu        sync.Mutex // held while inputs are put, which keeps them in order; the inbox's own lock comes after it
	proc      *os.Process
	announced bool // the loop has been told that it runs
	ended     bool // its PID may be somebody else's
	abandoned bool // the edge is being closed
	posted    bool // an output is under way to the loop
	lines     []step.OutputLine
	pending   int // bytes in lines
	dropped   int
	tail      tail
}

func newProcess(p *Processes, at step.PortID, token uint64) *process {
	return &process{p: p, at: at, token: token}
}

// run is the child's life.
func (c *process) run(what step.Command) {
	stdout, stderr := c.files(what)
	cmd := exec.Command(what.Path, what.Args...)
	cmd.Env, cmd.Dir = what.Env, what.Dir
	if cmd.Env == nil {
		cmd.Env = []string{} // nil would be this process's own
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr // pipes, each read by a goroutine that cmd.Wait waits for
	cmd.WaitDelay = waitDelay
	cmd.SysProcAttr = sysProcAttr()
	err := c.p.start(cmd)
	if err == nil {
		c.started(cmd.Process)
		if waitForEnd(cmd.Process) {
			c.end()
		}
		_ = cmd.Wait() // what it says is in ProcessState; that a pipe stayed open is nobody's business
	}
	c.end()
	stdout.close()
	stderr.close()
	c.p.forget(c.token)
	c.finish(cmd, err)
}

// files makes what takes the streams; a file that is given for both is written by both.
func (c *process) files(what step.Command) (stdout, stderr *output) {
	one := c.openFile(what.Stdout)
	other := one
	if !sameFile(what.Stdout, what.Stderr) {
		other = c.openFile(what.Stderr)
	}
	return newOutput(c, step.Stdout, one), newOutput(c, step.Stderr, other)
}

func (c *process) openFile(path string) *logFile {
	if path == "" {
		return nil
	}
	return openLogFile(path, c.p.opts.MaxFile, c.p.retry, func(err error, lost uint64) {
		c.p.opts.Inbox.Put(step.ProcessFile{At: c.at, Token: c.token, Path: path, Err: err, Lost: lost})
	})
}

// started tells the loop, before it gets any output.
func (c *process) started(proc *os.Process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proc = proc
	c.p.opts.Inbox.Put(step.ProcessDone{At: c.at, Token: c.token, Started: true, PID: proc.Pid})
	c.announced = true
	if c.abandoned {
		tell(proc, step.Kill)
	}
	c.post()
}

// end notes that the process has ended and what it has left in its group does so too. Where waitForEnd can tell,
// that is before its PID may be given to another process, so that no signal hits a stranger.
func (c *process) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc != nil && !c.ended {
		endGroup(c.proc)
	}
	c.ended = true
}

func (c *process) finish(cmd *exec.Cmd, err error) {
	done := step.ProcessDone{At: c.at, Token: c.token, Code: -1, Err: err}
	if err == nil {
		done.PID = cmd.Process.Pid
		done.Code = cmd.ProcessState.ExitCode()
		done.Signal = signalOf(cmd.ProcessState)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	done.Tail = c.tail.lines()
	c.put()
	c.p.opts.Inbox.Put(done)
}

func (c *process) signal(s step.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc != nil && !c.ended {
		tell(c.proc, s)
	}
}

// abandon kills it, also if it has not been started yet.
func (c *process) abandon() {
	c.mu.Lock()
	c.abandoned = true
	c.mu.Unlock()
	c.signal(step.Kill)
}

// line takes a line of output: for the tail, and for the loop if there is room. A reader waits for nothing here but
// the lock.
func (c *process) line(s step.Stream, text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tail.add(text)
	cost := len(text) + lineCost
	if c.dropped > 0 || c.pending > 0 && c.pending+cost > maxPending {
		c.dropped++ // also shorter ones that come after: what is missing is in one place
		return
	}
	c.lines = append(c.lines, step.OutputLine{Stream: s, Text: bytes.Clone(text)})
	c.pending += cost
	c.post()
}

// post sends what waits if nothing is under way.
func (c *process) post() {
	if c.announced && !c.posted {
		c.put()
	}
}

// put sends what waits.
func (c *process) put() {
	if len(c.lines) == 0 && c.dropped == 0 {
		return
	}
	out := step.NewProcessOutput(c.at, c.token, c.lines, c.dropped, c.released)
	c.lines, c.pending, c.dropped = nil, 0, 0
	c.posted = true
	c.p.opts.Inbox.Put(out)
}

// released is called by the loop when it has taken an output.
func (c *process) released() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posted = false
	c.post()
}
