package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

// storeWindow is how many parts of an answer a node sends ahead.
const storeWindow = 16

// storeStream takes the answer to "store.get", "store.keys" or "store.dump" apart.
type storeStream struct {
	entries node.StoreEntries
	parts   uint64
	take    func(node.StoreEntry) error
	part    func(seen, of int)
}

// add takes one part.
func (s *storeStream) add(body []byte) (p node.StorePart, err error) {
	if err := json.Unmarshal(body, &p); err != nil {
		return p, fmt.Errorf("the answer can't be read: %w", err)
	}
	if p.N != s.parts {
		return p, fmt.Errorf("part %d of the answer is missing", s.parts)
	}
	s.parts++
	s.part(p.Seen, p.Of)
	s.entries.Add(p.Data)
	for {
		e, ok, err := s.entries.Next()
		if err != nil || !ok {
			return p, err
		}
		if err := s.take(e); err != nil {
			return p, err
		}
		s.entries.Drop(e)
	}
}

// end says whether all of it has come.
func (s *storeStream) end(r node.StoreRead) error {
	if r.Parts != s.parts || s.entries.Left() > 0 {
		return fmt.Errorf("%d of %d parts of the answer have come", s.parts, r.Parts)
	}
	return nil
}

// read asks a store that was found, and hands over the entries of its answer. method is "store.get", "store.keys" or "store.dump".
func (f *storeFlags) read(ctx context.Context, inv *invocation, l *located, method string, key []byte, p *storeProgress, take func(node.StoreEntry) error) (r node.StoreRead, err error) {
	s := &storeStream{take: take, part: p.part}
	q := node.StoreQuery{Store: l.name, Key: key}
	switch {
	case l.client != nil:
		r, err = f.readHere(ctx, l, method, q, s)
	case l.address != "":
		r, err = f.readThere(ctx, inv, l, method, q, s)
	default:
		return readStored(l, key, p, take)
	}
	if err == nil {
		err = s.end(r)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", l.node, err)
	}
	return r, nil
}

var errFound = errors.New("found")

// readStored reads a folder; with a key it is looked for.
func readStored(l *located, key []byte, p *storeProgress, take func(node.StoreEntry) error) (r node.StoreRead, err error) {
	read := int64(0)
	err = readFolder(l.dir, func(e node.StoreEntry) error {
		if key != nil && !bytes.Equal(e.Key, key) {
			return nil
		}
		r.Entries++
		if r.Entries%1000 == 0 {
			p.Update(read, 0)
		}
		read += int64(len(e.Key) + len(e.Value))
		if err := take(e); err != nil || key == nil {
			return err
		}
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return r, inUse(err, l.name)
}

// readHere asks over the node's socket. The node sends some parts ahead and waits then, so that whoever reads what is written
// may stand still.
func (f *storeFlags) readHere(ctx context.Context, l *located, method string, q node.StoreQuery, s *storeStream) (r node.StoreRead, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q.Parts = storeWindow
	parts := make(chan json.RawMessage, storeWindow) // more are not sent
	done := make(chan error, 1)
	go func() {
		done <- l.client.Stream(ctx, method, q, func(p json.RawMessage) {
			select {
			case parts <- p:
			case <-ctx.Done():
			}
		}, &r)
	}()
	for {
		late := time.NewTimer(f.timeout())
		select {
		case p := <-parts:
			late.Stop()
			part, err := s.add(p)
			if err != nil {
				return r, err
			}
			if s.parts%(storeWindow/2) == 0 {
				more := node.StoreMore{Read: part.Read, Parts: s.parts + storeWindow}
				if err := f.call(ctx, l.client, "store.more", more, nil); err != nil {
					return r, err
				}
			}
		case err = <-done:
			late.Stop()
			for err == nil && len(parts) > 0 {
				_, err = s.add(<-parts)
			}
			return r, err
		case <-late.C:
			return r, &control.Error{Code: control.CodeTimeOut, Message: "time-out"}
		}
	}
}

// call asks within the timeout.
func (f *reachFlags) call(ctx context.Context, c *control.Client, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, f.timeout())
	defer cancel()
	return c.Call(ctx, method, params, result)
}

// readThere asks a node elsewhere. The parts are kept until the last one is there: the link's loop must not wait for a reader.
func (f *storeFlags) readThere(ctx context.Context, inv *invocation, l *located, method string, q node.StoreQuery, s *storeStream) (r node.StoreRead, err error) {
	params, err := json.Marshal(q)
	if err != nil {
		return r, err
	}
	var parts []string
	a, err := f.askOne(ctx, inv, l.address, method, params, func(body string) { parts = append(parts, body) })
	if err == nil && a.Error != nil {
		err = a.Error
	}
	if err == nil {
		err = json.Unmarshal(a.Result, &r)
	}
	l.node = a.Node
	for _, p := range parts {
		if err == nil {
			_, err = s.add([]byte(p))
		}
	}
	return r, err
}

// question asks about a store that was found, and reads the answer into result.
func (f *storeFlags) question(ctx context.Context, inv *invocation, l *located, method string, params, result any) error {
	if l.client != nil {
		if err := f.call(ctx, l.client, method, params, result); err != nil {
			return fmt.Errorf("%s: %w", l.node, err)
		}
		return nil
	}
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	a, err := f.askOne(ctx, inv, l.address, method, body, nil)
	if err != nil {
		return err
	}
	l.node = a.Node
	if a.Error != nil {
		return fmt.Errorf("%s: %w", l.node, a.Error)
	}
	return json.Unmarshal(a.Result, result)
}
