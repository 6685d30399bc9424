package control

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"moonpeer/net/step"
)

const (
	maxConns   = 256             // connections of askers at once; children of a supervisor come on top
	maxPending = 64              // requests of one connection that are not answered yet
	maxEvals   = 4               // of them, those that run a text, each of which may take seconds
	maxID      = 256             // bytes of a request's id
	maxMethod  = 64              // bytes of a method's name
	maxHeld    = 16 << 20        // bytes of all requests that are not answered yet, or that wait for the loop
	lastWords  = time.Second     // how long Close waits for answers to be read
	acceptWait = 5 * time.Second // a listener that fails, for want of file descriptors, is asked again after it
)

// Options say who is asked.
type Options struct {
	// Folder is where the socket lies. Required.
	Folder *Folder
	// Inbox and Port are where requests go, as step.ControlRequest. Required.
	Inbox step.Inbox
	Port  step.PortID
	// Urgent answers a request that can't wait for the loop, or returns false. Any connection's reader calls it; nil: all
	// can wait.
	Urgent func(step.ControlRequest) bool
	// Relay takes the children of a supervisor and asks them; nil: this node has no children.
	Relay *Relay
}

// Server is the control socket of a node.
type Server struct {
	opts    Options
	path    string
	listen  *net.UnixListener
	held    atomic.Int64 // bytes of requests under way
	parsing sync.Mutex
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	conns  map[*conn]bool
	closed bool
}

// Serve opens the socket and answers until Close.
func Serve(opts Options) (*Server, error) {
	l, path, err := opts.Folder.listen()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{opts: opts, path: path, listen: l, cancel: cancel, conns: map[*conn]bool{}}
	s.running.Go(func() { s.accept(ctx) })
	return s, nil
}

// Path is where the socket is.
func (s *Server) Path() string { return s.path }

// accept takes connections until the listener is closed.
func (s *Server) accept(ctx context.Context) {
	for {
		c, err := s.listen.Accept()
		switch {
		case err == nil:
			s.take(ctx, c)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			select {
			case <-ctx.Done():
			case <-time.After(acceptWait):
			}
		}
	}
}

// take serves a connection, unless there are too many.
func (s *Server) take(ctx context.Context, nc net.Conn) {
	most := maxConns
	if s.opts.Relay != nil {
		most += s.opts.Relay.size()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.conns) >= most {
		nc.Close()
		return
	}
	c := newConn(ctx, nc, edge{inbox: s.opts.Inbox, port: s.opts.Port, urgent: s.opts.Urgent, held: &s.held, relay: s.opts.Relay, parsing: &s.parsing, longest: maxRequest})
	s.conns[c] = true
	s.running.Go(func() {
		c.wait()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	})
}

// Close takes no more connections, waits a moment until answers have been read, and ends. A second call does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var open []*conn
	for c := range s.conns {
		open = append(open, c)
	}
	s.mu.Unlock()
	err := s.listen.Close()
	late, done := context.WithTimeout(context.Background(), lastWords)
	defer done()
	for _, c := range open {
		c.lines.await(0, late.Done())
	}
	s.cancel()
	s.running.Wait()
	s.opts.Folder.unlisten(s.path)
	return err
}
