package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/node"
	"moonpeer/store/dumpjson"
)

// storeNamed is the argument that all but store list have.
type storeNamed struct {
	Name *string `arg:"" name:"store" optional:"" help:"The store's name."`
}

func (n storeNamed) given(command string) (string, error) {
	if n.Name == nil {
		return "", usagef(command, "no store given: name one; store list tells which there are")
	}
	if *n.Name == "" {
		return "", usagef(command, "the name of the store is empty, which none has")
	}
	return *n.Name, nil
}

type storeGetCommand struct {
	storeFlags
	storeNamed
	Key   *string `arg:"" name:"key" optional:"" help:"kind:text, such as addr:10.0.0.1 (bool count int real string addr subnet port time interval enum), else JSON, else a string; typed:JSON is as in a dump. What begins with - needs a -- in front of it, unless it is a number."`
	Typed bool    `name:"typed" help:"Write the value as a dump has it: JSON that loses nothing."`
}

func (c *storeGetCommand) examples() string {
	return `
%[1]s store get logins ann
%[1]s store get hits addr:10.0.0.1 --node worker-1
%[1]s store get logins '["ann", 5]' --json | jq .value
%[1]s store get logins 'typed:["ann",{"addr":"10.0.0.1"}]'`
}

// Run implements node store get.
func (c *storeGetCommand) Run(ctx context.Context, inv *invocation) error {
	name, err := c.given("store get")
	if err != nil {
		return err
	}
	if c.Key == nil {
		return usagef("store get", "no key given: name one behind the store; store keys tells which there are")
	}
	words, err := newStoreWords()
	if err != nil {
		return err
	}
	key, err := words.key(*c.Key)
	if err != nil {
		return usagef("store get", "key: %w", err)
	}
	l, err := c.locate(ctx, inv, name)
	if err != nil {
		return err
	}
	defer l.close()
	p := newStoreProgress(inv, "reading "+name)
	defer p.Done()
	r, err := c.read(ctx, inv, l, "store.get", key, p, func(e node.StoreEntry) error {
		if e.Expiry != 0 && l.dir != "" && time.Now().UnixNano() > e.Expiry {
			fmt.Fprintf(inv.console.Stderr(), "warning: it has expired at %s\n", expires(e.Expiry))
		}
		return c.write(inv, words, l, e)
	})
	if err == nil && r.Entries == 0 {
		return notThere(inv, c.JSON, words, l, key)
	}
	return err
}

// notThere says that a store has no such key.
func notThere(inv *invocation, asJSON bool, words storeWords, l *located, key []byte) error {
	if asJSON {
		line := words.line(l, node.StoreEntry{Key: key}, false)
		line.Error = "no such key"
		if err := inv.console.JSON(line); err != nil {
			return err
		}
		return errReported
	}
	return fmt.Errorf("%s has no key %s", l, words.word(key))
}

func expires(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// storeLine is an entry as plain JSON.
type storeLine struct {
	Node    string          `json:"node"`
	Store   string          `json:"store"`
	Key     json.RawMessage `json:"key"`
	Value   json.RawMessage `json:"value,omitempty"`
	Expires string          `json:"expires,omitempty"`
	Error   string          `json:"error,omitempty"`
}

func (w storeWords) line(l *located, e node.StoreEntry, value bool) storeLine {
	out := storeLine{Node: l.node, Store: l.name, Key: w.JSONValue(nil, e.Key)}
	if value {
		out.Value = w.JSONValue(nil, e.Value)
	}
	if e.Expiry != 0 {
		out.Expires = expires(e.Expiry)
	}
	return out
}

func (c *storeGetCommand) write(inv *invocation, words storeWords, l *located, e node.StoreEntry) error {
	switch {
	case c.Typed:
		_, err := fmt.Fprintf(inv.console.Stdout(), "%s\n", typed(e.Value))
		return err
	case c.JSON:
		return inv.console.JSON(words.line(l, e, true))
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "%s\n", words.PrintValue(nil, e.Value))
	return err
}

// storeWhole is the flag of those that read all of a store.
type storeWhole struct {
	Dir string `name:"dir" placeholder:"DIR" help:"Read this folder, of a store or of a backup of one, instead of a node's."`
}

// locate finds the store, or takes the folder.
func (w storeWhole) locate(ctx context.Context, inv *invocation, f *storeFlags, command string, n storeNamed) (*located, error) {
	if w.Dir == "" {
		name, err := n.given(command)
		if err != nil {
			return nil, err
		}
		l, err := f.locate(ctx, inv, name)
		if err == nil && l.dir != "" {
			fmt.Fprintf(inv.console.Stderr(), "info: %s is not open, reading %s\n", l, l.dir)
		}
		return l, err
	}
	if n.Name != nil || f.Node != "" {
		return nil, usagef(command, "--dir names a folder, so that no store and no node can be named besides")
	}
	return &located{node: w.Dir, name: w.Dir, dir: w.Dir, master: true}, nil
}

type storeKeysCommand struct {
	storeFlags
	storeNamed
	storeWhole
	Typed bool `name:"typed" help:"Write each key as a dump has it: JSON that loses nothing."`
}

func (c *storeKeysCommand) examples() string {
	return `
%[1]s store keys logins
%[1]s store keys logins --node manager --json | jq .key`
}

// Run implements node store keys. A key that changes meanwhile may come twice.
func (c *storeKeysCommand) Run(ctx context.Context, inv *invocation) error {
	words, err := newStoreWords()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(inv.console.Stdout(), 64<<10)
	return c.all(ctx, inv, "store keys", "store.keys", c.storeNamed, c.storeWhole, out, func(l *located, e node.StoreEntry) error {
		switch {
		case c.JSON:
			line, err := json.Marshal(words.line(l, e, false))
			_, _ = out.Write(append(line, '\n')) // Flush has the error
			return err
		case c.Typed:
			_, _ = out.Write(append(typed(e.Key), '\n'))
		default:
			_, _ = out.WriteString(console.Clean(words.word(e.Key)) + "\n")
		}
		return nil
	})
}

type storeDumpCommand struct {
	storeFlags
	storeNamed
	storeWhole
}

func (c *storeDumpCommand) examples() string {
	return `
%[1]s store dump logins > logins.jsonl
%[1]s store dump logins | jq -c 'select(.expires == null) | [.key, .value]'
%[1]s store dump --dir backups/logins | %[1]s store load logins`
}

// Run implements node store dump.
func (c *storeDumpCommand) Run(ctx context.Context, inv *invocation) error {
	unreadable := 0
	var line []byte
	out := bufio.NewWriterSize(inv.console.Stdout(), 64<<10)
	err := c.all(ctx, inv, "store dump", "store.dump", c.storeNamed, c.storeWhole, out, func(l *located, e node.StoreEntry) error {
		var ok bool
		line, ok = dumpjson.AppendLine(line[:0], e.Key, e.Value, e.Expiry)
		if !ok {
			unreadable++
		}
		_, err := out.Write(line)
		return err
	})
	if unreadable > 0 {
		err = errors.Join(err, fmt.Errorf("%d entries hold what is no value; their lines have the bytes, as raw, and can't be loaded", unreadable))
	}
	return err
}

// all hands over all entries of a store, or their keys.
func (f *storeFlags) all(ctx context.Context, inv *invocation, command, method string, n storeNamed, w storeWhole, out *bufio.Writer, take func(*located, node.StoreEntry) error) error {
	l, err := w.locate(ctx, inv, f, command, n)
	if err != nil {
		return err
	}
	defer l.close()
	if !l.master && method == "store.dump" {
		fmt.Fprintf(inv.console.Stderr(), "warning: %s is a clone, which does not know when entries expire: the dump has all without\n", l)
	}
	p := newStoreProgress(inv, "reading "+l.name)
	defer p.Done()
	r, err := f.read(ctx, inv, l, method, nil, p, func(e node.StoreEntry) error { return take(l, e) })
	if err = errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if r.Incomplete {
		return fmt.Errorf("%s changes faster than it was read: entries may be missing (store backup makes a copy as of one moment)", l)
	}
	return nil
}
