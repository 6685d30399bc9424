package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/jsonrpc2"

	"moonpeer/net/step"
)

// edge is where the requests of a connection go.
type edge struct {
	inbox   step.Inbox
	port    step.PortID
	held    *atomic.Int64
	relay   *Relay // nil: there are no children
	parsing *sync.Mutex
	longest int
}

// conn is one connection, of which either end may ask the other.
type conn struct {
	edge
	lines *lines
	rpc   *jsonrpc2.Conn
	tasks sync.WaitGroup // relayed questions

	unanswered atomic.Int64 // our own calls to the other end

	mu      sync.Mutex
	pending map[*asker]bool
	ended   bool
}

// silent drops what the library would write to standard error: a connection that breaks is nobody's business but the
// asker's.
var silent = log.New(io.Discard, "", 0)

func newConn(ctx context.Context, nc net.Conn, e edge) *conn {
	c := &conn{edge: e, lines: newLines(nc, e.longest, e.parsing), pending: map[*asker]bool{}}
	answered := func(_ *jsonrpc2.Request, resp *jsonrpc2.Response) {
		if resp != nil {
			c.unanswered.Add(-1)
		}
	}
	c.rpc = jsonrpc2.NewConn(ctx, c.lines, c, jsonrpc2.SetLogger(silent), jsonrpc2.OnRecv(answered))
	c.lines.begin()
	return c
}

// wait returns when the connection has ended, and has told the loop which askers are gone.
func (c *conn) wait() {
	<-c.rpc.DisconnectNotify()
	c.mu.Lock()
	c.ended = true
	gone := c.pending
	c.pending = nil
	c.mu.Unlock()
	for a := range gone {
		c.held.Add(-a.size)
		if !a.relayed {
			c.inbox.Put(step.ControlClosed{At: c.port, Asker: a})
		}
	}
	c.tasks.Wait() // a registration among them
	if c.relay != nil {
		c.relay.remove(c)
	}
	<-c.lines.wrote
}

// close ends the connection at once. Its reader then finds it closed.
func (c *conn) close() { c.lines.Close() }

// call asks the other end, and waits for nothing: the answer is the waiter's. So many questions may be without an answer;
// one that the asker has given up counts until it is answered.
func (c *conn) call(method string, params any) (jsonrpc2.Waiter, error) {
	if c.unanswered.Add(1) > maxPending {
		c.unanswered.Add(-1)
		return jsonrpc2.Waiter{}, &Error{CodeBusy, fmt.Sprintf("%d questions wait for their answers already", maxPending)}
	}
	w, err := c.rpc.DispatchCall(context.Background(), method, params)
	if err != nil {
		c.unanswered.Add(-1)
		c.close()
	}
	return w, err
}

// Handle implements jsonrpc2.Handler: it hands a request to the loop, or to the relay. It is the connection's reader
// that calls it, and it does not block. Notifications are not taken: nothing would bound how many wait.
func (c *conn) Handle(ctx context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) {
	var params json.RawMessage
	if r.Params != nil {
		params = *r.Params
	}
	if r.Notif {
		return
	}
	relayed := c.relay != nil && (r.Method == methodRelay || r.Method == methodRegister)
	a := &asker{c: c, id: r.ID, size: int64(len(params)), relayed: relayed}
	if why := c.admit(a); why != "" {
		c.answer(&jsonrpc2.Response{ID: r.ID, Error: &jsonrpc2.Error{Code: CodeBusy, Message: why}}, len(why))
		return
	}
	if relayed {
		c.task(func() { c.relay.serve(ctx, c, a, r.Method, params) })
		return
	}
	c.inbox.Put(step.ControlRequest{At: c.port, Method: r.Method, Params: params, Asker: a})
}

// admit notes that a request is under way, or says why it may not be.
func (c *conn) admit(a *asker) (why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return "the connection has ended"
	case len(c.pending) >= maxPending:
		return fmt.Sprintf("%d requests of this connection wait for their answers already", maxPending)
	case c.held.Load()+a.size > maxHeld:
		return "too many large requests wait for their answers already"
	}
	c.held.Add(a.size)
	c.pending[a] = true
	return ""
}

// task runs fn in a goroutine that wait waits for.
func (c *conn) task(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.tasks.Go(fn)
	}
}

// settle notes that a request is answered; false: it was before, or the asker is gone.
func (c *conn) settle(a *asker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pending[a] {
		return false
	}
	delete(c.pending, a)
	c.held.Add(-a.size)
	return true
}

// waits reports whether a request still waits for its answer.
func (c *conn) waits(a *asker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending[a]
}

// answer queues a message of about that size. Who does not read has lost the connection by it, and nobody is told.
func (c *conn) answer(m any, size int) {
	if err := c.lines.put(m, size); err != nil {
		c.close()
	}
}

// asker is a request that came over a connection. It implements step.Asker.
type asker struct {
	c       *conn
	id      jsonrpc2.ID
	size    int64 // bytes of the request
	relayed bool  // the loop does not know of it
}

// part is how an answer's parts travel: as notifications that carry the request's id.
type part struct {
	ID   jsonrpc2.ID     `json:"id"`
	Part json.RawMessage `json:"part"`
}

// partMessage is a part as it is written.
type partMessage struct {
	Version string `json:"jsonrpc"`
	Method  string `json:"method"`
	Params  part   `json:"params"`
}

const methodPart = "part"

// partPrefix is how a partMessage begins.
var partPrefix = []byte(`{"jsonrpc":"2.0","method":"part",`)

// Part implements step.Asker.
func (a *asker) Part(body []byte) bool {
	if !a.c.waits(a) {
		return true
	}
	if a.Behind() {
		return false
	}
	a.c.answer(partMessage{"2.0", methodPart, part{a.id, body}}, len(body))
	return true
}

// Behind implements step.Asker.
func (a *asker) Behind() bool { return a.c.lines.behind() }

// Reply implements step.Asker.
func (a *asker) Reply(body []byte) {
	if len(body) > maxAnswer {
		a.Refuse(CodeFailed, errTooLarge.Error())
		return
	}
	if a.c.settle(a) {
		result := json.RawMessage(body)
		a.c.answer(&jsonrpc2.Response{ID: a.id, Result: &result}, len(body))
	}
}

// Refuse implements step.Asker.
func (a *asker) Refuse(code int, why string) {
	if a.c.settle(a) {
		a.c.answer(&jsonrpc2.Response{ID: a.id, Error: &jsonrpc2.Error{Code: int64(code), Message: why}}, len(why))
	}
}
