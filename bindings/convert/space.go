package convert

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// Space is everything that conversion keeps per VM: the interned values with their metatables, and the record
// types by name. It belongs to the goroutine that runs the VM.
type Space struct {
	// NewContainer makes the empty container of a declared or decoded type, with room for n elements. While it is
	// nil, decoded sets, tables and vectors are plain Lua tables.
	NewContainer func(t *Type, n int) Container
	// WrapContainer returns the userdata of a container, the same one each time.
	WrapContainer func(c Container) *lua.LUserData
	// TakeContainer makes a container of another VM one of this VM, without what is in it. It returns false for one
	// that is ours already. While it is nil, containers belong to no VM.
	TakeContainer func(c Container) bool

	env  *lua.LTable
	none *lua.LUserData

	addrs     interned[broker.Address, nothing]
	subnets   interned[broker.Subnet, nothing]
	ports     interned[broker.Port, nothing]
	times     interned[broker.Timestamp, nothing]
	intervals interned[broker.Timespan, nothing]
	enums     interned[broker.Enum, nothing]
	numbers   interned[number, nothing]
	tuples    interned[tupleKey, []lua.LValue]

	kinds     map[*lua.LTable]*kindMeta // by metatable
	recordMT  *lua.LTable
	outcomeMT *lua.LTable
	records   map[string]*recordRef
	ownFields map[ownField]bool

	sorter  sorter
	scratch []byte // tuple keys being looked up
	bytes   []byte // values on their way to or from broker.Data
}

// The boxes, for telling userdata apart by their Value.
type (
	addrBox     = box[broker.Address, nothing]
	subnetBox   = box[broker.Subnet, nothing]
	portBox     = box[broker.Port, nothing]
	timeBox     = box[broker.Timestamp, nothing]
	intervalBox = box[broker.Timespan, nothing]
	enumBox     = box[broker.Enum, nothing]
	numberBox   = box[number, nothing]
	tupleBox    = box[tupleKey, []lua.LValue]
)

// noneValue is the Value of the userdata types.none.
type noneValue struct{}

// NewSpace returns the space of the VM that L is the main thread of.
func NewSpace(L *lua.LState) *Space {
	s := &Space{env: L.G.Global, records: map[string]*recordRef{}, ownFields: map[ownField]bool{}}
	s.addrs.hash = hashAddress
	s.subnets.hash = func(n broker.Subnet) uint32 { return hashAddress(n.Net) + mix(uint64(n.Len)) }
	s.ports.hash = func(p broker.Port) uint32 { return mix(uint64(p.Number)<<8 | uint64(p.Proto)) }
	s.times.hash = func(t broker.Timestamp) uint32 { return mix(uint64(t)) }
	s.intervals.hash = func(t broker.Timespan) uint32 { return mix(uint64(t)) }
	s.enums.hash = func(e broker.Enum) uint32 { return hashString(string(e)) }
	s.numbers.hash = func(n number) uint32 { return mix(n.bits + uint64(n.kind)) }
	s.tuples.hash = func(k tupleKey) uint32 { return hashString(string(k)) }
	s.openMetatables(L)
	return s
}

func hashAddress(a broker.Address) uint32 {
	return mix(binary.LittleEndian.Uint64(a[8:]) ^ binary.LittleEndian.Uint64(a[:8])*31)
}

// hashString is FNV-1a. The tables behind it are Go maps with a hash of their own, so keys made to collide here
// only share a shard.
func hashString(k string) uint32 {
	h := uint64(14695981039346656037)
	for i := range len(k) {
		h = (h ^ uint64(k[i])) * 1099511628211
	}
	return mix(h)
}

// None returns types.none, which stands for Broker's none inside vectors and tuples.
func (s *Space) None() lua.LValue { return s.none }

// Address returns the Lua value of an address.
func (s *Space) Address(a broker.Address) lua.LValue { return s.addrs.get(a) }

// Subnet returns the Lua value of a subnet.
func (s *Space) Subnet(n broker.Subnet) lua.LValue { return s.subnets.get(n) }

// Port returns the Lua value of a port.
func (s *Space) Port(p broker.Port) lua.LValue { return s.ports.get(p) }

// Time returns the Lua value of a point in time.
func (s *Space) Time(t broker.Timestamp) lua.LValue { return s.times.get(t) }

// Interval returns the Lua value of an interval.
func (s *Space) Interval(t broker.Timespan) lua.LValue { return s.intervals.get(t) }

// Enum returns the Lua value of an enum's full name.
func (s *Space) Enum(e broker.Enum) lua.LValue { return s.enums.get(e) }

// enumOf is Enum for a name that may alias bytes which are used again.
func (s *Space) enumOf(name string) lua.LValue {
	if b := s.enums.find(broker.Enum(name)); b != nil {
		return &b.ud
	}
	return s.enums.get(broker.Enum(strings.Clone(name)))
}

// str is a Lua string of text that may alias bytes which are used again.
func (s *Space) str(text string) lua.LValue { return lua.LString(strings.Clone(text)) }

// ParseType is the function ParseType with the record types of this VM.
func (s *Space) ParseType(text string) (*Type, error) { return parseType(text, s) }

// ParseKeyType is the function ParseKeyType with the record types of this VM.
func (s *Space) ParseKeyType(text string) (*Type, error) { return parseKeyType(text, s) }

// ParseSignature is the function ParseSignature with the record types of this VM.
func (s *Space) ParseSignature(text string) (*Signature, error) {
	return parseSignature(text, s)
}

// DeclareRecord binds rt's name to it. The same declaration again is the same type, which is returned; a
// different one is an error that names both.
func (s *Space) DeclareRecord(rt *RecordType) (*RecordType, error) {
	ref := s.records[rt.name]
	switch {
	case ref == nil:
		s.records[rt.name] = &recordRef{name: rt.name, rt: rt}
	case ref.rt == nil:
		ref.rt = rt
	case !ref.rt.Equal(rt) || ref.rt.Open != rt.Open:
		return nil, fmt.Errorf("record type %s is declared as %s already, not as %s", rt.name, ref.rt, rt)
	default:
		return ref.rt, nil
	}
	return rt, nil
}

// Record returns the record type of that name, nil if nobody has declared it.
func (s *Space) Record(name string) *RecordType {
	if ref := s.records[name]; ref != nil {
		return ref.rt
	}
	return nil
}

// UndeclaredRecords returns the names of record types that are used and that nobody has declared, sorted: worth a
// warning when all scripts are loaded.
func (s *Space) UndeclaredRecords() []string {
	var names []string
	for name, ref := range s.records {
		if ref.rt == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (s *Space) record(name string) *recordRef {
	if ref := s.records[name]; ref != nil {
		return ref
	}
	if isFieldName(name) {
		return nil // a single word, more likely a type misspelt
	}
	ref := &recordRef{name: name}
	s.records[name] = ref
	return ref
}

func (s *Space) recordNames() []string {
	names := make([]string, 0, len(s.records))
	for name := range s.records {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
