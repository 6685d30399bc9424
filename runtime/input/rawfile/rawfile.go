// Package rawfile opens the files that inputs read: regular or not, compressed or not, with a count of what was read.
package rawfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"moonpeer/runtime/input"
)

// File is an open input. One goroutine reads it; Progress may be called by another.
type File struct {
	Name string
	// Regular says that reading does not wait for anybody.
	Regular bool

	r      io.Reader
	closer io.Closer
	size   int64
	count  atomic.Int64
}

// Open opens a file by name. A folder is refused; opening a named pipe waits for its writer.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // names operation and path
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = errors.New("is a folder, want a file")
	}
	if err != nil {
		f.Close()
		return nil, &input.Error{File: path, Offset: -1, Err: err}
	}
	in := &File{Name: path, Regular: st.Mode().IsRegular(), r: f, closer: f, size: -1}
	if in.Regular {
		in.size = st.Size()
	}
	return in, nil
}

// From makes a File of r, which may make its reader wait. Close closes r if r can be closed.
func From(name string, r io.Reader) *File {
	f := &File{Name: name, r: r, size: -1}
	f.closer, _ = r.(io.Closer)
	return f
}

// Raw returns the reader given to From, or the open file: what a Read waits in.
func (f *File) Raw() io.Reader { return f.r }

// Read reads what is on disk, not decompressed.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	f.count.Add(int64(n))
	return n, err
}

// Progress returns the bytes read, and the size of a regular file when it was opened, else -1.
func (f *File) Progress() (done, total int64) { return f.count.Load(), f.size }

// Close closes the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Content is the decompressed content of a File.
type Content struct {
	*bufio.Reader
	Compressed bool

	from int64 // bytes that went into the Reader
	src  io.Reader
}

// Content starts to read f; size is that of the buffer. A gzip file is known by its first bytes, whatever its name.
func (f *File) Content(size int) (*Content, error) {
	c := &Content{src: f}
	head := bufio.NewReaderSize(f, max(size, 64<<10))
	magic, err := head.Peek(2)
	if err != nil && err != io.EOF {
		return nil, f.failed(err)
	}
	c.src = head
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		zr, err := gzip.NewReader(head)
		if err != nil {
			return nil, f.failed(fmt.Errorf("broken gzip header: %w", err))
		}
		c.src, c.Compressed = zr, true
	}
	c.Reader = bufio.NewReaderSize(counter{c}, size)
	return c, nil
}

func (f *File) failed(err error) error { return &input.Error{File: f.Name, Offset: -1, Err: err} }

// Offset returns how much of the content was taken from the Reader.
func (c *Content) Offset() int64 { return c.from - int64(c.Buffered()) }

// counter feeds the Reader of a Content.
type counter struct{ c *Content }

func (r counter) Read(p []byte) (int, error) {
	n, err := r.c.src.Read(p)
	r.c.from += int64(n)
	if err == gzip.ErrChecksum || err == gzip.ErrHeader {
		err = fmt.Errorf("compressed data is damaged: %w", err)
	}
	return n, err
}
