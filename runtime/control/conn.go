package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
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
	urgent  func(step.ControlRequest) bool // nil: nothing is
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
	evals   int // of them
	ended   bool
}

// silent drops what the library would write to standard error: a connection that breaks is nobody's business but the
// asker's.
var silent = log.New(io.Discard, "", 0)

func newConn(ctx context.Context, nc net.Conn, e edge) *conn {
	c := &conn{edge: e, lines: newLines(nc, e.longest, e.parsing), pending: map[*asker]bool{}}
	answered := func(asked *jsonrpc2.Request, resp *jsonrpc2.Response) {
		if asked != nil && resp != nil {
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
	for a := range gone {
		if a.begun {
			c.giveBack(a)
		}
	}
	c.mu.Unlock()
	for a := range gone {
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
	switch {
	case errors.Is(err, errSlow):
		c.unanswered.Add(-1)
		return w, &Error{CodeBusy, errSlow.Error()}
	case err != nil:
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
	switch {
	case r.Notif:
		return
	case len(r.ID.Str) > maxID || r.ID.Num > math.MaxInt64: // negative, as the library reads it
		c.close()
		return
	case len(r.Method) > maxMethod:
		c.refuse(r.ID, CodeNoMethod, "no method has so long a name")
		return
	}
	relayed := c.relay != nil && (r.Method == methodRelay || r.Method == methodRegister || r.Method == methodPresent)
	a := &asker{c: c, id: r.ID, size: int64(len(params) + len(r.Method) + len(r.ID.Str) + messageFor), relayed: relayed, evals: r.Method == methodEval || r.Method == methodPromptEval}
	if why := c.admit(a); why != "" {
		c.refuse(r.ID, CodeBusy, why)
		return
	}
	if relayed {
		c.task(a, func() { c.relay.serve(ctx, c, a, r.Method, params) })
		return
	}
	request := step.ControlRequest{At: c.port, Method: r.Method, Params: params, Asker: a}
	if c.urgent == nil || !c.urgent(request) {
		c.inbox.Put(request)
	}
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
	case a.evals && c.evals >= maxEvals:
		return fmt.Sprintf("%d texts of this connection wait to be run already", maxEvals)
	}
	c.held.Add(a.size)
	c.pending[a] = true
	if a.evals {
		c.evals++
	}
	return ""
}

// task runs what a request asks for in a goroutine that wait waits for.
func (c *conn) task(a *asker, fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		c.giveBack(a)
		return
	}
	c.tasks.Go(func() {
		defer a.Begin() // at the end: until then the request is kept
		fn()
	})
}

// giveBack counts a request no longer, the first time; called with the lock held.
func (c *conn) giveBack(a *asker) {
	c.held.Add(-a.size)
	a.size = 0
}

// settle notes that a request is answered; false: it was before, or the asker is gone.
func (c *conn) settle(a *asker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.giveBack(a)
	if !c.pending[a] {
		return false
	}
	delete(c.pending, a)
	if a.evals {
		c.evals--
	}
	return true
}

// waits reports whether a request still waits for its answer.
func (c *conn) waits(a *asker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending[a]
}

// answer queues an answer of about that size. Who does not read has lost the connection by it, and nobody is told. On one
// that is kept an error takes the place of what has no room; there are no more of those than questions, which are few.
func (c *conn) answer(r *jsonrpc2.Response, size int) {
	size += len(r.ID.Str) + messageFor
	err := c.lines.put(r, size, maxAnswer)
	if err == errSlow && c.lines.kept.Load() {
		short := &jsonrpc2.Response{ID: r.ID, Error: &jsonrpc2.Error{Code: CodeBusy, Message: errSlow.Error()}}
		err = c.lines.put(short, len(r.ID.Str)+messageFor, maxAnswer+maxErrors)
	}
	if err != nil {
		c.close()
	}
}

// refuse queues an error.
func (c *conn) refuse(id jsonrpc2.ID, code int, why string) {
	c.answer(&jsonrpc2.Response{ID: id, Error: &jsonrpc2.Error{Code: int64(code), Message: why}}, len(why))
}

// asker is a request that came over a connection. It implements step.Asker.
type asker struct {
	c       *conn
	id      jsonrpc2.ID
	relayed bool // the loop does not know of it
	evals   bool

	// Under the connection's lock.
	size  int64 // bytes of the request that count as held
	begun bool  // the loop has taken it up
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

// Begin implements step.Asker. What an asker has sent that is gone lies in the inbox until then, and counts.
func (a *asker) Begin() bool {
	a.c.mu.Lock()
	defer a.c.mu.Unlock()
	a.begun = true
	if !a.c.pending[a] {
		a.c.giveBack(a)
		return false
	}
	return true
}

// Part implements step.Asker.
func (a *asker) Part(body []byte) bool {
	if !a.c.waits(a) {
		return true
	}
	return a.c.lines.offer(partMessage{"2.0", methodPart, part{a.id, body}}, len(body)+len(a.id.Str)+messageFor)
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
		a.c.refuse(a.id, code, why)
	}
}
