package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

// Printed is the answer to "print": text, or what is to be read by a program.
type Printed struct {
	Text  string          `json:"text,omitempty"` // "ID = value" in Zeek's layout, without a line end
	JSON  json.RawMessage `json:"json,omitempty"` // {"id": …, "value": …}
	Known bool            `json:"known"`          // false: no script exports that name
	Near  string          `json:"near,omitempty"` // one that is like it, then
}

// OptionValue is an option of a policy as it is.
type OptionValue struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"`
	Value    json.RawMessage `json:"value"` // null: JSON can't say it
	Text     string          `json:"text"`  // as --print shows it
	Doc      string          `json:"doc"`
	Location string          `json:"location"` // who has set it
}

// Configuration is the options of policies as those reach them who ask from outside. The bindings implement it.
type Configuration interface {
	// Options lists all options in the order of their declaration.
	Options() []OptionValue
	// SetOption reads text as the option's type and sets it, in a cluster on all nodes, which its handlers may refuse.
	// location says who asks; done is called when the option has its value here.
	SetOption(name, text, location string, done func()) error
}

// Evaluated is the answer to "eval" and to "prompt.eval".
type Evaluated struct {
	Printed   string   `json:"printed"`
	Values    []string `json:"values"` // as --print shows them
	Error     string   `json:"error,omitempty"`
	Traceback string   `json:"traceback,omitempty"`

	// Of a prompt only.
	Messages     []Message `json:"messages,omitempty"` // that the node has reported meanwhile
	Seconds      float64   `json:"seconds,omitempty"`
	Instructions int64     `json:"instructions,omitempty"`
}

// noOption says that no script declares an option, as an error that askers of several nodes can tell from others.
func noOption(name string, names []string) error {
	return &broker.Error{Code: broker.NoSuchKey, Context: fmt.Sprintf("no option %q%s", script.Clip(name), script.DidYouMean(name, names))}
}

// answerInquiry has the node answer what needs the scripts.
func (n *Node) answerInquiry() {
	n.Answer("print", n.answerPrint)
	n.Answer("config.list", n.answerList)
	n.Answer("config.get", n.answerGet)
	n.Answer("config.set", n.answerSet)
	n.Answer("eval", n.answerEval)
	n.answerPrompts()
	n.Answer("debug", n.answerDebug)
	n.Answer("stop", n.answerStop)
}

func (n *Node) answerPrint(q *Question) {
	var p struct {
		ID   string `json:"id"`
		JSON bool   `json:"json"`
	}
	switch {
	case !q.Params(&p):
	case n.Prints == nil:
		q.Fail(errNoScripts)
	case p.JSON:
		text, ok := n.Prints(nil, p.ID, true)
		q.Reply(n.near(p.ID, Printed{JSON: bytes.TrimSpace(text), Known: ok}))
	default:
		text, ok := n.Prints(nil, p.ID, false)
		q.Reply(n.near(p.ID, Printed{Text: strings.TrimSuffix(string(text), "\n"), Known: ok}))
	}
}

// near adds to what is printed of a name that nobody exports which one may have been meant.
func (n *Node) near(id string, p Printed) Printed {
	if !p.Known && n.Near != nil {
		p.Near = n.Near(id)
	}
	return p
}

var errNoScripts = errors.New("the node runs no scripts")

func (n *Node) answerList(q *Question) {
	if n.Config == nil {
		q.Fail(errNoScripts)
		return
	}
	q.Reply(append([]OptionValue{}, n.Config.Options()...))
}

func (n *Node) answerGet(q *Question) {
	var p struct {
		Name string `json:"name"`
	}
	if !q.Params(&p) {
		return
	}
	if n.Config == nil {
		q.Fail(errNoScripts)
		return
	}
	var names []string
	for _, o := range n.Config.Options() {
		if o.Name == p.Name {
			q.Reply(o)
			return
		}
		names = append(names, o.Name)
	}
	q.Fail(noOption(p.Name, names))
}

// answerSet sets an option, and answers when it has its value.
func (n *Node) answerSet(q *Question) {
	var p struct {
		Name     string `json:"name"`
		Text     string `json:"text"`
		Location string `json:"location"`
	}
	if !q.Params(&p) {
		return
	}
	if n.Config == nil {
		q.Fail(errNoScripts)
		return
	}
	if p.Location == "" {
		p.Location = "config set"
	}
	err := n.Config.SetOption(p.Name, p.Text, p.Location, func() {
		for _, o := range n.Config.Options() {
			if o.Name == p.Name {
				q.Reply(o)
			}
		}
		q.Fail(noOption(p.Name, nil)) // it has gone meanwhile
	})
	if err != nil {
		q.Fail(err)
	}
}

// answerEval runs a text within a handler's budget. What it prints goes to the asker.
func (n *Node) answerEval(q *Question) {
	var p struct {
		Code string `json:"code"`
	}
	switch {
	case !q.Params(&p):
		return
	case n.Eval == nil:
		q.Fail(errNoScripts)
		return
	}
	n.out.begin()
	e := n.Eval(p.Code)
	e.Printed = n.out.end()
	q.Reply(e)
}

// Debugged is the answer to "debug".
type Debugged struct {
	Streams []string `json:"streams"` // that are on now
}

// answerDebug switches debug streams on and off.
func (n *Node) answerDebug(q *Question) {
	var p struct {
		Changes []string `json:"changes"` // as SetDebug has them; none: only tell
	}
	if !q.Params(&p) {
		return
	}
	now, err := n.SetDebug(p.Changes...)
	if err != nil {
		q.Fail(err)
		return
	}
	q.Reply(Debugged{append([]string{}, now...)})
}

// answerStop ends the node in good order.
func (n *Node) answerStop(q *Question) {
	var p struct {
		Code int `json:"code"`
	}
	if !q.Params(&p) {
		return
	}
	if p.Code < 0 || p.Code > 125 {
		q.refuse(codeBadParams, fmt.Sprintf("stop: code %d: want 0 to 125", p.Code))
		return
	}
	q.Reply(struct{}{})
	n.Terminate(p.Code)
}

// outlet is where scripts print: Options.Stdout, but for what they print for an asker.
type outlet struct {
	w    io.Writer
	kept *bytes.Buffer // nil: nobody asks
}

// Write implements io.Writer.
func (o *outlet) Write(p []byte) (int, error) {
	if o.kept == nil {
		return o.w.Write(p)
	}
	o.kept.Write(p[:min(len(p), max(0, maxPrinted-o.kept.Len()))])
	return len(p), nil
}

// maxPrinted bounds what is kept of what a text prints; the rest is left out.
const maxPrinted = 1 << 20

func (o *outlet) begin() { o.kept = &bytes.Buffer{} }

func (o *outlet) end() string {
	text := o.kept.String()
	o.kept = nil
	if len(text) >= maxPrinted {
		text += "\n… (more was printed)\n"
	}
	return text
}
