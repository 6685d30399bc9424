package storelib

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/asynclib"
	"moonpeer/bindings/containerlib"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/bindings/namespacelib"
	"moonpeer/bindings/reporterlib"
	"moonpeer/bindings/timerlib"
	"moonpeer/bindings/valuelib"
	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
	"moonpeer/store"
	"moonpeer/store/rules"
)

// fake is a store in a Go map. While slow, the outcome of writes waits for answer.
type fake struct {
	name    string
	master  bool
	m       map[string][]byte
	order   []string
	expiry  map[string]broker.Timespan
	at      map[string]int64 // when keys expire, for who asks
	slow    bool
	err     error // of reads
	refuse  error // of writes
	waiting []func()
	watcher store.Watcher
	closed  bool
}

func newFake(name string, master bool) *fake {
	return &fake{name: name, master: master, m: map[string][]byte{}, expiry: map[string]broker.Timespan{}}
}

func (f *fake) Name() string               { return f.name }
func (f *fake) IsMaster() bool             { return f.master }
func (f *fake) Len() (int, error)          { return len(f.m), f.err }
func (f *fake) Outstanding() int           { return len(f.waiting) }
func (f *fake) Info() store.Info           { return store.Info{Name: f.name} }
func (f *fake) SetWatcher(w store.Watcher) { f.watcher = w }
func (f *fake) Get(key []byte) ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	if v, ok := f.m[string(key)]; ok {
		return v, nil
	}
	return nil, broker.ErrNoSuchKey
}

// EachExpiring implements expiring: expiries are absolute here if at is set.
func (f *fake) EachExpiring(fn func(key, value []byte, expiry int64) bool) error {
	for _, k := range f.order {
		if f.err == nil && !fn([]byte(k), f.m[k], f.at[k]) {
			break
		}
	}
	return f.err
}

func (f *fake) Each(fn func(key, value []byte) bool) error {
	for _, k := range f.order {
		if f.err == nil && !fn([]byte(k), f.m[k]) {
			break
		}
	}
	return f.err
}

// Close ends writes that wait, as the real ones do.
func (f *fake) Close() error {
	f.closed, f.refuse = true, broker.ErrShuttingDown
	f.answer()
	return nil
}

// answer gives all writes that wait their outcome.
func (f *fake) answer() {
	waiting := f.waiting
	f.waiting = nil
	for _, fn := range waiting {
		fn()
	}
}

func (f *fake) Do(c *wire.Command, w store.Waiter) (store.Result, bool) {
	if !f.slow {
		return f.apply(c), true
	}
	kept := *c
	kept.Key, kept.Value = slices.Clone(c.Key), slices.Clone(c.Value)
	f.waiting = append(f.waiting, func() {
		r := f.apply(&kept)
		if w != nil {
			w.Done(r)
		}
	})
	return store.Result{}, false
}

func (f *fake) apply(c *wire.Command) (r store.Result) {
	if f.refuse != nil {
		return store.Result{Err: f.refuse}
	}
	key, old := string(c.Key), f.m[string(c.Key)]
	switch c.Kind {
	case wire.CmdPutUnique:
		if old != nil {
			return r
		}
		r.Inserted = true
		f.put(c, key, c.Value)
	case wire.CmdPut:
		f.put(c, key, c.Value)
	case wire.CmdErase:
		f.erase(key)
	case wire.CmdClear:
		for len(f.order) > 0 {
			f.erase(f.order[0])
		}
	case wire.CmdAdd, wire.CmdSubtract:
		var now []byte
		if c.Kind == wire.CmdAdd {
			now, r.Err = rules.Add(nil, old, c.Value, c.Init)
		} else {
			now, r.Err = rules.Subtract(nil, old, c.Value)
		}
		if r.Err == nil {
			f.put(c, key, now)
		}
	}
	return r
}

func (f *fake) put(c *wire.Command, key string, v []byte) {
	old := f.m[key]
	kind := store.Update
	if old == nil {
		kind = store.Insert
		f.order = append(f.order, key)
	}
	f.tell(&store.Change{Kind: kind, Key: []byte(key), Old: old, New: v})
	f.m[key] = slices.Clone(v)
	if c.HasExpiry {
		f.expiry[key] = c.Expiry
	}
}

func (f *fake) erase(key string) {
	if old, ok := f.m[key]; ok {
		f.tell(&store.Change{Kind: store.Erase, Key: []byte(key), Old: old})
		delete(f.m, key)
		f.order = slices.DeleteFunc(f.order, func(k string) bool { return k == key })
	}
}

func (f *fake) tell(c *store.Change) {
	if f.watcher != nil && f.watcher.Wants() {
		f.watcher.Changed(c)
	}
}

// fakes are the stores of a node.
type fakes struct {
	all     map[string]store.Store
	masters []MasterOptions
	clones  []CloneOptions
	fail    error
}

func (s *fakes) Master(name string, o MasterOptions) (store.Store, error) {
	s.masters = append(s.masters, o)
	return s.open(name, true)
}

func (s *fakes) Clone(name string, o CloneOptions) (store.Store, error) {
	s.clones = append(s.clones, o)
	return s.open(name, false)
}

func (s *fakes) open(name string, master bool) (store.Store, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	if s.all[name] == nil {
		s.all[name] = newFake(name, master)
	}
	return s.all[name], nil
}

func (s *fakes) Find(name string) store.Store {
	at := s.all[name]
	if f, ok := at.(*fake); ok && f.closed {
		delete(s.all, name)
		return nil
	}
	return at
}

// bare is a domain with the modules that scripts with stores need, fake stores, and clocks that stand still.
type bare struct {
	t      testing.TB
	d      *script.Domain
	s      *convert.Space
	lib    *Lib
	async  *asynclib.Lib
	stores *fakes

	containers *containerlib.Lib
	before     *bare
	now        step.Time
	timers     *step.Timers
	out        bytes.Buffer
	errs       []string // what was reported
}

const began = int64(1_700_000_000 * time.Second)

// open makes a domain whose only file has the text src, and raises node_init. Its file may have functions that Go calls later: run.
func open(t testing.TB, src string) *bare {
	t.Helper()
	b := &bare{t: t, stores: &fakes{all: map[string]store.Store{}}}
	b.load(src, nil)
	b.d.Raise(b.d.Event("node_init"), nil)
	b.settle()
	return b
}

func (b *bare) load(src string, before *script.Domain) {
	b.t.Helper()
	reports := script.NewReports(nil)
	reports.Hook = func(level, text string) { b.errs = append(b.errs, level+": "+text) }
	d, err := script.New(script.Options{Modules: []script.Module{b}, Reports: reports, Stdout: &b.out, Before: before,
		Clock: func() int64 { return began + int64(b.now) }, Instructions: 1_000_000})
	if err != nil {
		b.t.Fatal(err)
	}
	b.d = d
	file := b.t.TempDir() + "/p.lua"
	writeFile(b.t, file, src)
	if err := d.Load([]string{file}); err != nil {
		b.t.Fatal(err)
	}
}

// Open implements script.Module.
func (b *bare) Open(d *script.Domain) error {
	b.d, b.s = d, convert.NewSpace(d.L)
	names := namespacelib.New(d)
	names.Open()
	events := eventlib.New(d, b.s, names, nobody{})
	if b.timers == nil {
		b.timers = &step.Timers{}
	}
	b.async = &asynclib.Lib{Space: b.s, Now: func() step.Time { return b.now }, Register: b.timers.Register}
	b.containers = &containerlib.Lib{Space: b.s, Names: names}
	b.lib = &Lib{Space: b.s, Async: b.async, Containers: b.containers, Stores: b.stores}
	if b.before != nil {
		b.async.Before, b.lib.Before, b.containers.Before = b.before.async, b.before.lib, b.before.containers
	}
	for name, fn := range valuelib.Globals(b.s) {
		d.SetGlobal(name, d.VM.NewFunction(name, fn))
	}
	types := map[string]lua.LValue{"none": b.s.None()}
	for name, fn := range valuelib.Types(b.s) {
		types[name] = d.VM.NewFunction("types."+name, fn)
	}
	d.SetModule("types", types)
	d.SetGlobal("fake", d.VM.NewFunction("fake", b.control))
	for _, m := range []script.Module{events, b.containers, &reporterlib.Lib{Space: b.s}, &timerlib.Lib{}, b.async, b.lib} {
		if err := m.Open(d); err != nil {
			return err
		}
	}
	return nil
}

// nobody is a network without anyone.
type nobody struct{}

func (nobody) Wanted(string) bool           { return false }
func (nobody) Publish(string, []byte) error { return nil }

// control is fake(name, what): slow, fast, answer, stale, fresh, full.
func (b *bare) control(L *lua.LState) int {
	f := b.stores.all[L.CheckString(1)].(*fake)
	switch L.CheckString(2) {
	case "slow":
		f.slow = true
	case "fast":
		f.slow = false
	case "answer":
		f.answer()
	case "stale":
		f.err = &broker.Error{Code: broker.StaleData, Context: `store "s"`}
	case "fresh":
		f.err = nil
	case "full":
		f.refuse = &broker.Error{Code: broker.BackendFailure, Context: `store "s"`, Err: fmt.Errorf("it is full")}
	}
	return 0
}

// settle runs what is due now.
func (b *bare) settle() {
	for more := true; more; {
		more = b.timers.Next() <= b.now && b.timers.Step(b.now)
		more = b.d.Tick(began+int64(b.now), 100) || more
		more = b.d.Run(100, nil) > 0 || more
	}
}

// advance moves the clocks second by second.
func (b *bare) advance(seconds int) {
	for range seconds {
		b.now += 1e9
		b.settle()
	}
}

// call runs Lua text and returns its error.
func (b *bare) call(src string) error {
	b.t.Helper()
	fn, err := b.d.VM.Load("test.lua", src)
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = b.d.VM.Call(fn, 0)
	b.settle()
	return err
}

// run runs Lua text that must not fail.
func (b *bare) run(src string) {
	b.t.Helper()
	if err := b.call(src); err != nil {
		b.t.Fatal(err)
	}
}

// lines returns what was printed, joined by " | ", and forgets it.
func (b *bare) lines() string {
	text := strings.ReplaceAll(strings.TrimSuffix(b.out.String(), "\n"), "\n", " | ")
	b.out.Reset()
	return strings.ReplaceAll(text, "\t", " ")
}

// reported returns what was reported, without the folder of the file and without tracebacks, and forgets it.
func (b *bare) reported() string {
	var lines []string
	for _, text := range b.errs {
		text, _, _ = strings.Cut(text, "\n")
		if i := strings.Index(text, "/p.lua"); i >= 0 {
			j := strings.LastIndexByte(text[:i], ' ')
			text = text[:j+1] + text[i+1:]
		}
		lines = append(lines, text)
	}
	b.errs = nil
	return strings.Join(lines, " | ")
}

var errExists = &broker.Error{Code: broker.MasterExists, Context: `store "x"`, Err: fmt.Errorf("elsewhere")}
