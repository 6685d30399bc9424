package node

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// Prompt gives the scripts' domain one text after the other and keeps names between them. The bindings implement it.
type Prompt interface {
	// Eval runs a text that messages call name, and whose lines they count from line.
	Eval(name string, line int, text string) Evaluated
	// Complete returns what may stand at the end of a text, without any effect.
	Complete(text string) script.Completion
	// Variables lists the exported names that have values, of one namespace, or of all if that is "", by name.
	Variables(namespace string) []Variable
}

// Variable is an exported name with what it holds.
type Variable struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size *int   `json:"size,omitempty"` // of a container
	Text string `json:"text"`           // the value on one line, cut
}

// PromptOpened is a part of the answer to "prompt".
type PromptOpened struct {
	Prompt uint64 `json:"prompt"` // which one it is, for the other questions
}

// PromptText is a text for a prompt.
type PromptText struct {
	Prompt uint64 `json:"prompt"`
	Eval   uint64 `json:"eval"` // counts the asker's texts, for an interruption; from 1
	Name   string `json:"name"` // what messages call it
	Line   int    `json:"line"` // where it begins there; from 1
	Code   string `json:"code"`
	Direct bool   `json:"direct"` // what it prints goes where scripts print, instead of to the asker
}

// Message is what a node has reported while it ran a text.
type Message struct {
	Level string `json:"level"` // error, warning, info
	Text  string `json:"text"`
}

// The bounds of prompts.
const (
	maxPrompts    = 16
	maxMessages   = 100  // that are shown of one text's
	maxPromptName = 1000 // bytes
)

// prompts are those that are open. Only the loop adds and takes away; who interrupts only looks.
type prompts struct {
	mu   sync.Mutex
	open map[uint64]*openPrompt
	last uint64
}

// openPrompt is one of them.
type openPrompt struct {
	Prompt
	domain *script.Domain // of which it is

	// Under the lock of prompts.
	skip    uint64 // evals up to this one are interrupted
	running uint64 // the eval that runs; 0: none
	vm      *luavm.VM
	call    uint64 // by which vm knows it
}

func (n *Node) answerPrompts() {
	n.controls.prompts.open = map[uint64]*openPrompt{}
	n.Answer("prompt", n.answerPrompt)
	n.Answer("prompt.eval", n.answerPromptEval)
	n.Answer("prompt.complete", n.answerComplete)
	n.Answer("prompt.variables", n.answerVariables)
	n.Answer(promptInterrupt, n.answerInterrupt)
}

// answerPrompt opens a prompt, which lives until its asker leaves.
func (n *Node) answerPrompt(q *Question) {
	ps := &n.controls.prompts
	switch {
	case n.NewPrompt == nil:
		q.Fail(errNoScripts)
		return
	case len(ps.open) >= maxPrompts:
		q.Fail(fmt.Errorf("%d prompts are open already", maxPrompts))
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.last++
	id := ps.last
	ps.open[id] = &openPrompt{Prompt: n.NewPrompt(), domain: n.Domain}
	q.OnGone(func() {
		ps.mu.Lock()
		defer ps.mu.Unlock()
		delete(ps.open, id)
	})
	q.Part(PromptOpened{id})
}

// prompt finds an open prompt, or answers that there is none. After a reload it has new names: fresh tells once.
func (n *Node) prompt(q *Question, id uint64) (p *openPrompt, fresh bool) {
	p = n.controls.prompts.open[id]
	switch {
	case p == nil:
		q.Fail(fmt.Errorf("prompt %d is not open", id))
	case p.domain != n.Domain:
		p.Prompt, p.domain = n.NewPrompt(), n.Domain
		return p, true
	}
	return p, false
}

// answerPromptEval runs a text within a handler's budget.
func (n *Node) answerPromptEval(q *Question) {
	var text PromptText
	if !q.Params(&text) {
		return
	}
	if text.Line < 1 || text.Line > 1<<30 || len(text.Name) > maxPromptName {
		q.refuse(codeBadParams, fmt.Sprintf("prompt.eval: line %d, a name of %d bytes: want a line from 1 and a name of %d bytes at most",
			text.Line, len(text.Name), maxPromptName))
		return
	}
	p, fresh := n.prompt(q, text.Prompt)
	if p == nil {
		return
	}
	if !n.controls.prompts.begin(p, text.Eval, n.Domain.VM) {
		q.Reply(Evaluated{Values: []string{}, Error: luavm.ErrInterrupted.Error()})
		return
	}
	e := n.evaluate(p, text)
	n.controls.prompts.end(p)
	if fresh {
		note := Message{"warning", "the scripts were loaded anew: names that were assigned at the prompt before are gone"}
		e.Messages = append([]Message{note}, e.Messages...)
	}
	q.Reply(e)
}

// evaluate runs a text and collects what is printed and reported meanwhile.
func (n *Node) evaluate(p *openPrompt, text PromptText) Evaluated {
	var messages []Message
	reports := n.Domain.Reports
	others := reports.Watch
	reports.Watch = func(level, line string) {
		if others != nil {
			others(level, line)
		}
		if len(messages) < maxMessages {
			messages = append(messages, Message{level, line})
		}
	}
	defer func() { reports.Watch = others }()
	if !text.Direct {
		n.out.begin()
	}
	calls, began := n.Domain.VM.Calls(), n.transport()
	e := p.Eval(text.Name, text.Line, text.Code)
	e.Seconds = time.Duration(n.transport() - began).Seconds()
	if n.Domain.VM.Calls() > calls { // it has compiled
		e.Instructions = n.Domain.VM.Spent()
	}
	if !text.Direct {
		e.Printed = n.out.end()
	}
	e.Messages = messages
	return e
}

func (n *Node) answerComplete(q *Question) {
	var p struct {
		Prompt uint64 `json:"prompt"`
		Text   string `json:"text"`
	}
	if !q.Params(&p) {
		return
	}
	if open, _ := n.prompt(q, p.Prompt); open != nil {
		q.Reply(open.Complete(p.Text))
	}
}

func (n *Node) answerVariables(q *Question) {
	var p struct {
		Prompt    uint64 `json:"prompt"`
		Namespace string `json:"namespace"`
	}
	if !q.Params(&p) {
		return
	}
	if open, _ := n.prompt(q, p.Prompt); open != nil {
		q.Reply(open.Variables(p.Namespace))
	}
}

const promptInterrupt = "prompt.interrupt"

// Urgent answers a question that must not wait for the loop, since it is about what the loop is busy with; false: it can
// wait. Whoever hands questions to the node asks it first, from any goroutine.
func (n *Node) Urgent(r step.ControlRequest) bool {
	if r.Method != promptInterrupt {
		return false
	}
	if r.Asker.Begin() {
		n.answerInterrupt(&Question{Method: r.Method, params: r.Params, asker: r.Asker, c: &controls{}})
	}
	return true
}

// answerInterrupt ends a text, whether it runs or still waits to.
func (n *Node) answerInterrupt(q *Question) {
	var p struct {
		Prompt uint64 `json:"prompt"`
		Eval   uint64 `json:"eval"`
	}
	if !q.Params(&p) {
		return
	}
	n.controls.prompts.interrupt(p.Prompt, p.Eval)
	q.Reply(struct{}{})
}

// begin notes that a text runs next in vm; false: it was interrupted before.
func (ps *prompts) begin(p *openPrompt, eval uint64, vm *luavm.VM) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if eval <= p.skip {
		return false
	}
	p.running, p.vm, p.call = eval, vm, vm.NextCall()
	return true
}

func (ps *prompts) end(p *openPrompt) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.vm.Reprieve(p.call) // the text may not have compiled
	p.running, p.vm = 0, nil
}

func (ps *prompts) interrupt(id, eval uint64) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.open[id]
	if p == nil {
		return
	}
	p.skip = max(p.skip, eval)
	if p.running != 0 && p.running <= eval {
		p.vm.Interrupt(p.call, errPromptEnds)
	}
}

// errPromptEnds is why a text at a prompt was ended.
var errPromptEnds = errors.New("by the prompt's user")
