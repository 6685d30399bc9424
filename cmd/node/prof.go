package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

type profCommand struct {
	reachFlags
	Duration interval `name:"duration" placeholder:"TIME" help:"Measure for so long, at most 1h; default is 10s. Ctrl-C ends it early, and shows what there is."`
	Sort     string   `name:"sort" enum:"total,self,mean,longest,calls,errors,instructions,allocated,objects" default:"total" placeholder:"COLUMN" help:"What comes first: most of total (the default), self, mean, longest, calls, errors, instructions, allocated or objects."`
	Pprof    onceFlag `name:"pprof" placeholder:"FILE" help:"Also look at Lua's stack, and write what was seen for \"go tool pprof\" (gzip of profile.proto)."`
	Hz       int      `name:"hz" default:"199" placeholder:"N" help:"With --pprof: look N times a second, 1 to 1000; default is 199, which does not keep step with timers."`
	Nodes    []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes, or addresses of such that run with --control; default is all that run here."`
}

func (c *profCommand) examples() string {
	return `
%[1]s prof
%[1]s prof worker-1 worker-2 --duration 1min --sort self
%[1]s prof --pprof lua.pb.gz && go tool pprof -top lua.pb.gz
go tool pprof -http : -tagroot node lua.pb.gz`
}

// notes implements explainer.
func (c *profCommand) notes() string {
	return `
A row is a handler, timer, hook or task, by its function. total is the time of its calls by the
clock, also while the machine ran something else; a call within a call of the same counts once, and
self leaves out other rows' calls within them. Making Lua values of an event's bytes is in neither.
instructions are the VM's own count. allocated and objects are what the whole process allocated
meanwhile, its other goroutines included: read at the first 16 calls and then at one of 16, and
counted by the runtime in steps of some 8 KB, so that they mean little for few calls. A call takes
some 0.1 microseconds longer while it is measured; with --pprof, all Lua is somewhat slower, too.

The samples in the file of --pprof are as many as were seen. Its times are the measured ones of the
table, each row's divided among its stacks as its samples are: a busy machine looks less often than
--hz says, and what sleeps between short calls is seldom seen in one. A row that was never seen has
its time without a sample. Files have their whole path if they are on this machine.
`
}

const (
	profDuration = 10 * time.Second
	stopAgain    = 200 * time.Millisecond
)

// Run implements node prof.
func (c *profCommand) Run(ctx context.Context, inv *invocation) error {
	if c.Duration == 0 {
		c.Duration = interval(profDuration)
	}
	if err := c.check(); err != nil {
		return err
	}
	if err := c.reachable(ctx, inv); err != nil {
		return err
	}
	fails := &failures{inv: inv, json: c.JSON}
	var list []answered[node.Profiled]
	var errs []error
	err := c.measure(ctx, inv, func(a control.Answer) {
		if fails.failed(a) {
			return
		}
		x := answered[node.Profiled]{node: a.Node}
		if err := json.Unmarshal(a.Result, &x.value); err != nil {
			errs = append(errs, fmt.Errorf("%s: the answer can't be read: %w", a.Node, err))
			return
		}
		list = append(list, x)
	})
	errs = append(errs, fails.outcome(err))
	if len(list) > 0 {
		errs = append(errs, c.show(inv, list), c.writeStacks(inv, list))
	}
	return errors.Join(errs...)
}

// check says what is wrong with the flags before anything is measured.
func (c *profCommand) check() error {
	if d := time.Duration(c.Duration); d > node.MaxProfile {
		return usagef("prof", "--duration %v: want at most %v", d, node.MaxProfile)
	}
	if c.Hz < 1 || c.Hz > node.MaxProfileHz {
		return usagef("prof", "--hz %d: want 1 to %d", c.Hz, node.MaxProfileHz)
	}
	if c.Pprof == "" {
		return nil
	}
	dir := filepath.Dir(string(c.Pprof))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("--pprof %s: there is no folder %s", c.Pprof, dir)
	}
	if info, err := os.Stat(string(c.Pprof)); err == nil && info.IsDir() {
		return fmt.Errorf("--pprof %s: want a file, that is a folder", c.Pprof)
	}
	return nil
}

// reachable says which name no node has, or that none runs, before anybody waits for the end of the measuring.
func (c *profCommand) reachable(ctx context.Context, inv *invocation) error {
	names, addresses := split(c.Nodes)
	if len(names) == 0 && len(addresses) > 0 {
		return nil
	}
	finding, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	list, err := c.find(finding, inv, names)
	for _, n := range list {
		n.Close()
	}
	return err
}

// measure asks the nodes, who answer when the time is over, and tells them to be done at the first interrupt. They are asked
// themselves, and so hear when this command is gone.
func (c *profCommand) measure(ctx context.Context, inv *invocation, each func(control.Answer)) error {
	type params struct {
		ID      string  `json:"id"`
		Seconds float64 `json:"seconds"`
		Hz      int     `json:"hz"`
	}
	p := params{ID: fmt.Sprintf("%d-%d", os.Getpid(), time.Now().UnixNano()), Seconds: time.Duration(c.Duration).Seconds()}
	if c.Pprof != "" {
		p.Hz = c.Hz
	}
	long, quick := c.reachFlags, c.reachFlags
	long.direct, quick.direct = true, true
	long.Timeout = interval(c.timeout() + time.Duration(c.Duration))

	interrupted, release := stoppable(ctx)
	defer release()
	answered := make(chan struct{})
	var early sync.WaitGroup
	early.Go(func() {
		select {
		case <-interrupted.Done():
		case <-answered:
			return
		}
		for { // until all have answered: one that was just being asked has no profile yet
			_ = quick.ask(ctx, inv, c.Nodes, "profile.stop", map[string]string{"id": p.ID}, func(control.Answer) {})
			select {
			case <-time.After(stopAgain):
			case <-answered:
				return
			}
		}
	})
	fmt.Fprintf(inv.console.Stderr(), "info: measuring for %v; Ctrl-C ends it early\n", time.Duration(c.Duration))
	err := long.ask(ctx, inv, c.Nodes, "profile", p, each)
	close(answered)
	early.Wait()
	return err
}

// show writes a table of all nodes' rows, or with --json a line for each node.
func (c *profCommand) show(inv *invocation, list []answered[node.Profiled]) error {
	var rows []profRow
	var errs []error
	for _, a := range list {
		own := make([]profRow, len(a.value.Calls))
		for i, cost := range a.value.Calls {
			own[i] = profRow{a.node, cost}
		}
		c.order(own)
		rows = append(rows, own...)
		if c.JSON {
			errs = append(errs, inv.writeProfile(a, own))
			continue
		}
		inv.tellProfile(a)
	}
	if c.JSON {
		return errors.Join(errs...)
	}
	c.order(rows)
	t := inv.console.Table("node", "script", "place", "label", "calls", "errors", "total", "self", "mean", "longest", "instructions", "allocated", "objects")
	for _, r := range rows {
		t.Row(r.node, r.Script, r.Place, r.Label, r.Calls, r.Errors, spanCell(r.Total), spanCell(r.Self), spanCell(r.mean()), spanCell(r.Longest),
			r.Instructions, console.Number(humanize.Bytes(r.Bytes)), r.Objects)
	}
	return t.Write()
}

// profRow is a row of the table.
type profRow struct {
	node string
	script.Cost
}

func (r profRow) mean() int64 { return r.Total / int64(max(r.Calls, 1)) }

// by returns what a row has in the column of --sort.
func (r profRow) by(column string) uint64 {
	switch column {
	case "self":
		return uint64(r.Self)
	case "mean":
		return uint64(r.mean())
	case "longest":
		return uint64(r.Longest)
	case "calls":
		return r.Calls
	case "errors":
		return r.Errors
	case "instructions":
		return uint64(r.Instructions)
	case "allocated":
		return r.Bytes
	case "objects":
		return r.Objects
	}
	return uint64(r.Total)
}

// order brings rows into the order of --sort; those that are equal there stay as they are.
func (c *profCommand) order(rows []profRow) {
	slices.SortStableFunc(rows, func(a, b profRow) int { return cmp.Compare(b.by(c.Sort), a.by(c.Sort)) })
}

// spanCell is a time with three digits.
func spanCell(ns int64) console.Number {
	d := time.Duration(ns)
	switch {
	case d < time.Microsecond:
		return console.Number(fmt.Sprintf("%d ns", ns))
	case d < time.Millisecond:
		return console.Number(threeDigits(float64(ns)/1e3) + " us")
	case d < time.Second:
		return console.Number(threeDigits(float64(ns)/1e6) + " ms")
	}
	return console.Number(threeDigits(d.Seconds()) + " s")
}

func threeDigits(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// tellProfile says how much of the time Lua ran.
func (inv *invocation) tellProfile(a answered[node.Profiled]) {
	var self int64
	for _, c := range a.value.Calls {
		self += c.Self
	}
	end := ""
	if a.value.Ended {
		end = ", then it ended"
	}
	fmt.Fprintf(inv.console.Stderr(), "info: %s ran Lua for %s of %s%s\n", console.Clean(a.node),
		spanCell(self), spanCell(int64(a.value.Seconds*1e9)), end)
}

// writeProfile writes a node's profile on one line of JSON, its rows in the order of --sort, without stacks and what belongs to them.
func (inv *invocation) writeProfile(a answered[node.Profiled], rows []profRow) error {
	out := a.value
	out.Stacks, out.Dir = nil, ""
	for i, r := range rows {
		out.Calls[i] = r.Cost
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return inv.writeJSON(a.node, "", body)
}
