package control

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// The methods that a supervisor's socket answers by itself, not its loop.
const (
	methodRelay    = "relay"
	methodRegister = "register"
	methodPresent  = "present" // whether the process runs, whatever its loop does
)

// The methods of nodes that are told from others here.
const (
	methodEval       = "eval"        // runs what it is given
	methodPromptEval = "prompt.eval" // likewise

	// These have no end but their asker's, of whom a node that is asked by way of another does not hear.
	methodTrace  = "trace"
	methodPrompt = "prompt"
)

// relayRequest is a question for nodes.
type relayRequest struct {
	Nodes   []string        `json:"nodes"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params,omitempty"`
	Seconds float64         `json:"seconds"` // after which a node that has not answered has the error "time-out"; 0: 10
}

const (
	defaultWait = 10 * time.Second
	longestWait = time.Hour
)

func (q relayRequest) timeout() time.Duration {
	switch {
	case !(q.Seconds > 0):
		return defaultWait
	case q.Seconds > longestWait.Seconds():
		return longestWait
	}
	return time.Duration(q.Seconds * float64(time.Second))
}

// serve answers a request on behalf of the supervisor.
func (r *Relay) serve(ctx context.Context, c *conn, a *asker, method string, params []byte) {
	var err error
	switch method {
	case methodRegister:
		err = r.register(c, params)
	case methodRelay:
		err = r.pass(ctx, c, a, params)
	}
	if err != nil {
		e := asError(err)
		a.Refuse(e.Code, e.Message)
		return
	}
	a.Reply([]byte("{}"))
}

// pass asks the nodes and hands their answers on as parts. An asker that does not read holds up nobody but itself.
func (r *Relay) pass(ctx context.Context, c *conn, a *asker, params []byte) error {
	var q relayRequest
	if err := decode(params, &q); err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, q.timeout())
	defer cancel()
	var given any
	if len(q.Params) > 0 {
		given = q.Params
	}
	return r.Call(asking, q.Nodes, q.Method, given, func(answer Answer) {
		body, err := json.Marshal(answer)
		if err == nil && len(body) > maxAnswer {
			body, err = json.Marshal(Answer{Node: answer.Node, Error: &Error{CodeFailed, errTooLarge.Error()}})
		}
		for err == nil && c.lines.await(0, ctx.Done()) && !a.Part(body) { // one that does not read loses its connection in the end
		}
	})
}

// register takes a child. A newer process of that name takes the place of an older one, of which the connection has not
// ended yet.
func (r *Relay) register(c *conn, params []byte) error {
	var reg Registration
	if err := decode(params, &reg); err != nil {
		return err
	}
	r.mu.Lock()
	known := false
	for _, k := range r.known {
		known = known || k.Name == reg.Name
	}
	if !known {
		defer r.mu.Unlock()
		return &Error{CodeNoNode, fmt.Sprintf("the supervisor has no node called %q (there are: %s)", reg.Name, r.names())}
	}
	if other := r.nameOf(c); other != "" && other != reg.Name {
		defer r.mu.Unlock()
		return &Error{CodeBadParams, fmt.Sprintf("this connection is that of %s", other)}
	}
	before := r.children[reg.Name]
	if before != nil && before.conn != c {
		r.opts.Inbox.Put(Child{At: r.opts.Port, Registration: before.Registration, Gone: true})
	}
	c.lines.longest.Store(maxLine) // it answers what it is asked
	c.lines.kept.Store(true)
	r.children[reg.Name] = &registered{reg, c}
	r.opts.Inbox.Put(Child{At: r.opts.Port, Registration: reg})
	r.mu.Unlock()
	if before != nil && before.conn != c {
		before.conn.close()
	}
	return nil
}

// nameOf returns which child a connection is of, "" of none; called with the lock held.
func (r *Relay) nameOf(c *conn) string {
	for name, child := range r.children {
		if child.conn == c {
			return name
		}
	}
	return ""
}

// remove forgets the child of a connection that has ended.
func (r *Relay) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name := r.nameOf(c); name != "" {
		r.opts.Inbox.Put(Child{At: r.opts.Port, Registration: r.children[name].Registration, Gone: true})
		delete(r.children, name)
	}
}
