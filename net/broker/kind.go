package broker

// Kind is the type of a value. Its number is Broker's: the first byte of a
// serialised value, and the rank of the type in the total order.
type Kind uint8

// The kinds, in Broker's order.
const (
	KindNone Kind = iota
	KindBoolean
	KindCount
	KindInteger
	KindReal
	KindString
	KindAddress
	KindSubnet
	KindPort
	KindTimestamp
	KindTimespan
	KindEnum
	KindSet
	KindTable
	KindVector
)

// kindNames holds Broker's names. JSON spells one of them differently
// (enum-value); that is net/wirejson's business.
var kindNames = [...]string{
	KindNone:      "none",
	KindBoolean:   "boolean",
	KindCount:     "count",
	KindInteger:   "integer",
	KindReal:      "real",
	KindString:    "string",
	KindAddress:   "address",
	KindSubnet:    "subnet",
	KindPort:      "port",
	KindTimestamp: "timestamp",
	KindTimespan:  "timespan",
	KindEnum:      "enum_value",
	KindSet:       "set",
	KindTable:     "table",
	KindVector:    "vector",
}

// Valid reports whether k is one of the fifteen kinds.
func (k Kind) Valid() bool { return k <= KindVector }

// String returns Broker's name of the kind, "invalid" for a number that is none.
func (k Kind) String() string {
	if !k.Valid() {
		return "invalid"
	}
	return kindNames[k]
}
