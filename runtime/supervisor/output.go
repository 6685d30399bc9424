package supervisor

import (
	"bytes"

	"moonpeer/net/step"
)

// maxLine is how long a line gets before it is handed on in pieces.
const maxLine = 64 << 10

// output takes one stream of one child: whole lines go to the file first, then to the loop. One goroutine writes to
// it, the one that reads the child's pipe.
type output struct {
	c      *process
	stream step.Stream
	file   *logFile // nil: none
	rest   []byte   // the beginning of a line
}

func newOutput(c *process, s step.Stream, f *logFile) *output {
	if f != nil {
		f.users++
	}
	return &output{c: c, stream: s, file: f}
}

// Write implements io.Writer. It takes everything: an error would close the child's pipe, and the child would end.
func (o *output) Write(p []byte) (int, error) {
	n := len(p)
	if i := bytes.IndexByte(p, '\n'); i >= 0 && len(o.rest) > 0 {
		o.emit(append(o.rest, p[:i+1]...))
		o.rest = o.rest[:0]
		p = p[i+1:]
	}
	if i := bytes.LastIndexByte(p, '\n'); i >= 0 {
		o.emit(p[:i+1])
		p = p[i+1:]
	}
	o.rest = append(o.rest, p...)
	for len(o.rest) >= maxLine {
		o.emit(o.rest[:maxLine])
		o.rest = bytes.Clone(o.rest[maxLine:]) // not a buffer of that size for every child that once wrote such a line
	}
	return n, nil
}

// emit hands whole lines on, or a piece of a long one.
func (o *output) emit(p []byte) {
	if o.file != nil {
		o.file.write(p)
	}
	for line := range bytes.Lines(p) {
		line = bytes.TrimRight(line, "\r\n")
		for len(line) > maxLine {
			o.c.line(o.stream, line[:maxLine])
			line = line[maxLine:]
		}
		if len(line) > 0 { // empty ones are skipped, as Zeek does
			o.c.line(o.stream, line)
		}
	}
}

// close hands on a last line that has no end, and ends it in the file, which the next process continues.
func (o *output) close() {
	if len(o.rest) > 0 {
		o.emit(append(o.rest, '\n'))
		o.rest = nil
	}
	if o.file != nil {
		o.file.close()
	}
}
