package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
)

// pipedLines are the lines of an input that is no terminal. It implements lineSource.
type pipedLines struct {
	lines         chan pipedLine
	stopped       chan struct{} // nobody reads any more
	ended         chan struct{} // the node has ended
	stop, endOnce sync.Once
}

type pipedLine struct {
	text string
	err  error
}

// newPipedLines begins to read. A read of an input that never ends can't be broken off: the goroutine then ends with the
// process.
func newPipedLines(r io.Reader) *pipedLines {
	p := &pipedLines{lines: make(chan pipedLine), stopped: make(chan struct{}), ended: make(chan struct{})}
	go p.follow(bufio.NewReaderSize(r, 64<<10))
	return p
}

func (p *pipedLines) follow(r *bufio.Reader) {
	for {
		text, err := readLine(r)
		select {
		case p.lines <- pipedLine{text, err}:
		case <-p.stopped:
			return
		}
		if err != nil && !errors.Is(err, errLongLine) {
			return
		}
	}
}

// readLine reads a line, of which it keeps no more than one may have.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for long := false; ; {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxReplLine; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case long && (err == nil || err == io.EOF):
			return "", errLongLine
		case err == io.EOF && len(line) > 0: // the last one has no end
			err = nil
		}
		return strings.TrimRight(string(line), "\r\n"), err
	}
}

func (p *pipedLines) read(string) (string, error) {
	select {
	case <-p.stopped:
		return "", io.EOF
	default:
	}
	select {
	case l := <-p.lines:
		return l.text, l.err
	case <-p.stopped:
		return "", io.EOF
	case <-p.ended:
	}
	late := time.NewTimer(lastLine)
	defer late.Stop()
	select {
	case l := <-p.lines:
		return l.text, l.err
	case <-p.stopped:
		return "", io.EOF
	case <-late.C:
		return "", errNodeEnded
	}
}

// lastLine is how long the end of an input is waited for when its node has ended: whether there would have been more
// makes the difference between a success and a failure.
const lastLine = time.Second

func (p *pipedLines) close()     { p.stop.Do(func() { close(p.stopped) }) }
func (p *pipedLines) nodeEnded() { p.endOnce.Do(func() { close(p.ended) }) }
