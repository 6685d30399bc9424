package control

import (
	"context"
	"encoding/json"
	"net"
	"sync"

	"github.com/sourcegraph/jsonrpc2"
)

// Client asks one node over its control socket. Any goroutine may use it.
type Client struct {
	lines *lines
	rpc   *jsonrpc2.Conn

	mu    sync.Mutex
	parts map[jsonrpc2.ID]func(json.RawMessage)
	last  uint64
}

// Dial connects to a node's socket. An error means that nobody listens there.
func Dial(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	c := &Client{parts: map[jsonrpc2.ID]func(json.RawMessage){}}
	c.lines = newLines(nc, maxLine, new(sync.Mutex))
	c.lines.parts = c.part
	c.rpc = jsonrpc2.NewConn(context.WithoutCancel(ctx), c.lines, c, jsonrpc2.SetLogger(silent))
	c.lines.begin()
	return c, nil
}

// Find connects to the node whose state folder is dir.
func Find(ctx context.Context, dir string) (*Client, error) {
	path, err := SocketPath(dir)
	if err != nil {
		return nil, err
	}
	return Dial(ctx, path)
}

// Handle implements jsonrpc2.Handler. A node asks a client nothing.
func (c *Client) Handle(context.Context, *jsonrpc2.Conn, *jsonrpc2.Request) {}

// part hands a part of an answer to whoever asked.
func (c *Client) part(p part) {
	c.mu.Lock()
	each := c.parts[p.ID]
	c.mu.Unlock()
	if each != nil {
		each(p.Part)
	}
}

// Call asks, and reads the answer into result, which may be nil. Its errors are of type *Error; when ctx ends before the
// answer is there, it is "time-out".
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	return c.Stream(ctx, method, params, nil, result)
}

// Stream is Call for an answer that may have parts, which each gets in their order, on a goroutine of the connection's.
func (c *Client) Stream(ctx context.Context, method string, params any, each func(json.RawMessage), result any) error {
	c.mu.Lock()
	c.last++
	id := jsonrpc2.ID{Num: c.last}
	if each != nil {
		c.parts[id] = each
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.parts, id)
		c.mu.Unlock()
	}()
	if err := c.rpc.Call(ctx, method, params, result, jsonrpc2.PickID(id)); err != nil {
		return asError(err)
	}
	return nil
}

// Present asks a supervisor whether it runs, which it answers at once, also while its loop is busy.
func (c *Client) Present(ctx context.Context) error { return c.Call(ctx, methodPresent, nil, nil) }

// Relay asks nodes by way of their supervisor; see Relay.Call. seconds is how long the nodes have.
func (c *Client) Relay(ctx context.Context, nodes []string, method string, params any, seconds float64, each func(Answer)) error {
	q := relayRequest{Nodes: nodes, Method: method, Seconds: seconds}
	if params != nil {
		text, err := json.Marshal(params)
		if err != nil {
			return err
		}
		q.Params = text
	}
	return c.Stream(ctx, methodRelay, q, func(body json.RawMessage) {
		var a Answer
		if json.Unmarshal(body, &a) == nil {
			each(a)
		}
	}, nil)
}

// Gone is closed when the connection has ended.
func (c *Client) Gone() <-chan struct{} { return c.rpc.DisconnectNotify() }

// Close ends the connection.
func (c *Client) Close() error {
	err := c.rpc.Close()
	<-c.lines.wrote
	return err
}
