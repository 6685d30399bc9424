package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/wire"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

// askThere puts a question to nodes by their addresses, to all at once, and hands over their answers in the order of the
// addresses. They answer if they run with --control.
func (f *reachFlags) askThere(ctx context.Context, inv *invocation, addresses []string, method string, params any, each func(control.Answer)) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answers := make([]control.Answer, len(addresses))
	errs := make([]error, len(addresses))
	var all sync.WaitGroup
	for i, a := range addresses {
		all.Go(func() { answers[i], errs[i] = f.askOne(ctx, inv, a, method, body, nil) })
	}
	all.Wait()
	for i, a := range answers {
		if errs[i] == nil {
			each(a)
		}
	}
	return errors.Join(errs...)
}

// askOne peers with a node, asks it and leaves. What becomes of the question is in the answer; the error is about flags. part
// gets the parts of an answer that has several, on the link's loop, which it must not hold up; nil: they are dropped.
func (f *reachFlags) askOne(ctx context.Context, inv *invocation, address, method string, params []byte, part func(body string)) (control.Answer, error) {
	q := &remoteQuestion{method: method, params: params, part: part, answer: control.Answer{Node: address}}
	flags := clientFlags{Peer: []string{address}, tlsFlags: f.tlsFlags, Config: f.Config}
	var err error
	if q.client, err = flags.newClient(inv, "control", slog.LevelError, q); err != nil {
		return q.answer, err
	}
	q.party.Subscribe(node.ControlTopic+q.Hub.ID().String(), endpoint.SubscribeOptions{})
	q.linked = q.begin
	asking, cancel := context.WithTimeout(ctx, f.timeout())
	defer cancel()
	if _, err = q.run(asking, f.timeout()); err != nil {
		q.answer.Error = &control.Error{Code: control.CodeTimeOut, Message: err.Error()}
	}
	switch {
	case q.done || q.answer.Error != nil:
	case q.complete:
		q.answer.Error = &control.Error{Code: control.CodeTimeOut, Message: "time-out"}
	default: // the two deadlines are one
		q.answer.Error = &control.Error{Code: control.CodeTimeOut, Message: q.unreached(f.timeout()).Error()}
	}
	return q.answer, nil
}

// remoteQuestion is one question to one node elsewhere. It implements endpoint.Receiver.
type remoteQuestion struct {
	*client
	method string
	params []byte
	part   func(body string)
	answer control.Answer
	done   bool
}

// begin asks, as soon as the node is a peer.
func (q *remoteQuestion) begin() {
	peers := q.Peers.Peers()
	if len(peers) == 0 { // it is gone again, and is dialled again
		return
	}
	p := peers[0]
	if p.Name != "" {
		q.answer.Node = p.Name
	}
	topic := node.ControlTopic + p.ID.String()
	if !q.party.Wanted(topic) {
		q.end(&control.Error{Code: control.CodeNoMethod, Message: "it answers no questions of peers: run it with --control"})
		return
	}
	b := wire.AppendEventHeader(nil, node.ControlRequest, 3)
	b = wire.AppendString(wire.AppendString(wire.AppendString(b, "1"), q.method), string(q.params))
	if _, err := q.party.Send(endpoint.Message{Topic: topic, Payload: b, Receiver: p.ID}); err != nil {
		q.end(&control.Error{Code: control.CodeInternal, Message: err.Error()})
	}
}

// Offer implements endpoint.Receiver.
func (q *remoteQuestion) Offer(e *endpoint.Envelope) bool {
	kind, code, body, err := parseAnswer(e.Payload)
	if err != nil || q.done {
		return false
	}
	switch kind {
	case node.AnswerPart:
		if q.part != nil {
			q.part(body)
		}
	case node.AnswerResult:
		q.answer.Result = json.RawMessage(body)
		q.end(nil)
	case node.AnswerError:
		q.end(&control.Error{Code: code, Message: body})
	}
	return true
}

func (q *remoteQuestion) end(err *control.Error) {
	q.done, q.answer.Error = true, err
	q.Terminate(0)
}

// parseAnswer reads an event by which a node answers.
func parseAnswer(payload []byte) (kind string, code int, body string, err error) {
	e, err := wire.ParseEvent(payload)
	if err != nil {
		return "", 0, "", err
	}
	if string(e.Name) != node.ControlAnswer || e.NArgs != 4 {
		return "", 0, "", fmt.Errorf("event %q is no answer", e.Name)
	}
	var args [4]broker.Data
	for i := range args {
		if args[i], err = e.Args.Data(); err != nil {
			return "", 0, "", err
		}
	}
	k, ok1 := args[1].(broker.String)
	c, ok2 := args[2].(broker.Integer)
	b, ok3 := args[3].(broker.String)
	if !ok1 || !ok2 || !ok3 {
		return "", 0, "", errors.New("an answer of kinds that it does not have")
	}
	return string(k), int(c), string(b), nil
}
