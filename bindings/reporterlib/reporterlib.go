// Package reporterlib is the Lua module `reporter`, a script's own diagnostics, and `print`.
package reporterlib

import (
	"bufio"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/script"
)

// perSite is how many messages of one call are written in perSpan; the others are counted.
const (
	perSite = 20
	perSpan = int64(10e9)
)

// Lib implements script.Module.
type Lib struct {
	Space *convert.Space
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib

	d     *script.Domain
	sites map[string]*site
	out   *bufio.Writer
}

// site is one place in a script that reports.
type site struct {
	since   int64
	written int
	kept    uint64
}

// Open predefines `reporter` and `print`.
func (l *Lib) Open(d *script.Domain) error {
	l.d, l.sites, l.out = d, map[string]*site{}, bufio.NewWriter(d.Stdout())
	fn := func(level string) lua.LValue {
		return d.VM.NewFunction("reporter."+level, func(L *lua.LState) int { return l.report(L, level) })
	}
	d.SetModule("reporter", map[string]lua.LValue{
		"info":    fn("info"),
		"warning": fn("warning"),
		"error":   fn("error"),
	})
	d.SetGlobal("print", d.VM.NewFunction("print", l.print))
	return nil
}

// TakeOver goes on counting where the one before has come to: a reload gives nobody room for more.
func (l *Lib) TakeOver() {
	l.sites, l.Before = l.Before.sites, nil
}

// report formats as string.format does and writes "file:line: text".
func (l *Lib) report(L *lua.LState, level string) int {
	where := l.d.VM.Where(L, 1)
	s := l.sites[where]
	if s == nil {
		s = &site{since: l.d.Now()}
		l.sites[where] = s
	}
	if now := l.d.Now(); now-s.since >= perSpan {
		if s.kept > 0 {
			l.d.Reports.Infof("%s: %d messages were not written", where, s.kept)
		}
		*s = site{since: now}
	}
	if s.written >= perSite {
		s.kept++
		return 0
	}
	s.written++
	l.d.Reports.Script(level, where+": "+l.text(L))
	return 0
}

func (l *Lib) text(L *lua.LState) string {
	if L.GetTop() == 1 {
		return L.ToStringMeta(L.Get(1)).String()
	}
	format, ok := L.GetField(L.GetGlobal("string"), "format").(*lua.LFunction)
	if !ok {
		return L.Get(1).String()
	}
	n := L.GetTop()
	L.Push(format)
	for i := 1; i <= n; i++ {
		L.Push(L.Get(i))
	}
	L.Call(n, 1)
	s := L.Get(-1).String()
	L.Pop(1)
	return s
}

// print writes its arguments to stdout, tabs between them, flushed per call; containers and records as `node
// print` shows them.
func (l *Lib) print(L *lua.LState) int {
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			l.out.WriteByte('\t')
		}
		v := L.Get(i)
		if composite(v) {
			l.write(L, string(l.Space.AppendPrint(nil, v)))
			continue
		}
		l.write(L, L.ToStringMeta(v).String())
	}
	l.out.WriteByte('\n')
	if err := l.out.Flush(); err != nil {
		L.RaiseError("%s", fmt.Sprintf("print: %v", err))
	}
	return 0
}

// write charges what it writes, an instruction for four bytes, so that printing comes to an end, too.
func (l *Lib) write(L *lua.LState, text string) {
	if err := l.d.VM.Charge(len(text) / 4); err != nil {
		L.RaiseError("print: %s", err.Error())
	}
	l.out.WriteString(text)
}

// composite tells containers and records from what tostring shows well.
func composite(v lua.LValue) bool {
	if _, ok := convert.AsContainer(v); ok {
		return true
	}
	if _, ok := convert.AsRecord(v); ok {
		return true
	}
	_, ok := convert.AsGoRecord(v)
	return ok
}
