package control

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"moonpeer/net/step"
)

// ParentVariable is the environment variable that names the supervisor's socket to its children.
const ParentVariable = "MOONPEER_SUPERVISOR"

// ChildOptions say how a node belongs to a supervisor.
type ChildOptions struct {
	Path string // of the supervisor's socket
	Self Registration
	// Inbox and Port take what the supervisor asks and tells, and a step.ParentLost when it is gone. Required.
	Inbox step.Inbox
	Port  step.PortID
	// React is how long the loop may take to notice that the parent is gone; zero means 5 s. Finish is how long it may
	// then take to end; zero means 15 s. After either, Exit ends the process: no child stays behind.
	React, Finish time.Duration
	Exit          func(code int) // nil: os.Exit
}

func (o ChildOptions) withDefaults() ChildOptions {
	if o.React == 0 {
		o.React = 5 * time.Second
	}
	if o.Finish == 0 {
		o.Finish = 15 * time.Second
	}
	if o.Exit == nil {
		o.Exit = os.Exit
	}
	return o
}

// Parent is a node's connection to the supervisor that has started it.
type Parent struct {
	opts ChildOptions
	conn *conn
	done chan struct{} // closed when the connection has ended and the loop was told

	mu     sync.Mutex
	alarm  *time.Timer // runs while the parent is gone and the node has not ended
	closed bool
}

// Attach connects a node with its supervisor and says who it is. The supervisor then asks over the same connection.
func Attach(ctx context.Context, opts ChildOptions) (*Parent, error) {
	opts = opts.withDefaults()
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", opts.Path)
	if err != nil {
		return nil, fmt.Errorf("the supervisor (%s): %w", ParentVariable, err)
	}
	p := &Parent{opts: opts, done: make(chan struct{})}
	p.conn = newConn(context.WithoutCancel(ctx), nc, edge{
		inbox: opts.Inbox, port: opts.Port, held: new(atomic.Int64), parsing: new(sync.Mutex), longest: maxRequest})
	p.conn.lines.kept.Store(true)
	w, err := p.conn.call(methodRegister, opts.Self)
	if err == nil {
		err = w.Wait(ctx, nil)
	}
	if err != nil {
		p.conn.close()
		p.conn.wait()
		return nil, fmt.Errorf("the supervisor does not take %s: %w", opts.Self.Name, asError(err))
	}
	go p.watch() // awaited by Close
	return p, nil
}

// watch tells the loop when the supervisor is gone.
func (p *Parent) watch() {
	defer close(p.done)
	goOnWhenOrphaned()
	p.conn.wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.alarm = time.AfterFunc(p.opts.React, func() { p.opts.Exit(1) })
	p.opts.Inbox.Put(step.ParentLost{At: p.opts.Port, Heard: p.heard})
}

// heard gives the loop the time to end in good order.
func (p *Parent) heard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && p.alarm.Stop() {
		p.alarm = time.AfterFunc(p.opts.Finish, func() { p.opts.Exit(1) })
	}
}

// Close ends the connection: the node has ended by itself. Answers are given a moment to be read.
func (p *Parent) Close() {
	p.mu.Lock()
	p.closed = true
	if p.alarm != nil {
		p.alarm.Stop()
	}
	p.mu.Unlock()
	late, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	p.conn.lines.await(0, late.Done())
	p.conn.close()
	<-p.done
}
