package luavm

import (
	"math/rand/v2"
	"time"

	lua "github.com/yuin/gopher-lua"
)

const (
	registrySize     = 1024
	registryMax      = 262144 // values on the stack of a thread, e.g. results of unpack
	registryStep     = 8192   // growing by less makes long argument lists quadratic
	poolRegistrySize = 256
	stackOverflow    = "stack overflow"
)

// VM is one Lua state. It must be used by one goroutine at a time, except for [VM.Running], [VM.Calls], [VM.Halt], [VM.Halted] and
// [VM.Interrupt].
type VM struct {
	options Options
	main    *lua.LState
	counter counter

	pool    []*lua.LState // threads for protected calls, by depth
	links   []link        // what runs, outermost first
	depth   int           // protected calls among links
	calling bool          // an outermost call is in progress

	trampoline    *lua.LFunction // under every xpcall
	resumer       *lua.LFunction // coroutine.resume for Resume
	raise         func(*lua.LState)
	create        lua.LGFunction // gopher-lua's coroutine.create and resume
	resume        lua.LGFunction
	coroutineBase *lua.FunctionProto // under every coroutine

	lastMatching *matching
	next         *lua.LFunction // next, and the iterator of ipairs
	ipairsNext   *lua.LFunction

	sources    map[string]*source // of loaded chunks, for messages
	counting   counting
	coroutines coroutineList
	compaction *compaction // nil between rounds

	started time.Time
	random  *rand.Rand
}

// New makes a VM with the standard library.
func New(options Options) *VM {
	o := options.withDefaults()
	vm := &VM{options: o, started: o.Now(), random: newRandom(o.Seed), sources: map[string]*source{}}
	vm.main = lua.NewState(lua.Options{
		CallStackSize:       o.CallDepth,
		RegistrySize:        registrySize,
		RegistryMaxSize:     registryMax,
		RegistryGrowStep:    o.registryStep,
		MinimizeStackMemory: true,
		SkipOpenLibs:        true,
	})
	vm.counter.maxString = o.MaxString
	vm.counter.failed = vm.shortenTrace
	vm.counter.slice, vm.counter.sample = slice, vm.takeSample
	vm.SetBudget(o.Budget)
	vm.openLibraries()
	vm.main.SetContext(&vm.counter)
	return vm
}

// State returns the main thread, for making values and setting globals. It must not be used for calls:
// [VM.Call] and its sisters are; nor must Go functions that Lua calls use it instead of the thread
// that they are given.
func (vm *VM) State() *lua.LState { return vm.main }

func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) }

// Close releases what the VM holds outside of Go's memory: temporary files of the io library. The VM
// must not be used afterwards.
func (vm *VM) Close() {
	vm.main.Close()
	vm.options.Coverage.close(vm.counting.tallies)
}
