package main

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"moonpeer/net/step"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

// ownNode is a node in this process, whose loop is asked as control.Client asks that of another: it implements promptLink.
type ownNode struct {
	n     *node.Node
	port  step.PortID
	ended chan struct{} // closed when its loop has ended
}

// errNodeEnded is why a question has no answer.
var errNodeEnded = &control.Error{Code: control.CodeGone, Message: "the node has ended"}

// runOwn runs a node until converse returns or it ends by itself, and returns the errors of both.
func runOwn(ctx context.Context, n *node.Node, converse func(context.Context, promptLink) error) (said, ran error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	link := &ownNode{n: n, port: n.ControlPort(), ended: make(chan struct{})}
	go func() {
		defer close(link.ended)
		ran = n.Run(ctx)
	}()
	said = converse(ctx, link)
	stop()
	<-link.ended
	return said, ran
}

// Stream implements promptLink.
func (o *ownNode) Stream(ctx context.Context, method string, params any, each func(json.RawMessage), result any) error {
	a := &ownAsker{each: each, answer: make(chan ownAnswer, 1)}
	request := step.ControlRequest{At: o.port, Method: method, Asker: a}
	if params != nil {
		body, err := json.Marshal(params)
		if err != nil {
			return err
		}
		request.Params = body
	}
	if !o.n.Urgent(request) {
		o.n.Inbox().Put(request)
	}
	select {
	case r := <-a.answer:
		return r.read(result)
	case <-ctx.Done():
		a.gone.Store(true)
		o.n.Inbox().Put(step.ControlClosed{At: o.port, Asker: a})
		return ctx.Err()
	case <-o.ended:
	}
	select {
	case r := <-a.answer: // it was the node's last
		return r.read(result)
	default:
		return errNodeEnded
	}
}

// ownAnswer is how a question was answered.
type ownAnswer struct {
	body []byte
	err  error
}

func (r ownAnswer) read(into any) error {
	if r.err != nil || into == nil {
		return r.err
	}
	return json.Unmarshal(r.body, into)
}

// ownAsker implements step.Asker.
type ownAsker struct {
	each   func(json.RawMessage)
	answer chan ownAnswer // has room for the one that there is
	gone   atomic.Bool
}

// Begin implements step.Asker.
func (a *ownAsker) Begin() bool { return !a.gone.Load() }

// Part implements step.Asker.
func (a *ownAsker) Part(body []byte) bool {
	if a.each != nil {
		a.each(body)
	}
	return true
}

// Behind implements step.Asker.
func (a *ownAsker) Behind() bool { return false }

// Reply implements step.Asker.
func (a *ownAsker) Reply(body []byte) { a.answer <- ownAnswer{body: body} }

// Refuse implements step.Asker.
func (a *ownAsker) Refuse(code int, why string) {
	a.answer <- ownAnswer{err: &control.Error{Code: code, Message: why}}
}
