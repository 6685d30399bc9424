// Package convert is everything between Lua values and Broker's kinds. It is the only place where a Lua value
// becomes bytes, a container's key or a broker.Data, and where it comes back.
//
// # Values
//
//	Broker kind      Lua                                   typed places also take
//	none             nil; types.none in vectors, tuples
//	boolean          boolean
//	count, integer   number up to 2^53, beyond a big
//	real             number                                what types.real returned
//	string           string
//	address          interned userdata
//	subnet           interned userdata
//	port             interned userdata
//	timestamp        interned userdata
//	timespan         interned userdata                     a number of seconds, a text like "5 min"
//	enum             interned userdata
//	set              container                             an empty Lua table
//	table            container                             an empty Lua table
//	vector           container                             an empty Lua table
//	vector           tuple, where a composite key is declared
//	vector           record, where a record is declared    a Lua table by field name
//
// Interned means that equal values are the same Lua value, so == and table keys work. A [Space] holds them by weak
// pointers: what no script has any more is forgotten. They are immutable, their metatables protected.
//
// Where a type is declared, a value must be of exactly that kind, but for the last column. Where none is, it goes
// by default kinds: an integral number from 0 to 2^53 is a count, a negative one an integer, another number a real;
// a list or an empty table is a vector, another table a table. types.int and types.real return numbers that keep
// their kind there; arithmetic makes plain numbers of them.
//
// What arrives where nothing is declared becomes a number whatever its kind of number was. Sets, tables and vectors
// become containers with elements of type any.
//
// # Types
//
// A [Type] is what scripts write: addr, set[addr, port], table[addr] of count, vector of string, EX::info, string?.
// A [Signature] is the types of an event's arguments. Both are immutable and belong to no VM. [Space.ParseType] and
// [Space.ParseSignature] read them.
//
// # Ways
//
//	Lua → bytes          AppendArgs, AppendTyped, AppendDefault   one pass, no value tree
//	bytes → Lua          DecodeArgs, DecodeTyped                  one pass; nothing refers to the bytes
//	Lua → Lua            Check, CheckArgs                         as it would read back
//	Lua ↔ container      AppendKey, KeyToLua, ToStored, FromStored
//	container → bytes    AppendStored, and all of the above when they meet a container
//	bytes → container    DecodeStored
//	Lua ↔ broker.Data    ToData, FromData                         for stores and logs
//	Lua → text           AppendText, AppendPrint, AppendLua, AppendJSON; a Go value by its [Fielded]
//	Lua → another VM     Plain, Carry                             copies; Adopt and Bring hand over
//	text → Lua           Parse, ParseValue, FromJSON
//
// Canonical keys are made so that comparing their bytes orders as Broker orders the values: fixed-size kinds
// big-endian with the sign bit flipped, reals with their bits made monotonous, strings raw, or with 00 as 00 ff and
// 00 00 at the end when something follows; a composite key's columns one behind the other; a key of type any with
// its kind plus one in front, a tuple's end a zero. Containers sort keys, and never values.
//
// # Use
//
// A Space and all that it returned belong to the goroutine that runs the VM. Types, signatures, record types and
// stored values don't; a stored value may be handed to another Space, that of the VM after a hot reload.
//
//	s := convert.NewSpace(L)
//	sig, err := s.ParseSignature("src: addr, n: count, note: string?")
//	b := wire.AppendEventHeader(nil, "EX::found", sig.NumArgs(args))
//	b, err = s.AppendArgs(b, sig, args)
//
//	ev, err := wire.ParseEvent(b)
//	args, err := s.DecodeArgs(&ev.Args, ev.NArgs, sig, args[:0])
//
// Errors say what was expected and what came: [MismatchError], [ArgError] with the argument's position and name,
// [ArityError], [PathError] for what is inside another value. All else matches one of broker's codes. At the border
// to Lua wrong use raises ([ArgRaise], [Raise]) and an outcome of the world is nil and an error value
// ([Space.Fail]).
package convert
