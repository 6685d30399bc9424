package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"moonpeer/bindings"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/control"
	"moonpeer/store"
	"moonpeer/store/dumpjson"
	"moonpeer/store/rules"
)

type storeCommand struct {
	List   storeListCommand   `cmd:"" help:"List the stores of nodes."`
	Get    storeGetCommand    `cmd:"" help:"Tell the value of a key."`
	Keys   storeKeysCommand   `cmd:"" help:"List the keys, one a line."`
	Put    storePutCommand    `cmd:"" help:"Set the value of a key."`
	Erase  storeEraseCommand  `cmd:"" help:"Remove a key."`
	Dump   storeDumpCommand   `cmd:"" help:"Write all entries, a line of JSON each, which store load reads."`
	Load   storeLoadCommand   `cmd:"" help:"Put the entries of a dump into a store."`
	Verify storeVerifyCommand `cmd:"" help:"Read all that a stopped node, or a backup, has on disk, and tell what is damaged."`
	Backup storeBackupCommand `cmd:"" help:"Copy what a running node has on disk."`
}

// storeFlags say whose store is meant.
type storeFlags struct {
	reachFlags
	Node string `name:"node" placeholder:"NODE" help:"The node's name or address; default is who has the store: its master, else a clone, else the folder of a node that is stopped."`
}

// storeWords reads keys and values of a command line, and shows them.
type storeWords struct{ *bindings.Messages }

func newStoreWords() (storeWords, error) {
	m, err := bindings.NewMessages(func() int64 { return 0 })
	return storeWords{m}, err
}

// typedWord begins a word that is JSON with types.
const typedWord = "typed:"

// value reads a word.
func (w storeWords) value(text string) ([]byte, error) {
	if typed, ok := strings.CutPrefix(text, typedWord); ok {
		return dumpjson.ParseValue([]byte(typed))
	}
	return w.EncodeValue(text)
}

// key reads a word as a key, in the form in which it is found.
func (w storeWords) key(text string) ([]byte, error) {
	raw, err := w.value(text)
	if err == nil && broker.Kind(raw[0]) == broker.KindNone {
		err = errors.New("null is no key")
	}
	if err != nil {
		return nil, err
	}
	return rules.CanonicalKey(nil, raw)
}

// word shows a key, or a value, as it can be given.
func (w storeWords) word(raw []byte) string {
	if word, ok := w.Word(nil, raw); ok && len(word) > 0 {
		return string(word)
	}
	if len(raw) > 0 && string(raw) == string(wire.AppendString(nil, "")) {
		return `""`
	}
	return typedWord + string(typed(raw))
}

func typed(raw []byte) []byte {
	text, _ := dumpjson.AppendValue(nil, raw)
	return text
}

type storeListCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run, or have stores on disk."`
}

func (c *storeListCommand) examples() string {
	return `
%[1]s store list
%[1]s store list manager --json | jq '.stores[] | select(.master)'`
}

// nodeStores is what one node has.
type nodeStores struct {
	Node   string       `json:"node"`
	Stores []store.Info `json:"stores"`
}

// Run implements node store list.
func (c *storeListCommand) Run(ctx context.Context, inv *invocation) error {
	names, addresses := split(c.Nodes)
	fails := &failures{inv: inv, json: c.JSON}
	var list []nodeStores
	var errs []error
	if len(addresses) > 0 {
		errs = append(errs, c.askThere(ctx, inv, addresses, "store.list", nil, func(a control.Answer) {
			if fails.failed(a) {
				return
			}
			s := nodeStores{Node: a.Node}
			if err := json.Unmarshal(a.Result, &s.Stores); err != nil {
				errs = append(errs, fmt.Errorf("%s: the answer can't be read: %w", a.Node, err))
				return
			}
			list = append(list, s)
		}))
	}
	if len(names) > 0 || len(addresses) == 0 {
		here, err := c.here(ctx, inv, names, fails)
		list, errs = append(list, here...), append(errs, err)
	}
	errs = append(errs, c.write(inv, list))
	return fails.outcome(errors.Join(errs...))
}

// here lists what the nodes below the state directory have: open, or on disk only.
func (c *storeListCommand) here(ctx context.Context, inv *invocation, names []string, fails *failures) (list []nodeStores, err error) {
	there, err := c.survey(ctx, inv, names)
	if err != nil {
		return nil, err
	}
	defer there.close()
	progress := newStoreProgress(inv, "reading stores on disk")
	defer progress.Done()
	var errs []error
	for _, n := range there.nodes {
		if n.failed != nil {
			fails.failed(control.Answer{Node: n.name, Error: n.failed})
			continue
		}
		s := nodeStores{Node: n.name, Stores: n.open}
		if s.Stores == nil {
			s.Stores = []store.Info{}
		}
		for _, name := range n.kept {
			if slices.ContainsFunc(n.open, func(i store.Info) bool { return i.Name == name }) {
				continue
			}
			info, err := storedInfo(c.folder(n.name, name), name, n.client != nil, progress)
			if err != nil {
				info.State, info.Error = "unreadable", err.Error()
				errs = append(errs, fmt.Errorf("%s: %w", n.name, err))
			}
			s.Stores = append(s.Stores, info)
		}
		list = append(list, s)
	}
	return list, errors.Join(errs...)
}

func (c *storeListCommand) write(inv *invocation, list []nodeStores) error {
	if c.JSON {
		var errs []error
		for _, s := range list {
			errs = append(errs, inv.console.JSON(s))
		}
		return errors.Join(errs...)
	}
	t := inv.console.Table("node", "store", "role", "backend", "state", "entries", "bytes", "memory", "term", "clones", "outstanding")
	rows := 0
	for _, s := range list {
		for _, i := range s.Stores {
			role, backend := "clone", "-"
			if i.Master {
				role, backend = "master", i.Backend
			}
			t.Row(s.Node, i.Name, role, backend, i.State, i.Entries, i.Bytes, i.Memory, i.Term, i.Clones, i.Outstanding)
			rows++
		}
	}
	if rows == 0 {
		if len(list) > 0 {
			fmt.Fprintln(inv.console.Stderr(), "info: no store is open, and none is on disk")
		}
		return nil
	}
	return t.Write()
}
