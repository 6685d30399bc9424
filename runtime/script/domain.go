package script

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/step"
	"moonpeer/runtime/luavm"
)

// Options configure a domain. The zero value of each field means what its comment says.
type Options struct {
	Modules   []Module
	Converter Converter // must be set before an event with arguments is dispatched
	Reports   *Reports  // where errors and warnings go; nil: nowhere
	Stdout    io.Writer // print; nil: discarded

	Clock func() int64 // the node's clock, ns since 1970; nil: always 0
	Rand  *rand.Rand   // seeds math.random; nil: a fixed seed

	Bundled fs.FS    // policies and libraries by name; nil: none
	Cache   *Cache   // where compiled files are kept; nil: one of its own
	Path    []string // folders that require searches after the policy's own
	// Sources are texts that Load finds by name before it looks for files: scripts that lie in none.
	Sources map[string]string

	Coverage *luavm.Coverage // counts what the files execute; nil: nobody does

	Instructions int64          // per handler, and for loading a file; 0: 200 million
	MaxQueued    int            // events waiting at most; 0: 1,048,576
	Strict       bool           // what a look at a file finds wrong keeps it from being loaded, as with Check; what may be meant stays a warning
	Check        bool           // load without effects: what a script must not do while loading, it can't do here at all
	Exit         func(code int) // called by os.exit, after which no Lua of the domain runs any more; nil: the process ends
	Before       *Domain        // the domain that this one is to succeed, see TakeOver; nil: there is none
}

func (o Options) withDefaults() Options {
	if o.Reports == nil {
		o.Reports = NewReports(io.Discard)
	}
	if o.Cache == nil {
		o.Cache = new(Cache)
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Clock == nil {
		o.Clock = func() int64 { return 0 }
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(1, 2))
	}
	if o.Instructions == 0 {
		o.Instructions = 200_000_000
	}
	if o.MaxQueued == 0 {
		o.MaxQueued = 1 << 20
	}
	return o
}

// Domain is one VM with the scripts in it, their events and their timers.
type Domain struct {
	VM      *luavm.VM
	L       *lua.LState
	Reports *Reports

	opts    Options
	scripts []*Script
	events  map[string]*Event
	names   []string // of events, in order of first mention
	fifo    queue
	timers  step.Heap[func(now int64)]
	loader  loader

	script      *Script // being loaded, or whose handler runs
	current     *Event  // being dispatched, with its arguments and origin
	currentArgs []lua.LValue
	origin      Origin
	argv        []lua.LValue
	ready       bool // scripts are loaded: effects are allowed
	exited      bool // by os.exit
	interrupted string
	trace       func(o *Origin)
	profile     *Profile // nil: nobody counts what calls cost

	Counters Counters
}

// Counters are what a domain counts about its events.
type Counters struct {
	Raised     uint64 // queued by this node
	Received   uint64 // queued from elsewhere
	Dispatched uint64 // handed to at least one handler
	Unhandled  uint64 // no handler here
	Misfits    uint64 // remote, arguments that do not fit the declaration
	Refused    uint64 // the queue was full
	Errors     uint64 // handlers, timers and callbacks that ended with an error
}

// New makes a domain and opens its modules. No script is loaded yet.
func New(opts Options) (*Domain, error) {
	opts = opts.withDefaults()
	d := &Domain{opts: opts, Reports: opts.Reports, events: map[string]*Event{}}
	clock := opts.Clock // a closure over opts would keep the domain before alive
	d.VM = luavm.New(luavm.Options{
		Budget: opts.Instructions,
		Now:    func() time.Time { return time.Unix(0, clock()) },
		Seed:   opts.Rand.Uint64(),
		Stdout: opts.Stdout,

		Coverage: opts.Coverage,
	})
	d.L = d.VM.State()
	d.loader.init(d)
	for i, m := range opts.Modules {
		d.follow(i)
		if err := m.Open(d); err != nil {
			return nil, err
		}
	}
	d.guardExit()
	d.protectGlobals()
	return d, nil
}

// Now returns the node's time in ns since 1970.
func (d *Domain) Now() int64 { return d.opts.Clock() }

// Stdout is where print writes.
func (d *Domain) Stdout() io.Writer { return d.opts.Stdout }

// Script returns the script that is being loaded or whose handler runs; nil when Go is on its own.
func (d *Domain) Script() *Script { return d.script }

// SetConverter gives the domain the one who makes Lua values. A module does it in Open.
func (d *Domain) SetConverter(c Converter) { d.opts.Converter = c }

// SetTrace has fn called for each event before its handlers are, with where it came from; nil: nobody looks. Describe shows
// the event.
func (d *Domain) SetTrace(fn func(o *Origin)) { d.trace = fn }

// Ready tells whether all scripts are loaded. The body of a file declares; what has effects outside the VM is
// refused until then.
func (d *Domain) Ready() bool { return d.ready }

// Event returns the event called name, making it on first mention.
func (d *Domain) Event(name string) *Event {
	if ev, ok := d.events[name]; ok {
		return ev
	}
	ev := &Event{Name: name}
	d.events[name] = ev
	d.names = append(d.names, name)
	return ev
}

// Lookup returns the event called name, or nil when nobody has mentioned it.
func (d *Domain) Lookup(name string) *Event { return d.events[name] }

// LookupBytes is Lookup for a name that is still in a message. It does not allocate.
func (d *Domain) LookupBytes(name []byte) *Event { return d.events[string(name)] }

// Events calls fn for each event in the order of first mention.
func (d *Domain) Events(fn func(*Event)) {
	for _, n := range d.names {
		fn(d.events[n])
	}
}

// On registers fn for the event called name.
func (d *Domain) On(name string, fn *lua.LFunction, priority int) *Handler {
	ev := d.Event(name)
	h := &Handler{Event: ev, Fn: fn, Priority: priority, Script: d.script, Place: FunctionPlace(fn), label: "handler " + name}
	ev.add(h)
	return h
}

// FunctionPlace returns the file and line where a Lua function begins.
func FunctionPlace(fn *lua.LFunction) string {
	if fn == nil || fn.IsG || fn.Proto == nil {
		return "[Go]"
	}
	return fmt.Sprintf("%s:%d", fn.Proto.SourceName, fn.Proto.LineDefined)
}

// Raise queues a local event. The arguments are copied; they must already fit the declaration. It returns
// false when the queue is full, which is counted.
func (d *Domain) Raise(ev *Event, args []lua.LValue) bool {
	if !d.room() {
		return false
	}
	d.Counters.Raised++
	ev.Raised++
	if ev.Sig == nil {
		ev.early++
	}
	d.fifo.pushArgs(ev, args)
	return true
}

// RaiseGo queues a local event whose only argument is a Go value; nothing happens when nobody handles it.
func (d *Domain) RaiseGo(ev *Event, arg any) bool {
	if !ev.Wanted() {
		d.Counters.Unhandled++
		ev.Dropped++
		return true
	}
	if !d.room() {
		return false
	}
	d.Counters.Raised++
	ev.Raised++
	d.fifo.pushGo(ev, arg)
	return true
}

// Receive queues an event that came as bytes, which are copied. The caller has looked the event up.
func (d *Domain) Receive(ev *Event, o Origin) bool {
	if !d.room() {
		return false
	}
	d.Counters.Received++
	d.fifo.pushBytes(ev, o)
	return true
}

// Defer runs fn on the loop when everything that is queued now has been handled. It takes no part in the bound.
func (d *Domain) Defer(fn func()) { d.fifo.pushFunc(fn, 0) }

// DeferSized is Defer for what holds that many bytes: while too many wait, inputs hold back.
func (d *Domain) DeferSized(size int, fn func()) { d.fifo.pushFunc(fn, size) }

// DeferBounded is DeferSized for what others may cause any number of, a call each: it returns false when the queue is
// full, which is counted.
func (d *Domain) DeferBounded(size int, fn func()) bool {
	if !d.room() {
		return false
	}
	d.fifo.pushFunc(fn, size)
	return true
}

// DeferReceived is Defer for what came from another node and is to keep its place among the events: fn gets payload,
// which is copied. It returns false when the queue is full.
func (d *Domain) DeferReceived(payload []byte, fn func(payload []byte)) bool {
	if !d.room() {
		return false
	}
	d.Counters.Received++
	kept := bytes.Clone(payload)
	d.fifo.pushFunc(func() { fn(kept) }, len(kept))
	return true
}

func (d *Domain) room() bool {
	if d.fifo.len < d.opts.MaxQueued && d.fifo.size < maxQueuedBytes {
		return true
	}
	d.Counters.Refused++
	if d.Counters.Refused == 1 {
		d.Reports.Warnf("the event queue is full (%d events, %d MB): further ones are dropped and counted", d.fifo.len, d.fifo.size>>20)
	}
	return false
}

// Abandon drops the events that wait and returns how many there were.
func (d *Domain) Abandon() int {
	n := d.fifo.len
	d.fifo.reset()
	return n
}

// Queued returns the number of events that wait.
func (d *Domain) Queued() int { return d.fifo.len }

// Full tells whether inputs should hold back: the queue is over half of its bound.
func (d *Domain) Full() bool {
	return d.fifo.len > d.opts.MaxQueued/2 || d.fifo.size > maxQueuedBytes/2
}

// maxQueuedBytes bounds the text and payload of the events that wait.
const maxQueuedBytes = 256 << 20
