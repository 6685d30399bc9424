package lines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"moonpeer/runtime/input"
	"moonpeer/runtime/input/ahead"
	"moonpeer/runtime/input/rawfile"
)

// ErrTooLong is returned for a line above the limit. The next call of Next goes on behind it.
var ErrTooLong = errors.New("line is too long")

// Options say how to read.
type Options struct {
	// MaxLine is the longest line in bytes, by default 1 MiB.
	MaxLine int
	// Follow goes on at the end of the file and waits for more.
	Follow bool
	// Ticks returns the ticks at which a followed file is looked at, and a function that ends them. nil is a
	// ticker of 250 ms.
	Ticks func() (ticks <-chan time.Time, stop func())
	// Wake is called from another goroutine when Next returned [ahead.ErrWait] and there may be more now.
	Wake func()
}

const (
	chunkSize = 64 << 10
	depth     = 4 // chunks that wait between goroutine and Next
)

// Reader reads lines. It belongs to one goroutine.
type Reader struct {
	name   string
	file   *rawfile.File
	fill   func([]byte) (int, error) // io.Reader's Read, or ahead.ErrWait
	queue  *ahead.Queue[[]byte]
	close  func() bool // interrupts the goroutine's Read
	max    int
	rest   []byte // of the last chunk of queue
	buf    []byte
	next   int // start of the next line in buf
	seen   int // up to here buf has no newline
	number int
	offset int64 // of buf[0]
	skip   bool  // within a line that is too long
	err    error
}

// Open opens the file called path.
func Open(path string, o Options) (*Reader, error) {
	f, err := rawfile.Open(path)
	if err != nil {
		return nil, err
	}
	var r *Reader
	switch {
	case o.Follow:
		r, err = follow(f, o)
	case f.Regular:
		r = newReader(f, o)
		var c *rawfile.Content
		if c, err = f.Content(chunkSize); err == nil {
			r.fill = c.Read
		}
	default:
		r = readAhead(f, o)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// New reads r, which is called name in messages. Close closes r if it can be closed.
func New(name string, r io.Reader, o Options) *Reader { return readAhead(rawfile.From(name, r), o) }

func newReader(f *rawfile.File, o Options) *Reader {
	if o.MaxLine == 0 {
		o.MaxLine = 1 << 20
	}
	return &Reader{name: f.Name, file: f, max: o.MaxLine}
}

func readAhead(f *rawfile.File, o Options) *Reader {
	r := newReader(f, o)
	r.close = func() bool { return ahead.Interrupt(f.Raw()) }
	r.fill = r.fromQueue
	r.queue = ahead.Start(depth, o.Wake, func(emit func([]byte) bool, _ <-chan struct{}) error {
		c, err := f.Content(chunkSize)
		if err != nil {
			return err
		}
		for {
			chunk := make([]byte, chunkSize)
			n, err := c.Read(chunk)
			if n > 0 && !emit(chunk[:n]) {
				return io.EOF
			}
			if err != nil {
				return err
			}
		}
	})
	return r
}

// fromQueue is fill for what a goroutine reads.
func (r *Reader) fromQueue(p []byte) (int, error) {
	if len(r.rest) == 0 {
		chunk, err := r.queue.Next()
		if err != nil {
			return 0, err
		}
		r.rest = chunk
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Next returns the next line without its end, and its number from 1. The text is valid until the next call. The
// error is [ahead.ErrWait] when there is no whole line right now, io.EOF at the end, [ErrTooLong], or an
// [*input.Error] that ends the input.
func (r *Reader) Next() (text []byte, number int, err error) {
	for {
		if i := bytes.IndexByte(r.buf[r.seen:], '\n'); i >= 0 {
			return r.take(r.seen+i, r.seen+i+1)
		}
		r.seen = len(r.buf)
		if len(r.buf)-r.next > r.max {
			r.skip = true
		}
		if r.skip {
			r.drop(len(r.buf))
		}
		if r.err == nil {
			r.err = r.more()
		}
		switch {
		case r.err == nil:
		case r.err == ahead.ErrWait:
			r.err = nil
			return nil, 0, ahead.ErrWait
		case r.err == io.EOF && (r.next < len(r.buf) || r.skip):
			return r.take(len(r.buf), len(r.buf))
		default:
			return nil, 0, r.err
		}
	}
}

// take returns the line that ends at end and goes on at next.
func (r *Reader) take(end, next int) ([]byte, int, error) {
	text := r.buf[r.next:end]
	r.next, r.seen = next, next
	r.number++
	if r.skip || len(text) > r.max {
		r.skip = false
		return nil, r.number, ErrTooLong
	}
	return bytes.TrimSuffix(text, []byte{'\r'}), r.number, nil
}

// more reads on. What was returned as a line is not needed any more.
func (r *Reader) more() error {
	if r.next > 0 {
		r.drop(r.next)
	}
	if cap(r.buf)-len(r.buf) < chunkSize {
		grown := make([]byte, len(r.buf), max(2*cap(r.buf), 2*chunkSize))
		copy(grown, r.buf)
		r.buf = grown
	}
	n, err := r.fill(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	switch {
	case n > 0 || err == nil:
		return nil // an error comes again, alone
	case err == io.EOF, err == ahead.ErrWait:
		return err
	case err == io.ErrUnexpectedEOF:
		err = errors.New("compressed data ends in the middle")
	}
	var known *input.Error
	if errors.As(err, &known) {
		return err
	}
	return &input.Error{File: r.name, Offset: r.offset + int64(len(r.buf)), Err: fmt.Errorf("reading: %w", err)}
}

// drop forgets the first n bytes of buf.
func (r *Reader) drop(n int) {
	r.offset += int64(n)
	r.buf = r.buf[:copy(r.buf, r.buf[n:])]
	r.next -= min(n, r.next)
	r.seen -= min(n, r.seen)
}

// Progress returns the bytes read from disk, and how many there are or -1.
func (r *Reader) Progress() (done, total int64) { return r.file.Progress() }

// Close ends reading.
func (r *Reader) Close() error {
	if r.queue != nil {
		r.queue.Close(r.close)
	}
	return r.file.Close()
}
