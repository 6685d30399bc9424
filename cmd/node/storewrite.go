package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/net/broker"
	"moonpeer/runtime/node"
)

type storePutCommand struct {
	storeFlags
	storeNamed
	Key    *string  `arg:"" name:"key" optional:"" help:"The key: kind:text, such as addr:10.0.0.1 (bool count int real string addr subnet port time interval enum), else JSON, else a string; typed:JSON is as in a dump. What begins with - needs a -- in front of it, unless it is a number."`
	Value  *string  `arg:"" name:"value" optional:"" help:"Its value, in the same way. A whole number is a count, one below zero an int, 2.0 a real."`
	Expire interval `name:"expire" placeholder:"TIME" help:"How long the entry is kept, such as 5min; default is as the store has it."`
}

func (c *storePutCommand) examples() string {
	return `
%[1]s store put logins ann 5
%[1]s store put hits addr:10.0.0.1 '["a", "b"]' --expire 1h
%[1]s store put hits k 'typed:{"set":[1,2,{"addr":"10.0.0.1"}]}'`
}

// Run implements node store put. It returns when the master has the entry, on disk if it keeps it there.
func (c *storePutCommand) Run(ctx context.Context, inv *invocation) error {
	name, err := c.given("store put")
	if err != nil {
		return err
	}
	if c.Key == nil || c.Value == nil {
		return usagef("store put", "want a key and its value behind the store, such as %s ann 5", name)
	}
	words, err := newStoreWords()
	if err != nil {
		return err
	}
	key, err := words.key(*c.Key)
	if err != nil {
		return usagef("store put", "key: %w", err)
	}
	value, err := words.value(*c.Value)
	if err != nil {
		return usagef("store put", "value: %w", err)
	}
	l, err := c.change(ctx, inv, name)
	if err != nil {
		return err
	}
	defer l.close()
	w := node.StoreWrite{Store: name, Key: key, Value: value, Expire: broker.Timespan(c.Expire)}
	if err := c.question(ctx, inv, l, "store.put", w, &struct{}{}); err != nil {
		return err
	}
	if c.JSON {
		return inv.console.JSON(words.line(l, node.StoreEntry{Key: key, Value: value}, true))
	}
	_, err = fmt.Fprintf(inv.console.Stdout(), "%12s   %s = %s\n", console.Clean(l.node), console.Clean(words.word(key)), words.PrintValue(nil, value))
	return err
}

type storeEraseCommand struct {
	storeFlags
	storeNamed
	Key *string `arg:"" name:"key" optional:"" help:"The key, as store get takes it."`
}

func (c *storeEraseCommand) examples() string {
	return `
%[1]s store erase logins ann
%[1]s store erase hits addr:10.0.0.1 --node manager`
}

// Run implements node store erase.
func (c *storeEraseCommand) Run(ctx context.Context, inv *invocation) error {
	name, err := c.given("store erase")
	if err != nil {
		return err
	}
	if c.Key == nil {
		return usagef("store erase", "no key given: name one behind the store")
	}
	words, err := newStoreWords()
	if err != nil {
		return err
	}
	key, err := words.key(*c.Key)
	if err != nil {
		return usagef("store erase", "key: %w", err)
	}
	l, err := c.change(ctx, inv, name)
	if err != nil {
		return err
	}
	defer l.close()
	var erased node.StoreErased
	if err := c.question(ctx, inv, l, "store.erase", node.StoreQuery{Store: name, Key: key}, &erased); err != nil {
		return err
	}
	if !erased.Found {
		return notThere(inv, c.JSON, words, l, key)
	}
	if c.JSON {
		return inv.console.JSON(words.line(l, node.StoreEntry{Key: key}, false))
	}
	_, err = fmt.Fprintf(inv.console.Stdout(), "%12s   %s erased\n", console.Clean(l.node), console.Clean(words.word(key)))
	return err
}

type storeBackupCommand struct {
	storeFlags
	storeNamed
	Path string `arg:"" name:"path" optional:"" help:"The folder to be made, on the node's machine."`
}

func (c *storeBackupCommand) examples() string {
	return `
%[1]s store backup logins backups/logins
%[1]s store verify --dir backups/logins`
}

// Run implements node store backup. The copy is as of one moment.
func (c *storeBackupCommand) Run(ctx context.Context, inv *invocation) error {
	name, err := c.given("store backup")
	switch {
	case err != nil:
		return err
	case c.Path == "":
		return usagef("store backup", "no folder given: name one that is not there yet behind the store")
	}
	if err := noAddress([]string{c.Node}); err != nil {
		return err
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return err
	}
	l, err := c.locate(ctx, inv, name)
	if err != nil {
		return err
	}
	defer l.close()
	if l.dir != "" {
		return fmt.Errorf("%s is open nowhere, so that its folder can be copied as it is: %s", l, l.dir)
	}
	if err := c.backup(ctx, l, path); err != nil {
		return fmt.Errorf("%s: %w", l.node, err)
	}
	if c.JSON {
		return inv.console.JSON(struct {
			Node  string `json:"node"`
			Store string `json:"store"`
			Path  string `json:"path"`
		}{l.node, name, path})
	}
	_, err = fmt.Fprintf(inv.console.Stdout(), "%12s   %s copied to %s\n", console.Clean(l.node), console.Clean(name), console.Clean(path))
	return err
}

// backup waits as long as it takes, once the node has begun.
func (c *storeBackupCommand) backup(ctx context.Context, l *located, path string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	late := time.AfterFunc(c.timeout(), cancel)
	defer late.Stop()
	params := map[string]string{"store": l.name, "path": path}
	return l.client.Stream(ctx, "store.backup", params, func(json.RawMessage) { late.Stop() }, nil)
}
