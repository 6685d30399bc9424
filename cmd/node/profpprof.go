package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"

	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// writeStacks writes the stacks of all nodes to --pprof.
func (c *profCommand) writeStacks(inv *invocation, list []answered[node.Profiled]) error {
	if c.Pprof == "" {
		return nil
	}
	p := pprofOf(list)
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return fmt.Errorf("--pprof %s: %w", c.Pprof, err)
	}
	if err := os.WriteFile(string(c.Pprof), b.Bytes(), 0o600); err != nil { // names of scripts and functions are nobody else's business
		return fmt.Errorf("--pprof: %w", err)
	}
	var ticks, beyond int64
	for _, a := range list {
		if s := a.value.Stacks; s != nil {
			ticks, beyond = ticks+s.Ticks, beyond+s.Beyond
		}
	}
	if beyond > 0 {
		fmt.Fprintf(inv.console.Stderr(), "warning: %d of %d samples had stacks beyond the first few thousand, and are one function in %s: %s\n", beyond, ticks, c.Pprof, beyondName)
	}
	fmt.Fprintf(inv.console.Stderr(), "info: %d samples are in %s\n", ticks, c.Pprof)
	return nil
}

// beyondName stands for the stacks that a node did not keep.
const beyondName = "(stacks not kept)"

// pprofOf makes a pprof profile of what nodes saw. Samples have the node's name as the label "node".
func pprofOf(list []answered[node.Profiled]) *profile.Profile {
	time := &profile.ValueType{Type: "time", Unit: "nanoseconds"}
	e := &pprofEncoder{functions: map[script.ProfiledFunction]*profile.Function{}, locations: map[pprofLine]*profile.Location{}}
	e.p = &profile.Profile{
		SampleType:        []*profile.ValueType{{Type: "samples", Unit: "count"}, time},
		DefaultSampleType: time.Type,
		PeriodType:        time,
	}
	e.lua = &profile.Mapping{ID: 1, File: "lua", HasFunctions: true, HasFilenames: true, HasLineNumbers: true} // pprof looks for no symbols then
	e.p.Mapping = []*profile.Mapping{e.lua}
	for _, a := range list {
		v := a.value
		if began := int64(v.Began * 1e9); e.p.TimeNanos == 0 || began < e.p.TimeNanos {
			e.p.TimeNanos = began
		}
		e.p.DurationNanos = max(e.p.DurationNanos, int64(v.Seconds*1e9))
		e.p.Period = v.Period
		if v.Stacks != nil {
			e.dir = v.Dir
			e.node(a.node, v)
		}
	}
	return e.p
}

// pprofEncoder numbers functions and lines.
type pprofEncoder struct {
	p         *profile.Profile
	dir       string // where the paths of the node begin
	lua       *profile.Mapping
	functions map[script.ProfiledFunction]*profile.Function
	locations map[pprofLine]*profile.Location
}

// pprofLine is a line of a function.
type pprofLine struct {
	fn   script.ProfiledFunction
	line int
}

// node adds the samples of one node, with the times that were measured. What does not fit together, as another program may
// have answered, is left out.
func (e *pprofEncoder) node(name string, v node.Profiled) {
	s := v.Stacks
	shares := newPprofShares(v)
	for _, st := range s.Stacks {
		var at []*profile.Location
		for i := 0; i+1 < len(st.Frames); i += 2 {
			if n := st.Frames[i]; n >= 0 && n < len(s.Functions) {
				at = append(at, e.location(pprofLine{s.Functions[n], st.Frames[i+1]}))
			}
		}
		e.sample(name, at, st.Seen, shares.of(s, st))
	}
	for _, r := range shares.unseen() {
		e.sample(name, e.row(r), 0, r.ns)
	}
	if s.Beyond > 0 {
		e.sample(name, []*profile.Location{e.location(pprofLine{fn: script.ProfiledFunction{Name: beyondName}})}, s.Beyond, shares.beyond)
	}
}

// row is the stack of a row that was not seen running: what is called, and as what.
func (e *pprofEncoder) row(r *pprofShare) (at []*profile.Location) {
	fn := script.ProfiledFunction{File: r.place}
	if i := strings.LastIndexByte(r.place, ':'); i > 0 {
		if line, err := strconv.Atoi(r.place[i+1:]); err == nil {
			fn.File, fn.Line = r.place[:i], line
		}
	}
	if fn.File != "" && fn.File != goPlace {
		at = append(at, e.location(pprofLine{fn, max(fn.Line, 1)}))
	}
	return append(at, e.location(pprofLine{fn: script.ProfiledFunction{Name: r.label}}))
}

func (e *pprofEncoder) sample(node string, at []*profile.Location, seen, ns int64) {
	e.p.Sample = append(e.p.Sample, &profile.Sample{Location: at, Value: []int64{seen, ns}, Label: map[string][]string{"node": {node}}})
}

func (e *pprofEncoder) location(at pprofLine) *profile.Location {
	at.fn.Place = "" // labels of one name are one thing here
	if l := e.locations[at]; l != nil {
		return l
	}
	fn := e.functions[at.fn]
	if fn == nil {
		fn = &profile.Function{ID: uint64(len(e.p.Function) + 1), Name: pprofName(at.fn), SystemName: pprofPlace(at.fn), Filename: e.file(at.fn.File), StartLine: int64(at.fn.Line)}
		e.functions[at.fn] = fn
		e.p.Function = append(e.p.Function, fn)
	}
	l := &profile.Location{ID: uint64(len(e.p.Location) + 1), Mapping: e.lua, Line: []profile.Line{{Function: fn, Line: int64(at.line)}}}
	e.locations[at] = l
	e.p.Location = append(e.p.Location, l)
	return l
}

// file is a path that pprof finds from wherever it is started; what is not there, or is bundled, is called as it is.
func (e *pprofEncoder) file(name string) string {
	if name == "" || e.dir == "" || filepath.IsAbs(name) {
		return name
	}
	if path := filepath.Join(e.dir, name); isFile(path) {
		return path
	}
	return name
}

// goPlace is the place of a function that is not Lua.
const goPlace = "[Go]"

// pprofName is what a function is called in a report: with its place, as the names of Lua functions are often the same.
func pprofName(f script.ProfiledFunction) string {
	switch {
	case f.File == "":
		return f.Name
	case f.Name == "":
		return "function " + pprofPlace(f)
	}
	return f.Name + " " + pprofPlace(f)
}

// pprofPlace is where a function begins. As a function's SystemName it must not be its Name: pprof would take that for
// what a compiler has made of a name of C++, and cut it.
func pprofPlace(f script.ProfiledFunction) string {
	switch {
	case f.File == "":
		return goPlace
	case f.Line == 0:
		return f.File
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}
