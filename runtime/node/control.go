package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/runtime/script"
)

// The codes of a question's errors, as in package control, which this one does not import.
const (
	codeNoMethod  = -32601
	codeBadParams = -32602
	codeInternal  = -32603
	codeFailed    = 1
	codeNoOption  = 6
)

// controls is what a node answers to those who ask it from outside. It belongs to the loop.
type controls struct {
	port      step.PortID
	methods   map[string]func(*Question)
	questions map[step.Asker]*Question // not answered yet
	began     int64                    // wall time
	tracers   int
	stores    storeAsks
	prompts   prompts
}

// ControlPort is the port to which the control edge's inputs go; from then on the node can be asked.
func (n *Node) ControlPort() step.PortID {
	c := &n.controls
	if c.port == 0 {
		c.began = n.clock.live()
		c.questions = map[step.Asker]*Question{}
		c.port = n.OpenPort(n.control)
		n.answerInspection()
		n.answerInquiry()
		n.answerStores()
		n.Answer("trace", n.answerTrace)
		n.Answer("reload", n.answerReload)
		n.Answer("profile", n.answerProfile)
		n.Answer("profile.stop", n.answerProfileStop)
		n.answerSupervisor()
	}
	return c.port
}

// Answer has fn answer a method, in place of what did before. fn is called by the loop and must not block; it answers at
// once or turns later.
func (n *Node) Answer(method string, fn func(*Question)) {
	if n.controls.methods == nil {
		n.controls.methods = map[string]func(*Question){}
	}
	n.controls.methods[method] = fn
}

// control takes the inputs of the control edge.
func (n *Node) control(in step.Input) (done bool) {
	switch in := in.(type) {
	case step.ControlRequest:
		if !in.Asker.Begin() {
			break
		}
		q := &Question{Method: in.Method, params: in.Params, asker: in.Asker, c: &n.controls}
		n.controls.questions[in.Asker] = q
		fn := n.controls.methods[in.Method]
		if fn == nil {
			known := slices.Sorted(maps.Keys(n.controls.methods))
			q.refuse(codeNoMethod, fmt.Sprintf("a node answers no %q%s", script.Clip(in.Method), script.DidYouMean(in.Method, known)))
			break
		}
		fn(q)
	case step.ControlClosed:
		if q := n.controls.questions[in.Asker]; q != nil {
			q.end()
		}
	case step.ParentLost:
		in.Heard()
		n.Domain.Reports.Errorf("the supervisor is gone, and so the node ends")
		n.Terminate(1)
	}
	return true
}

// Question is what somebody outside asks the node. Only the loop uses it.
type Question struct {
	Method string

	params []byte
	asker  step.Asker
	c      *controls
	gone   func()
	over   bool
}

// Params reads what was given along into a struct; a field that it does not have is an error. False: it did not fit, and
// the question was answered so.
func (q *Question) Params(into any) bool {
	if len(q.params) == 0 {
		return true
	}
	d := json.NewDecoder(bytes.NewReader(q.params))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		q.refuse(codeBadParams, fmt.Sprintf("%s: params: %v", q.Method, err))
		return false
	}
	return true
}

// Part sends a part of an answer that has several. False: the asker is behind, and nothing was taken.
func (q *Question) Part(v any) bool {
	body, err := json.Marshal(v)
	if err != nil {
		q.refuse(codeInternal, err.Error())
		return true
	}
	return q.asker.Part(body)
}

// Behind tells whether Part would answer false now.
func (q *Question) Behind() bool { return q.asker.Behind() }

// Reply answers the question. Only the first answer counts.
func (q *Question) Reply(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		q.refuse(codeInternal, err.Error())
		return
	}
	if q.end() {
		q.asker.Reply(body)
	}
}

// Fail answers with an error.
func (q *Question) Fail(err error) {
	var e *broker.Error
	if errors.As(err, &e) && e.Code == broker.NoSuchKey {
		q.refuse(codeNoOption, e.Context)
		return
	}
	q.refuse(codeFailed, err.Error())
}

func (q *Question) refuse(code int, why string) {
	if q.end() {
		q.asker.Refuse(code, why)
	}
}

// OnGone has fn called once the question is over: answered, or given up by the asker.
func (q *Question) OnGone(fn func()) { q.gone = fn }

// Over tells whether the question is answered, or nobody waits for its answer any more.
func (q *Question) Over() bool { return q.over }

// end is true the first time.
func (q *Question) end() bool {
	if q.over {
		return false
	}
	q.over = true
	delete(q.c.questions, q.asker)
	if q.gone != nil {
		q.gone()
	}
	return true
}
