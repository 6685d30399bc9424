package main

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/ergochat/readline"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/script"
)

// terminalLines are lines that are edited on a terminal. It implements lineSource.
type terminalLines struct {
	console *console.Console // whose outputs appear above the line that is edited
	rl      *readline.Instance
	past    *history
	prompt  string
	ended   atomic.Bool // the node has
}

// newTerminalLines takes the terminal over for as long as a line is read.
func newTerminalLines(inv *invocation, past *history, complete func(text string) script.Completion) (*terminalLines, error) {
	stdout, stderr := inv.console.Raw()
	answers := &cursorAnswers{}
	rl, err := readline.NewFromConfig(&readline.Config{
		Stdin:                  &terminalInput{r: inv.stdin, answers: answers},
		Stdout:                 &terminalOutput{w: stdout, answers: answers},
		Stderr:                 stderr,
		AutoComplete:           completer(complete),
		HistoryLimit:           maxHistory,
		HistorySearchFold:      true,
		DisableAutoSaveHistory: true,
		EOFPrompt:              "\n",
		Undo:                   true,
	})
	if err != nil {
		return nil, err
	}
	for _, line := range past.lines {
		rl.SaveToHistory(line)
	}
	through := inv.console.Through(rl.Stdout(), rl.Stderr())
	return &terminalLines{console: through, rl: rl, past: past}, nil
}

func (t *terminalLines) read(prompt string) (string, error) {
	if prompt != t.prompt {
		t.prompt = prompt
		t.rl.SetPrompt(prompt)
	}
	line, err := t.rl.ReadLine()
	switch {
	case errors.Is(err, readline.ErrInterrupt):
		return "", errDropped
	case t.ended.Load():
		return "", errNodeEnded
	case err != nil:
		return "", io.EOF
	case len(line) > maxReplLine:
		return "", errLongLine
	}
	if t.past.add(line) {
		t.rl.SaveToHistory(line)
	}
	return line, nil
}

func (t *terminalLines) nodeEnded() {
	t.ended.Store(true)
	t.rl.Close()
}

func (t *terminalLines) close() {
	t.rl.Close()
	t.past.close()
}

// completer asks the node for names. It implements readline.AutoCompleter.
type completer func(text string) script.Completion

// Do returns what the names have beyond the word that is there, and how long that is.
func (c completer) Do(line []rune, pos int) (rests [][]rune, length int) {
	text := string(line[:pos])
	found := c(text)
	if found.Start < 0 || found.Start > len(text) {
		return nil, 0
	}
	word := text[found.Start:]
	for _, n := range found.Names {
		if len(n) >= len(word) {
			rests = append(rests, []rune(n[len(word):]))
		}
	}
	return rests, utf8.RuneCountInString(word)
}

// The library asks the terminal where its cursor is before each prompt, waits for the answer as long as it takes, and takes
// up to 128 K of keys for one. Not every terminal answers, and the answer is known: a prompt begins a line.
var (
	cursorQuestion = []byte("\x1b[6n")
	cursorAnswer   = []byte("\x1b[1;1R")
)

// cursorAnswers are the answers that are still to be read.
type cursorAnswers struct {
	mu   sync.Mutex
	left []byte
}

// terminalOutput keeps the question to itself.
type terminalOutput struct {
	w       io.Writer
	answers *cursorAnswers
}

// Write implements io.Writer.
func (o *terminalOutput) Write(p []byte) (int, error) {
	if !bytes.Equal(p, cursorQuestion) {
		return o.w.Write(p)
	}
	o.answers.mu.Lock()
	defer o.answers.mu.Unlock()
	o.answers.left = append(o.answers.left, cursorAnswer...)
	return len(p), nil
}

// terminalInput reads answers before keys. The library begins a read after its question.
type terminalInput struct {
	r       io.Reader
	answers *cursorAnswers
}

// Read implements io.Reader.
func (i *terminalInput) Read(p []byte) (int, error) {
	i.answers.mu.Lock()
	n := copy(p, i.answers.left)
	i.answers.left = i.answers.left[n:]
	i.answers.mu.Unlock()
	if n > 0 {
		return n, nil
	}
	return i.r.Read(p)
}
