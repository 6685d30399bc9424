package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/store/dumpjson"
)

type storeLoadCommand struct {
	storeFlags
	storeNamed
	File string `arg:"" name:"file" optional:"" help:"The dump, a line of JSON for each entry; - is standard input, as is no file."`
}

func (c *storeLoadCommand) examples() string {
	return `
%[1]s store load logins logins.jsonl
%[1]s store dump logins --state old | %[1]s store load logins --state new
echo '{"key":"ann","value":5,"expires":"2030-01-01T00:00:00Z"}' | %[1]s store load logins`
}

const (
	maxDumpLine = 128 << 20 // more than a line of the largest entry has
	feedBytes   = 128 << 10 // of one request
)

// Run implements node store load. Entries replace those of the same keys; others stay. It ends at the first line that is
// none.
func (c *storeLoadCommand) Run(ctx context.Context, inv *invocation) error {
	name, err := c.given("store load")
	if err != nil {
		return err
	}
	if err := noAddress([]string{c.Node}); err != nil {
		return err
	}
	in, err := openDump(inv, c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	l, err := c.change(ctx, inv, name)
	if err != nil {
		return err
	}
	defer l.close()
	ctx, release := stoppable(ctx)
	defer release()
	in.line = inv.console.Progress("loading "+name, time.Now)
	result, failed, err := c.load(ctx, l, in)
	in.line.Done()
	if err != nil {
		return fmt.Errorf("%s: %w", l.node, err)
	}
	return c.outcome(inv, l, in, result, failed)
}

// outcome tells what was loaded, and why that is not all.
func (c *storeLoadCommand) outcome(inv *invocation, l *located, in *dumpFile, r node.StoreLoaded, failed error) (err error) {
	if c.JSON {
		err = inv.console.JSON(struct {
			Node    string `json:"node"`
			Store   string `json:"store"`
			Loaded  int    `json:"loaded"`
			Expired int    `json:"expired"`
		}{l.node, l.name, r.Loaded, r.Expired})
	} else {
		_, err = fmt.Fprintf(inv.console.Stdout(), "%12s   %s: %d entries loaded, %d left out, whose time is over\n", console.Clean(l.node), console.Clean(l.name), r.Loaded, r.Expired)
	}
	if r.Failed != "" {
		failed = fmt.Errorf("%s: %s", l.node, r.Failed)
	}
	if failed == nil {
		return err
	}
	return errors.Join(err, failed)
}

// load feeds the node until the file ends, a line is none, or ctx does; failed says which of the latter. What was fed until then
// is loaded.
func (c *storeLoadCommand) load(ctx context.Context, l *located, in *dumpFile) (r node.StoreLoaded, failed, err error) {
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	begun, over := make(chan node.StoreLoad, 1), make(chan error, 1)
	go func() {
		over <- l.client.Stream(whole, "store.load", node.StoreQuery{Store: l.name}, func(body json.RawMessage) {
			var s node.StoreLoad
			_ = json.Unmarshal(body, &s) // a load without a number is refused
			select {
			case begun <- s:
			default:
			}
		}, &r)
	}()
	late := time.NewTimer(c.timeout())
	defer late.Stop()
	feed := node.StoreFeed{}
	select {
	case s := <-begun:
		feed.Load = s.Load
	case err = <-over:
		return r, nil, err
	case <-late.C:
		return r, nil, &control.Error{Code: control.CodeTimeOut, Message: "time-out"}
	}
	for !feed.Last {
		switch failed = in.fill(); {
		case failed == nil && ctx.Err() != nil:
			failed = &interruptedError{"interrupted"}
		case failed == io.EOF:
			failed, feed.Last = nil, true
		}
		feed.Last = feed.Last || failed != nil
		for len(in.stream) >= feedBytes || feed.Last {
			n := min(len(in.stream), feedBytes)
			piece := node.StoreFeed{Load: feed.Load, Data: in.stream[:n], Last: feed.Last && n == len(in.stream)}
			if err := c.call(whole, l.client, "store.feed", piece, nil); err != nil {
				return c.fedUp(over, &r, err)
			}
			in.stream = in.stream[n:]
			if piece.Last {
				break
			}
		}
	}
	return r, failed, <-over
}

// fedUp says why a node takes nothing any more: the load's own answer, if there is one.
func (c *storeLoadCommand) fedUp(over <-chan error, r *node.StoreLoaded, why error) (node.StoreLoaded, error, error) {
	late := time.NewTimer(c.timeout())
	defer late.Stop()
	select {
	case err := <-over:
		return *r, nil, err
	case <-late.C:
		return node.StoreLoaded{}, nil, why
	}
}

// dumpFile is a dump that is read.
type dumpFile struct {
	io.Closer
	name   string
	r      *bufio.Reader
	total  int64 // bytes; 0: not known
	read   int64
	lines  int
	buf    []byte
	stream []byte // of entries that are not fed yet
	line   *console.Progress
}

// openDump opens a file, or standard input.
func openDump(inv *invocation, name string) (*dumpFile, error) {
	if name == "" || name == "-" {
		return &dumpFile{Closer: io.NopCloser(nil), name: "standard input", r: bufio.NewReaderSize(inv.stdin, 64<<10)}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	d := &dumpFile{Closer: f, name: name, r: bufio.NewReaderSize(f, 64<<10)}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		d.total = info.Size()
	}
	return d, nil
}

// fill reads lines until there is enough to be fed. The error is io.EOF, or about a line.
func (d *dumpFile) fill() error {
	for len(d.stream) < feedBytes {
		line, err := d.next()
		if err == io.EOF && len(line) == 0 {
			return io.EOF
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s:%d: %w", d.name, d.lines, err)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		e, err := dumpjson.ParseLine(line)
		if err != nil {
			return fmt.Errorf("%s:%d: %w; nothing from this line on was loaded", d.name, d.lines, err)
		}
		d.stream = node.AppendStoreEntry(d.stream, node.StoreEntry{Key: e.Key, Value: e.Value, Expiry: e.Expiry})
	}
	return nil
}

// next reads one line. The last one may have no line end; it comes with io.EOF.
func (d *dumpFile) next() (line []byte, err error) {
	d.buf = d.buf[:0]
	d.lines++
	for {
		part, err := d.r.ReadSlice('\n')
		d.read += int64(len(part))
		d.line.Update(d.read, d.total)
		if err == nil && len(d.buf) == 0 {
			return part, nil
		}
		d.buf = append(d.buf, part...)
		switch {
		case err != bufio.ErrBufferFull:
			return d.buf, err
		case len(d.buf) > maxDumpLine:
			return nil, fmt.Errorf("a line has more than %d MB", maxDumpLine>>20)
		}
	}
}
