package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// inProcess runs both nodes in this goroutine, linked by memory: what a message costs without a network.
func (p *plan) inProcess(ctx context.Context) (*measurement, error) {
	wires := mempeer.New(mempeer.Options{})
	at := peering.Address{Transport: "quic", Host: "receive", Port: peering.DefaultPort}
	var nodes []*node.Node
	outs := make([]bytes.Buffer, 2)
	for i, role := range []string{"receive", "send"} {
		opts := baseOptions([]string{"bench"})
		opts.Name, opts.Args, opts.Stdout = role, []string{role}, &outs[i]
		for _, s := range p.set {
			opts.Set = append(opts.Set, node.Setting{Assignment: "Bench::" + s, From: "bench"})
		}
		sys := newSystem(false, opts).System
		sys.Watch = nil
		sys.Transport = func(inbox step.Inbox, log *slog.Logger) peering.Transport {
			return wires.Transport(mempeer.End{Name: role, Inbox: inbox, Log: log})
		}
		n, err := node.New(opts, sys)
		if err != nil {
			return nil, err
		}
		n.Start()
		nodes = append(nodes, n)
	}
	before := ownCPU()
	if err := nodes[0].OpenPeering([]peering.Address{at}, nil); err != nil {
		return nil, err
	}
	if err := nodes[1].OpenPeering(nil, []peering.Address{at}); err != nil {
		return nil, err
	}
	start := time.Now()
	for !nodes[1].Finished() {
		now := step.Time(time.Since(start))
		for _, n := range nodes {
			n.Turn(now)
		}
		wires.Step(now)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	m := &measurement{SenderUsage: usage{CPU: ownCPU() - before}}
	err := json.Unmarshal(outs[1].Bytes(), &m.sender)
	if m.sender.Latency == nil {
		err = errors.Join(err, json.Unmarshal(outs[0].Bytes(), &m.receiver))
	}
	return m, err
}
