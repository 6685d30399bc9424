package broker

// Data is a value of one of the fifteen kinds. The interface is sealed: a type
// switch that lists the fifteen types below is complete. A nil Data counts as
// None everywhere in this package.
//
// Values are immutable by convention: whoever is handed a Set, Table or Vector
// does not change its elements.
type Data interface {
	// Kind tells the type of the value.
	Kind() Kind

	sealed()
}

// The scalar kinds.
type (
	// None is the only value of its kind: Lua's nil, Zeek's unset field.
	None struct{}
	// Boolean is true or false.
	Boolean bool
	// Count is an unsigned 64-bit number.
	Count uint64
	// Integer is a signed 64-bit number.
	Integer int64
	// Real is a double. On the wire a subnormal becomes zero (see net/wire).
	Real float64
	// String is any sequence of bytes; nobody checks for UTF-8.
	String string
	// Enum is the full name of an enum value, Module::NAME.
	Enum string
)

// Vector is a sequence of values of any kinds.
type Vector []Data

// Set holds values in Broker's order, each once. Make one with NewSet; a
// literal must keep the order itself, all code relies on it.
type Set []Data

// Table maps values to values, in the order of its keys, each key once. Make
// one with NewTable; a literal must keep the order itself.
type Table []TableItem

// TableItem is one entry of a Table.
type TableItem struct{ Key, Value Data }

// KindOf returns d's kind, KindNone for nil.
func KindOf(d Data) Kind {
	if d == nil {
		return KindNone
	}
	return d.Kind()
}

// Kind implements Data.
func (None) Kind() Kind { return KindNone }

// Kind implements Data.
func (Boolean) Kind() Kind { return KindBoolean }

// Kind implements Data.
func (Count) Kind() Kind { return KindCount }

// Kind implements Data.
func (Integer) Kind() Kind { return KindInteger }

// Kind implements Data.
func (Real) Kind() Kind { return KindReal }

// Kind implements Data.
func (String) Kind() Kind { return KindString }

// Kind implements Data.
func (Address) Kind() Kind { return KindAddress }

// Kind implements Data.
func (Subnet) Kind() Kind { return KindSubnet }

// Kind implements Data.
func (Port) Kind() Kind { return KindPort }

// Kind implements Data.
func (Timestamp) Kind() Kind { return KindTimestamp }

// Kind implements Data.
func (Timespan) Kind() Kind { return KindTimespan }

// Kind implements Data.
func (Enum) Kind() Kind { return KindEnum }

// Kind implements Data.
func (Set) Kind() Kind { return KindSet }

// Kind implements Data.
func (Table) Kind() Kind { return KindTable }

// Kind implements Data.
func (Vector) Kind() Kind { return KindVector }

func (None) sealed()      {}
func (Boolean) sealed()   {}
func (Count) sealed()     {}
func (Integer) sealed()   {}
func (Real) sealed()      {}
func (String) sealed()    {}
func (Address) sealed()   {}
func (Subnet) sealed()    {}
func (Port) sealed()      {}
func (Timestamp) sealed() {}
func (Timespan) sealed()  {}
func (Enum) sealed()      {}
func (Set) sealed()       {}
func (Table) sealed()     {}
func (Vector) sealed()    {}

// Zero returns the default value of a kind, the one a store creates for a
// missing entry: false, 0, "", ::, ::/0, 0/?, empty containers. A number that
// is no kind gives None.
func Zero(k Kind) Data {
	switch k {
	case KindBoolean:
		return Boolean(false)
	case KindCount:
		return Count(0)
	case KindInteger:
		return Integer(0)
	case KindReal:
		return Real(0)
	case KindString:
		return String("")
	case KindAddress:
		return Address{}
	case KindSubnet:
		return Subnet{}
	case KindPort:
		return Port{}
	case KindTimestamp:
		return Timestamp(0)
	case KindTimespan:
		return Timespan(0)
	case KindEnum:
		return Enum("")
	case KindSet:
		return Set(nil)
	case KindTable:
		return Table(nil)
	case KindVector:
		return Vector(nil)
	}
	return None{}
}
