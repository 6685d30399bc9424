package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// promptLink is the way to a node: control.Client, or ownNode.
type promptLink interface {
	Stream(ctx context.Context, method string, params any, each func(json.RawMessage), result any) error
}

// lineSource is where a session has its lines from.
type lineSource interface {
	// read returns the next line without its end. Errors: io.EOF, errDropped, errLongLine.
	read(prompt string) (string, error)
	// close has read return io.EOF, now and from now on; nodeEnded has it return errNodeEnded unless the input has ended
	// as well. Any goroutine may call them.
	close()
	nodeEnded()
}

var (
	errDropped  = errors.New("Ctrl-C") // what was typed so far is not wanted
	errLongLine = errors.New("the line is longer than 256 kB, and was skipped")
)

const (
	maxReplLine  = 256 << 10        // bytes, as many as a chunk may have
	maxParsed    = 8 << 20          // bytes looked at for whether one chunk is finished, over all its lines
	quickAnswer  = 2 * time.Second  // for what must not keep who types waiting
	openPatience = 10 * time.Second // for a node to take the prompt up
)

// session is a conversation with a node at a prompt: lines become chunks, chunks results.
type session struct {
	inv      *invocation
	link     promptLink
	lines    lineSource
	name     string // what messages call the input
	attached string // the node's name if it runs elsewhere: its messages are shown, those of an own one are seen anyway
	json     bool
	terminal bool
	direct   bool // what a text prints goes to standard output by itself

	id     uint64             // of the prompt, in the node
	leave  context.CancelFunc // ends the prompt, and waits for that
	asking asking

	line   int // of the next line; from 1
	chunk  []string
	parsed int  // bytes looked at for the chunk
	hinted bool // about locals
	failed bool
}

// converse goes on until the input, the node or a signal ends it.
func (s *session) converse(ctx context.Context, link promptLink) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	released, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		s.watch(signals, released, os.Exit)
	}()
	defer func() {
		signal.Stop(signals)
		close(released)
		<-gone
	}()
	if err := s.open(ctx, link); err != nil {
		return err
	}
	defer s.leave()
	if s.terminal {
		fmt.Fprintf(s.inv.console.Stderr(), "%s %s, %s (.help tells what there is, Ctrl-D ends)\n", s.inv.program, s.inv.version(), s.where())
	}
	return s.run(ctx)
}

// where says whose prompt it is.
func (s *session) where() string {
	if s.attached == "" {
		return "with a node of its own"
	}
	return "at node " + console.Clean(s.attached)
}

// open opens a prompt in the node. When that ends, by the node's end or leave, there are no more lines.
func (s *session) open(ctx context.Context, link promptLink) error {
	s.link = link
	ctx, cancel := context.WithCancel(ctx)
	opened, ended := make(chan uint64, 1), make(chan struct{})
	var failure error
	go func() {
		defer close(ended)
		failure = link.Stream(ctx, "prompt", nil, func(part json.RawMessage) {
			var p node.PromptOpened
			if json.Unmarshal(part, &p) == nil {
				select {
				case opened <- p.Prompt:
				default:
				}
			}
		}, nil)
		s.lines.nodeEnded()
	}()
	s.leave = func() { cancel(); <-ended }
	late := time.NewTimer(openPatience)
	defer late.Stop()
	select {
	case s.id = <-opened:
		return nil
	case <-ended:
		return fmt.Errorf("no prompt: %w", failure)
	case <-late.C:
		s.leave()
		return fmt.Errorf("no prompt: the node has not answered within %v; it is busy or stands still", openPatience)
	}
}

// run reads lines until there are none. It fails if a chunk that came from no terminal has.
func (s *session) run(ctx context.Context) error {
	for {
		text, err := s.lines.read(s.prompt())
		switch {
		case errors.Is(err, errDropped):
			s.chunk = nil
			continue
		case errors.Is(err, errLongLine):
			s.chunk, s.line = nil, s.line+1
			s.fail(s.line-1, err.Error())
			continue
		case err != nil:
			return s.end(ctx, err)
		}
		s.line++
		if len(s.chunk) == 0 && isCommand(text) {
			err = s.command(ctx, strings.TrimSpace(text))
		} else {
			err = s.add(ctx, text)
		}
		if err != nil {
			return s.end(ctx, err)
		}
	}
}

func (s *session) prompt() string {
	s.inv.console.EndLine()
	if len(s.chunk) > 0 {
		return ">> "
	}
	return "> "
}

// errQuit ends a session.
var errQuit = errors.New("quit")

// end returns how the session has ended. What was not finished in front of the input's end can't be.
func (s *session) end(ctx context.Context, err error) error {
	if errors.Is(err, io.EOF) && len(s.chunk) > 0 && !s.terminal && s.asking.stopped() == nil {
		err = s.eval(ctx, s.name, s.line-len(s.chunk), strings.Join(s.chunk, "\n"), false)
	}
	switch {
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, errQuit):
	case s.attached != "" && gone(err):
		s.fail(s.line-1, fmt.Sprintf("node %s has ended", s.attached))
	case gone(err): // the own node says itself how it has ended
	default:
		return err
	}
	switch sig := s.asking.stopped(); {
	case sig == os.Interrupt:
		return node.ErrInterrupted
	case s.failed && !s.terminal:
		return errReported
	}
	return nil
}

// gone tells whether the node that was asked is no more.
func gone(err error) bool {
	var e *control.Error
	return errors.As(err, &e) && e.Code == control.CodeGone
}

// add adds a line to the chunk, which runs when it is finished. Errors are the conversation's.
func (s *session) add(ctx context.Context, line string) error {
	if len(s.chunk) == 0 {
		s.parsed = 0
	}
	s.chunk = append(s.chunk, line)
	code := strings.Join(s.chunk, "\n")
	s.parsed += len(code)
	first := s.line - len(s.chunk)
	if rest, ok := strings.CutPrefix(strings.TrimSpace(code), "="); ok && luavm.Unfinished("return "+rest) || !ok && luavm.Unfinished(code) {
		if s.parsed < maxParsed {
			return nil
		}
		s.fail(first, fmt.Sprintf("the text that begins here is not finished after %d lines: put it into a file and use .load", len(s.chunk)))
		s.chunk = nil
		if s.terminal {
			return nil
		}
		return errQuit // what comes next would be taken for something else than it is
	}
	s.chunk = nil
	return s.eval(ctx, s.name, first, code, false)
}

// eval runs a text and shows what it gives. Errors are the conversation's, not the text's.
func (s *session) eval(ctx context.Context, name string, line int, code string, timed bool) error {
	ctx, text := s.asking.begin(ctx, s.link, s.id)
	text.Name, text.Line, text.Code, text.Direct = name, line, code, s.direct
	var e node.Evaluated
	err := s.link.Stream(ctx, "prompt.eval", text, nil, &e)
	var refused *control.Error
	switch gaveUp := s.asking.end(); {
	case err == nil:
		return s.show(line, e, code, timed)
	case gaveUp:
		s.fail(line, "the node does not answer, and is not waited for any more")
	case errors.As(err, &refused) && !gone(err):
		s.fail(line, refused.Message)
	default:
		return err
	}
	return nil
}

// complete asks for the names that can stand at the end of a text.
func (s *session) complete(text string) (c script.Completion) {
	if c, ok := completeCommand(text); ok {
		return c
	}
	ctx, cancel := context.WithTimeout(context.Background(), quickAnswer)
	defer cancel()
	if s.link == nil || s.link.Stream(ctx, "prompt.complete", map[string]any{"prompt": s.id, "text": text}, nil, &c) != nil {
		return script.Completion{Start: len(text)}
	}
	return c
}

// watch has signals end the text that runs, or the session.
func (s *session) watch(signals <-chan os.Signal, released <-chan struct{}, exit func(int)) {
	for {
		select {
		case <-released:
			return
		case sig := <-signals:
			if s.asking.stopped() != nil {
				exit(exitInterrupted)
			}
			running := s.asking.interrupt()
			if !running || !s.terminal || sig != os.Interrupt {
				s.asking.stop(sig)
				s.lines.close()
			}
		}
	}
}
