package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"moonpeer/runtime/control"
)

// answered is what a node has answered, read.
type answered[T any] struct {
	node  string
	value T
}

// collect asks nodes and reads their answers, for a command that shows them all in one table. With --json they are
// written as they come, each as an object with the node's name: the answer's own fields, or the answer under key.
func collect[T any](ctx context.Context, f *reachFlags, inv *invocation, nodes []string, method string, params any, key string) (list []answered[T], err error) {
	fails := &failures{inv: inv, json: f.JSON}
	var errs []error
	err = f.ask(ctx, inv, nodes, method, params, func(a control.Answer) {
		if fails.failed(a) {
			return
		}
		if f.JSON {
			errs = append(errs, inv.writeJSON(a.Node, key, a.Result))
			return
		}
		x := answered[T]{node: a.Node}
		if err := json.Unmarshal(a.Result, &x.value); err != nil {
			errs = append(errs, fmt.Errorf("%s: the answer can't be read: %w", a.Node, err))
			return
		}
		list = append(list, x)
	})
	return list, errors.Join(fails.outcome(err), errors.Join(errs...))
}

// writeJSON writes an answer on one line, with the name of the node that gave it.
func (inv *invocation) writeJSON(node, key string, result json.RawMessage) error {
	name, err := json.Marshal(node)
	if err != nil {
		return err
	}
	line := append([]byte(`{"node":`), name...)
	result = bytes.TrimSpace(result)
	switch {
	case key != "":
		line = append(append(append(append(line, `,"`...), key...), `":`...), result...)
		line = append(line, '}')
	case len(result) > 2 && result[0] == '{':
		line = append(append(line, ','), result[1:]...)
	default: // {}
		line = append(line, '}')
	}
	_, err = inv.console.Stdout().Write(append(line, '\n'))
	return err
}
