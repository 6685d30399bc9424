package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonpeer/store/pebblebackend"
)

// benchStore is node bench store.
type benchStore struct {
	Case    []string      `name:"case" sep:"," placeholder:"NAME" help:"Only these of the measurements, with commas; default is all."`
	Scale   float64       `name:"scale" default:"1" help:"How many operations and entries, as a share of the usual number."`
	Dir     string        `name:"dir" placeholder:"DIR" help:"Where the stores are written; default is the system's folder for temporary files, which may not be on a disk."`
	JSON    bool          `name:"json" help:"Write one line of JSON."`
	Timeout time.Duration `name:"timeout" default:"15m" hidden:""`
}

func (c *benchStore) examples() string {
	return `
%[1]s bench store
%[1]s bench store --case clone-memory,durable-1000
%[1]s bench store --dir /var/lib/moonpeer --json`
}

// storeCase is one measurement of a store.
type storeCase struct {
	name, help string
	policy     string // what policy bench_store does
	backend    string
	sync       bool
	clone      bool // the writer is a clone in a process of its own
	window     int  // writes under way; 0: their outcome is known at once
	count      int
}

// storeCases are all of them, in the order in which they are run.
var storeCases = []storeCase{
	{"clone-memory", "puts through a clone and back, memory", "put", "memory", false, true, 4000, 1_000_000},
	{"clone-pebble", "puts through a clone and back, Pebble without sync", "put", "pebble", false, true, 4000, 1_000_000},
	{"durable-1000", "durable puts on the master, 1,000 in flight", "put", "pebble", true, false, 1000, 600_000},
	{"durable-16", "durable puts on the master, 16 in flight", "put", "pebble", true, false, 16, 60_000},
	{"durable-1", "durable puts on the master, one at a time", "put", "pebble", true, false, 1, 5_000},
	{"local-memory", "puts on the master, memory", "put", "memory", false, false, 0, 2_000_000},
	{"local-pebble", "puts on the master, Pebble without sync", "put", "pebble", false, false, 0, 2_000_000},
	{"unique", "put_unique through a clone, one at a time, memory", "unique", "memory", false, true, 1, 20_000},
	{"get-clone", "get on a clone", "get", "memory", false, true, 1, 5_000_000},
	{"get-master", "get on the master", "get", "pebble", true, false, 1, 5_000_000},
	{"attach", "a clone attaches to a million entries beside 10,000 events/s", "attach", "memory", false, true, 0, 1_000_000},
	{"reopen", "a master opens a million entries", "reopen", "pebble", false, false, 0, 1_000_000},
	{"expire", "a million keys expire within a second", "expire", "memory", false, false, 0, 1_000_000},
}

// storeResult is what came of one of them.
type storeResult struct {
	Case      string    `json:"case"`
	Help      string    `json:"what"`
	Count     int       `json:"operations"`
	Seconds   float64   `json:"seconds"`
	Rate      float64   `json:"per_second"`
	Latency   quantiles `json:"latency"`
	Failed    int       `json:"failed"`
	Stall     float64   `json:"longest_stall_ms,omitempty"`
	Events    quantiles `json:"event_latency"` // attach: of events to the master meanwhile
	Resident  float64   `json:"resident_mb"`   // of the process with the master, at most
	CloneSize float64   `json:"clone_resident_mb,omitempty"`
}

// storeReport is what a process of policy bench_store prints.
type storeReport struct {
	Operations, Failed, Entries int
	Seconds, Stall              float64
	Latency                     []float64
	Seen                        *bool
}

// Run implements node bench store.
func (c *benchStore) Run(ctx context.Context, inv *invocation) error {
	if c.Scale <= 0 || c.Scale > 100 {
		return usagef("bench store", "--scale %v: want more than 0 and at most 100", c.Scale)
	}
	cases, err := c.chosen()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Dir, "moonpeer-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := plan{what: "stores", timeout: c.Timeout}
	var results []storeResult
	var raw []storeResult
	err = p.within(ctx, inv, func(ctx context.Context) error {
		if raw, err = c.raw(dir, cases); err != nil {
			return err
		}
		for i := range cases {
			inv.console.Logger(slog.LevelInfo).Info("measuring", "case", cases[i].name)
			r, err := c.measure(ctx, &cases[i], filepath.Join(dir, cases[i].name))
			if err != nil {
				return fmt.Errorf("case %s: %w", cases[i].name, err)
			}
			results = append(results, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return reportStores(append(raw, results...)).write(inv.console, c.JSON)
}

// chosen are the cases that --case names.
func (c *benchStore) chosen() (out []storeCase, err error) {
	var names []string
	for _, k := range storeCases {
		names = append(names, k.name)
		if len(c.Case) == 0 || slices.Contains(c.Case, k.name) {
			k.count = max(int(float64(k.count)*c.Scale), k.window, 1)
			out = append(out, k)
		}
	}
	for _, name := range c.Case {
		if !slices.Contains(names, name) {
			return nil, usagef("bench store", "--case %s: there are %s", name, strings.Join(names, ", "))
		}
	}
	return out, nil
}

// raw measures the disk beside what is synced, without a store in between.
func (c *benchStore) raw(dir string, cases []storeCase) (out []storeResult, err error) {
	if !slices.ContainsFunc(cases, func(k storeCase) bool { return k.sync && k.window > 0 && k.policy == "put" }) {
		return nil, nil
	}
	for _, n := range []int{1, 1000} {
		r, err := pebblebackend.MeasureRaw(filepath.Join(dir, "raw-"+strconv.Itoa(n)), n, time.Second)
		if err != nil {
			return nil, err
		}
		latency := make([]float64, len(r.Batches))
		for i, d := range r.Batches {
			latency[i] = d.Seconds()
		}
		out = append(out, storeResult{Case: "raw-" + strconv.Itoa(n), Help: fmt.Sprintf("Pebble alone, synced batches of %s", thousands(uint64(n))),
			Count: r.Keys, Seconds: r.Took.Seconds(), Rate: float64(r.Keys) / r.Took.Seconds(), Latency: quantilesOf(latency)})
	}
	return out, nil
}

// set are the options of policy bench_store for one side.
func (k *storeCase) set(what string) (args []string) {
	for _, s := range []string{"case=" + what, "backend=" + k.backend, fmt.Sprint("sync=", k.sync), fmt.Sprint("window=", k.window), fmt.Sprint("count=", k.count)} {
		args = append(args, "--set", "BenchStore::"+s)
	}
	return args
}

// start starts one side.
func (k *storeCase) start(ctx context.Context, role, what, dir string, flags ...string) (*child, error) {
	args := append([]string{"run", "bench_store", "--name", role, "--state", dir}, flags...)
	args = append(append(args, k.set(what)...), "--", role)
	return startChild(ctx, role, args...)
}

// measure runs the processes of one case to their end.
func (c *benchStore) measure(ctx context.Context, k *storeCase, dir string) (r storeResult, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var started []*child
	defer func() {
		cancel()
		for _, s := range started {
			s.end()
		}
	}()
	run := func(role, what string, flags ...string) (*child, error) {
		s, err := k.start(ctx, role, what, dir, flags...)
		if err == nil {
			started = append(started, s)
		}
		return s, err
	}
	switch {
	case k.policy == "attach":
		return k.attach(run)
	case k.clone:
		return k.through(run)
	case k.policy == "reopen":
		filler, err := run("alone", "fill")
		if err != nil {
			return r, err
		}
		if err := filler.end(); err != nil {
			return r, err
		}
	}
	alone, err := run("alone", k.policy)
	if err != nil {
		return r, err
	}
	return k.result(alone, alone)
}

// through has a clone write to a master.
func (k *storeCase) through(run func(role, what string, flags ...string) (*child, error)) (r storeResult, err error) {
	master, err := run("master", k.policy, "--listen", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	at, err := master.where()
	if err != nil {
		return r, err
	}
	clone, err := run("clone", k.policy, "--peer", at)
	if err != nil {
		return r, err
	}
	return k.result(clone, master)
}

// attach has a clone take up the entries of a busy master.
func (k *storeCase) attach(run func(role, what string, flags ...string) (*child, error)) (r storeResult, err error) {
	master, err := run("master", "fill")
	if err != nil {
		return r, err
	}
	at, err := master.where() // it listens when it is filled
	if err != nil {
		return r, err
	}
	ticks, err := run("ticks", "ticks", "--peer", at)
	if err != nil {
		return r, err
	}
	if err := ticks.linked(); err != nil {
		return r, err
	}
	clone, err := run("clone", "attach", "--peer", at)
	if err != nil {
		return r, err
	}
	if r, err = k.result(clone, master); err != nil {
		return r, err
	}
	var busy storeReport
	err = master.report(&busy)
	r.Events = quantilesOf(busy.Latency)
	return r, errors.Join(err, ticks.end())
}

// result waits for the ends and takes what the writer has to tell.
func (k *storeCase) result(writer, master *child) (r storeResult, err error) {
	if err := errors.Join(writer.end(), master.end()); err != nil {
		return r, err
	}
	var said storeReport
	if err := writer.report(&said); err != nil {
		return r, err
	}
	if said.Seen != nil && !*said.Seen {
		return r, errors.New("the last write was answered and can't be read")
	}
	n := max(said.Operations, said.Entries)
	r = storeResult{Case: k.name, Help: k.help, Count: n, Seconds: said.Seconds, Rate: float64(n) / max(said.Seconds, 1e-9),
		Latency: quantilesOf(said.Latency), Failed: said.Failed, Stall: said.Stall * 1000, Resident: master.usage().Resident}
	if writer != master {
		r.CloneSize = writer.usage().Resident
	}
	return r, nil
}

// reportStores shows all results.
func reportStores(results []storeResult) *benchReport {
	out := &benchReport{values: results}
	for i := range results {
		r := &results[i]
		text := fmt.Sprintf("%11s/s in %6.2f s", thousands(uint64(r.Rate)), r.Seconds)
		if r.Latency.Count > 0 {
			text += fmt.Sprintf("  p50 %s, p99 %s", micros(r.Latency.P50), micros(r.Latency.P99))
		}
		if r.Stall > 0 {
			text += fmt.Sprintf("  longest stall %.1f ms", r.Stall)
		}
		if r.Events.Count > 0 {
			text += fmt.Sprintf("  events p50 %s, p99 %s", micros(r.Events.P50), micros(r.Events.P99))
		}
		if r.Resident > 0 {
			text += fmt.Sprintf("  %.0f MB", r.Resident)
		}
		if r.CloneSize > 0 {
			text += fmt.Sprintf(", clone %.0f MB", r.CloneSize)
		}
		if r.Failed > 0 {
			text += fmt.Sprintf("  %s FAILED", thousands(uint64(r.Failed)))
		}
		out.row(r.Case+": "+r.Help, "%s", text)
	}
	return out
}
