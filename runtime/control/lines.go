package control

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of one connection.
const (
	maxRequest = 1 << 20  // bytes of one request
	maxAnswer  = 16 << 20 // bytes of one answer, and of all that wait to be written
	maxLine    = maxAnswer + 64<<10
	behindAt   = 256 << 10        // bytes that wait from which on parts are not taken
	largeLine  = 64 << 10         // lines beyond are taken apart one at a time
	maxErrors  = 1 << 20          // bytes of errors beyond all that, on a connection that is kept
	messageFor = 512              // bytes that a request or an answer takes beside what the other end has chosen
	writeWait  = 30 * time.Second // after which whoever does not read is given up
)

var (
	errSlow     = errors.New("too much waits to be read")
	errTooLarge = errors.New("the answer is larger than 16 MB")
)

// lines is a connection as jsonrpc2 sees it, one object a line. Nothing that writes waits for the other end: what is
// written joins a queue, which a goroutine of its own empties. When the queue is full, the connection is closed, unless it
// is kept: then what has no room is not taken.
type lines struct {
	conn    net.Conn
	r       *bufio.Reader
	longest atomic.Int64 // bytes of a line that is read
	kept    atomic.Bool  // between a supervisor and its child, which ends with the connection: it has all the time to read
	parsing *sync.Mutex  // held while a large line is taken apart: what comes of it is many times its size
	parts   func(part)   // takes parts of answers as they were written, which the library would sort anew; nil: nobody does

	begun chan struct{} // closed by begin
	wrote chan struct{} // closed when the writer has ended

	mu     sync.Mutex
	queue  []queued
	size   int // bytes of the queue, and of what the writer has taken and not written
	closed bool
	wake   chan struct{} // to the writer, one note
	room   chan struct{} // closed, and replaced, when there is more room
}

// queued is an object that waits to be written. The writer makes its text, so that the loop does not have to.
type queued struct {
	obj  any
	size int
}

func newLines(conn net.Conn, longest int, parsing *sync.Mutex) *lines {
	l := &lines{conn: conn, r: bufio.NewReader(conn), parsing: parsing, begun: make(chan struct{}),
		wrote: make(chan struct{}), wake: make(chan struct{}, 1), room: make(chan struct{})}
	l.longest.Store(int64(longest))
	go l.write() // ended by Close, awaited by wait
	return l
}

// begin lets reading start, once whoever is called by it has been put together.
func (l *lines) begin() { close(l.begun) }

// ReadObject implements jsonrpc2.ObjectStream.
func (l *lines) ReadObject(v any) error {
	<-l.begun
	line, err := l.line()
	for err == nil && l.parts != nil && bytes.HasPrefix(line, partPrefix) {
		var m partMessage
		if err = json.Unmarshal(line, &m); err == nil {
			l.parts(m.Params)
			line, err = l.line()
		}
	}
	if err != nil {
		return err
	}
	if len(line) > largeLine {
		l.parsing.Lock()
		defer l.parsing.Unlock()
	}
	return json.Unmarshal(line, v)
}

// line reads one line that is not empty.
func (l *lines) line() ([]byte, error) {
	var long []byte
	for {
		part, err := l.r.ReadSlice('\n')
		switch {
		case int64(len(long)+len(part)) > l.longest.Load():
			return nil, fmt.Errorf("a line is longer than %d bytes", l.longest.Load())
		case err == bufio.ErrBufferFull:
			long = append(long, part...)
			continue
		case err != nil:
			return nil, io.EOF // half a line asks for nothing
		}
		if long != nil {
			part = append(long, part...)
		}
		if part = bytes.TrimSpace(part); len(part) > 0 {
			return part, nil
		}
		long = nil
	}
}

// WriteObject implements jsonrpc2.ObjectStream. It does not block.
func (l *lines) WriteObject(obj any) error {
	text, err := json.Marshal(obj)
	if err != nil {
		return err
	}
	err = l.put(json.RawMessage(text), len(text), maxAnswer)
	if err == errSlow && !l.kept.Load() {
		l.Close()
	}
	return err
}

// put queues an object of about that size, which must not be changed any more. errSlow says that it was not taken: more
// than most bytes would wait with it.
func (l *lines) put(obj any, size, most int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return net.ErrClosed
	case l.size > 0 && l.size+size > most:
		return errSlow
	}
	l.add(obj, size)
	return nil
}

// offer is put for what can be done without. False: the other end is behind.
func (l *lines) offer(obj any, size int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return true
	case l.size > behindAt || l.size > 0 && l.size+size > maxAnswer:
		return false
	}
	l.add(obj, size)
	return true
}

// add is called with the lock held.
func (l *lines) add(obj any, size int) {
	l.queue = append(l.queue, queued{obj, size})
	l.size += size
	note(l.wake)
}

// note leaves a note in a channel that holds one.
func note(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // there is one already
	}
}

// behind reports whether so much waits that whoever can do without should not add to it.
func (l *lines) behind() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size > behindAt
}

// write writes what is queued until the connection is closed or breaks.
func (l *lines) write() {
	defer close(l.wrote)
	for !l.isClosed() {
		for _, q := range l.take() {
			if !l.send(q) {
				l.Close()
				return
			}
		}
		<-l.wake
	}
}

func (l *lines) take() []queued {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queue
	l.queue = nil
	return q
}

// send writes one object and makes room for others.
func (l *lines) send(q queued) bool {
	text, err := json.Marshal(q.obj)
	if err == nil {
		var late time.Time // never
		if !l.kept.Load() {
			late = time.Now().Add(writeWait)
		}
		l.conn.SetWriteDeadline(late)
		_, err = l.conn.Write(append(text, '\n'))
	}
	l.mu.Lock()
	l.size -= q.size
	l.moreRoom()
	l.mu.Unlock()
	return err == nil
}

func (l *lines) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Close implements jsonrpc2.ObjectStream: what waits is not written any more.
func (l *lines) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.queue, l.size = nil, 0
	l.moreRoom()
	l.mu.Unlock()
	note(l.wake)
	return l.conn.Close()
}

// moreRoom tells whoever waits for room to look again; called with the lock held.
func (l *lines) moreRoom() {
	close(l.room)
	l.room = make(chan struct{})
}

// await waits until no more than most bytes wait to be written; false if the connection was closed or stop was.
func (l *lines) await(most int, stop <-chan struct{}) bool {
	for {
		l.mu.Lock()
		size, closed, room := l.size, l.closed, l.room
		l.mu.Unlock()
		switch {
		case closed:
			return false
		case size <= most:
			return true
		}
		select {
		case <-room:
		case <-stop:
			return false
		}
	}
}
