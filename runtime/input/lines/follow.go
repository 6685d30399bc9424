package lines

import (
	"errors"
	"io"
	"os"
	"time"

	"moonpeer/runtime/input"
	"moonpeer/runtime/input/ahead"
	"moonpeer/runtime/input/rawfile"
)

// pollEvery is how often a followed file is looked at.
const pollEvery = 250 * time.Millisecond

// follow reads f and what is written to a file of its name later.
func follow(f *rawfile.File, o Options) (*Reader, error) {
	fail := func(why string) (*Reader, error) {
		return nil, &input.Error{File: f.Name, Offset: -1, Err: errors.New(why)}
	}
	file, ok := f.Raw().(*os.File)
	if !ok || !f.Regular {
		return fail("only a regular file can be followed; a pipe is read to its end anyway")
	}
	var magic [2]byte
	if n, _ := file.ReadAt(magic[:], 0); n == 2 && magic == [2]byte{0x1f, 0x8b} {
		return fail("a compressed file can't be followed")
	}
	if o.Ticks == nil {
		o.Ticks = func() (<-chan time.Time, func()) {
			t := time.NewTicker(pollEvery)
			return t.C, t.Stop
		}
	}
	r := newReader(f, o)
	r.fill = r.fromQueue
	r.close = func() bool { return true }
	r.queue = ahead.Start(depth, o.Wake, func(emit func([]byte) bool, stop <-chan struct{}) error {
		ticks, end := o.Ticks()
		defer end()
		t := &tail{name: f.Name, file: file, ticks: ticks, stop: stop, emit: emit}
		defer t.release()
		return t.run()
	})
	return r, nil
}

// tail reads a file that grows. Its file is closed by whoever opened it: the Reader the first, tail all later ones.
type tail struct {
	name  string
	file  *os.File
	own   bool
	pos   int64
	last  byte // handed over last
	ticks <-chan time.Time
	stop  <-chan struct{}
	emit  func([]byte) bool
}

func (t *tail) run() error {
	for {
		if more, err := t.drain(); !more {
			return err
		}
		select {
		case <-t.ticks:
		case <-t.stop:
			return io.EOF
		}
		next, err := t.look()
		if err != nil {
			return err
		}
		if next == nil {
			continue
		}
		// Another file has the name: what was written to the old one meanwhile still counts.
		if more, err := t.drain(); !more {
			next.Close()
			return err
		}
		if t.last != '\n' && t.pos > 0 && !t.hand([]byte{'\n'}) {
			next.Close()
			return io.EOF
		}
		t.release()
		t.file, t.own, t.pos = next, true, 0
	}
}

// drain hands over what there is; more is false when reading is over.
func (t *tail) drain() (more bool, err error) {
	for {
		chunk := make([]byte, chunkSize)
		n, err := t.file.Read(chunk)
		if n > 0 && !t.hand(chunk[:n]) {
			return false, io.EOF
		}
		t.pos += int64(n)
		switch {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		}
	}
}

func (t *tail) hand(chunk []byte) bool {
	t.last = chunk[len(chunk)-1]
	return t.emit(chunk)
}

// look returns the file that has the name now if that is another one. A file that was truncated is read again from
// its start; one that has gone may come back.
func (t *tail) look() (*os.File, error) {
	now, err := os.Stat(t.name)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	was, err := t.file.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(now, was) {
		next, err := os.Open(t.name)
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return next, err
	}
	if was.Size() >= t.pos {
		return nil, nil
	}
	if t.last != '\n' && !t.hand([]byte{'\n'}) {
		return nil, io.EOF
	}
	t.pos = 0
	_, err = t.file.Seek(0, io.SeekStart)
	return nil, err
}

func (t *tail) release() {
	if t.own {
		t.file.Close()
	}
}
