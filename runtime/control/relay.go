package control

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"moonpeer/net/step"
	"moonpeer/runtime/cluster"
)

// RelayOptions say whom a Relay tells about children.
type RelayOptions struct {
	// Inbox and Port take Child inputs and Answers. Required.
	Inbox step.Inbox
	Port  step.PortID
}

// Known is a node that a supervisor is to have.
type Known struct {
	Name string
	Role string // logger, manager, proxy, worker; "": the name tells, if it begins so
}

// Registration is what a child says of itself.
type Registration struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	ID   string `json:"id"` // its endpoint id, which is new with each start
}

// Child is the input that says that a child has registered, or that its connection has ended.
type Child struct {
	At step.PortID
	Registration
	Gone bool
}

// Port is the relay's port.
func (c Child) Port() step.PortID { return c.At }

// Answer is what has become of a question to one node.
type Answer struct {
	Node   string          `json:"node"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Error          `json:"error,omitempty"`
}

// Answers is the input that ends a Relay.Ask.
type Answers struct {
	At    step.PortID
	Token uint64
	Nodes []Answer
	Err   *Error // the question went to nobody
}

// Port is the relay's port.
func (a Answers) Port() step.PortID { return a.At }

// Relay holds the connections of a supervisor's children and asks them. Any goroutine may use it.
type Relay struct {
	opts   RelayOptions
	ctx    context.Context // of Ask; ended by Close
	cancel context.CancelFunc
	asks   sync.WaitGroup

	mu       sync.Mutex // held while inputs about children are put, so that they come in order
	known    []Known    // in the order of output
	children map[string]*registered
	asking   int
	closed   bool
}

type registered struct {
	Registration
	conn *conn
}

// NewRelay returns a relay that knows no node.
func NewRelay(opts RelayOptions) *Relay {
	ctx, cancel := context.WithCancel(context.Background())
	return &Relay{opts: opts, ctx: ctx, cancel: cancel, children: map[string]*registered{}}
}

// SetNodes says which nodes there are to be, running or not. Others are refused when they register.
func (r *Relay) SetNodes(nodes []Known) {
	nodes = slices.Clone(nodes)
	Sort(nodes, func(k Known) Known { return k })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = nodes
}

// size is how many nodes are known.
func (r *Relay) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.known)
}

// Running lists the children that are registered, in the order of output.
func (r *Relay) Running() (list []Registration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.known {
		if c := r.children[k.Name]; c != nil {
			list = append(list, c.Registration)
		}
	}
	return list
}

// Drop ends the connection of a child, which then ends itself.
func (r *Relay) Drop(name string) {
	r.mu.Lock()
	c := r.children[name]
	r.mu.Unlock()
	if c != nil {
		c.conn.close()
	}
}

// Tell tells the children something that needs no answer: those that are named, or all. It does not block.
func (r *Relay) Tell(nodes []string, method string, params any) {
	r.mu.Lock()
	var to []*registered
	for _, k := range r.known {
		if c := r.children[k.Name]; c != nil && (len(nodes) == 0 || slices.Contains(nodes, k.Name)) {
			to = append(to, c)
		}
	}
	r.mu.Unlock()
	for _, c := range to {
		c.conn.call(method, params) // one that can't be told is frozen or gone, which is found otherwise
	}
}

// Call asks children all at once, those that are named or all, and hands over their answers in the order of output, each
// as soon as those before it are there. Who has not answered when ctx ends has the error "time-out". Nodes that do not
// run are left out; a name that is not known, or that nobody runs, is an error.
func (r *Relay) Call(ctx context.Context, nodes []string, method string, params any, each func(Answer)) error {
	switch {
	case method == methodTrace || method == methodPrompt:
		return &Error{CodeBadParams, method + " is not passed on: the nodes are to be asked themselves"}
	case len(method) > maxMethod:
		return &Error{CodeNoMethod, "no method has so long a name"}
	}
	to, err := r.pick(nodes)
	if err != nil {
		return err
	}
	waiters, errs := make([]jsonrpc2.Waiter, len(to)), make([]error, len(to))
	for i, c := range to {
		waiters[i], errs[i] = c.conn.call(method, params)
	}
	for i, c := range to {
		a := Answer{Node: c.Name}
		err := errs[i]
		if err == nil {
			err = answerOf(ctx, waiters[i], &a.Result)
		}
		a.Error = asError(err)
		each(a)
	}
	return nil
}

// answerOf waits for an answer; one that is there counts also when ctx has ended.
func answerOf(ctx context.Context, w jsonrpc2.Waiter, result *json.RawMessage) error {
	err := w.Wait(ctx, result)
	if err == nil || ctx.Err() == nil {
		return err
	}
	short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	return w.Wait(short, result)
}

// pick returns the children that a question goes to.
func (r *Relay) pick(nodes []string) ([]*registered, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range nodes {
		if !slices.ContainsFunc(r.known, func(k Known) bool { return k.Name == name }) {
			return nil, &Error{CodeNoNode, fmt.Sprintf("no node is called %q (there are: %s)", name, r.names())}
		}
	}
	var to []*registered
	for _, k := range r.known {
		if c := r.children[k.Name]; c != nil && (len(nodes) == 0 || slices.Contains(nodes, k.Name)) {
			to = append(to, c)
		}
	}
	if len(to) == 0 {
		return nil, &Error{CodeNoNode, fmt.Sprintf("none of the nodes is running (there are: %s)", r.names())}
	}
	return to, nil
}

// names lists the known nodes; called with the lock held.
func (r *Relay) names() string {
	names := make([]string, len(r.known))
	for i, k := range r.known {
		names[i] = k.Name
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// maxAsking is how many Asks may be under way.
const maxAsking = 64

// Ask is Call for a loop, which must not wait: the answers come as an Answers input with the token.
func (r *Relay) Ask(token uint64, timeout time.Duration, nodes []string, method string, params any) {
	r.mu.Lock()
	full := r.closed || r.asking >= maxAsking
	if !full {
		r.asking++
		r.asks.Add(1)
	}
	r.mu.Unlock()
	if full {
		r.opts.Inbox.Put(Answers{At: r.opts.Port, Token: token, Err: &Error{CodeBusy, "too many questions are under way"}})
		return
	}
	go func() { // awaited by Close
		defer r.asks.Done()
		ctx, cancel := context.WithTimeout(r.ctx, timeout)
		defer cancel()
		out := Answers{At: r.opts.Port, Token: token}
		out.Err = asError(r.Call(ctx, nodes, method, params, func(a Answer) { out.Nodes = append(out.Nodes, a) }))
		r.mu.Lock()
		r.asking--
		r.mu.Unlock()
		r.opts.Inbox.Put(out)
	}()
}

// Close ends what Ask has begun.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.asks.Wait()
}

// Sort brings nodes into the order of output: loggers, manager, proxies, workers, others, each by number, then by name.
func Sort[T any](nodes []T, of func(T) Known) {
	rank := func(k Known) int {
		role, _ := cluster.ParseRole(k.Role) // None of any other word
		if role == cluster.None {            // worker-1 will be a worker
			word, _, _ := strings.Cut(k.Name, "-")
			role, _ = cluster.ParseRole(word)
		}
		return role.Rank()
	}
	slices.SortStableFunc(nodes, func(a, b T) int {
		x, y := of(a), of(b)
		xs, xn := number(x.Name)
		ys, yn := number(y.Name)
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(xs, ys), cmp.Compare(len(xn), len(yn)), cmp.Compare(xn, yn))
	})
}

// number splits a name in front of the digits at its end, without their zeros.
func number(name string) (stem, digits string) {
	stem = strings.TrimRight(name, "0123456789")
	return stem, strings.TrimLeft(name[len(stem):], "0")
}
