package convert

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

// Kind is what a type says about its values. Its numbers are ours and never leave the process.
type Kind uint8

// The kinds. The zero value takes any value.
const (
	KindAny Kind = iota
	KindBool
	KindCount
	KindInt
	KindReal
	KindString
	KindAddr
	KindSubnet
	KindPort
	KindTime
	KindInterval
	KindEnum
	KindTuple
	KindSet
	KindTable
	KindVector
	KindRecord
)

// kindWords are the words that scripts write. The last five take more than a word.
var kindWords = [...]string{
	KindAny:      "any",
	KindBool:     "bool",
	KindCount:    "count",
	KindInt:      "int",
	KindReal:     "real",
	KindString:   "string",
	KindAddr:     "addr",
	KindSubnet:   "subnet",
	KindPort:     "port",
	KindTime:     "time",
	KindInterval: "interval",
	KindEnum:     "enum",
	KindTuple:    "tuple",
	KindSet:      "set",
	KindTable:    "table",
	KindVector:   "vector",
	KindRecord:   "record",
}

// String returns the word that scripts write.
func (k Kind) String() string { return kindWords[k] }

// wireKinds gives the Broker kind of a value of each type; a record and a composite key are vectors. KindAny has
// none, and none of the others is KindNone.
var wireKinds = [...]broker.Kind{
	KindBool:     broker.KindBoolean,
	KindCount:    broker.KindCount,
	KindInt:      broker.KindInteger,
	KindReal:     broker.KindReal,
	KindString:   broker.KindString,
	KindAddr:     broker.KindAddress,
	KindSubnet:   broker.KindSubnet,
	KindPort:     broker.KindPort,
	KindTime:     broker.KindTimestamp,
	KindInterval: broker.KindTimespan,
	KindEnum:     broker.KindEnum,
	KindTuple:    broker.KindVector,
	KindSet:      broker.KindSet,
	KindTable:    broker.KindTable,
	KindVector:   broker.KindVector,
	KindRecord:   broker.KindVector,
}

// wireWords are the words for what arrives, so that messages about a remote event speak as scripts do.
var wireWords = [...]string{
	broker.KindNone:      "none",
	broker.KindBoolean:   "bool",
	broker.KindCount:     "count",
	broker.KindInteger:   "int",
	broker.KindReal:      "real",
	broker.KindString:    "string",
	broker.KindAddress:   "addr",
	broker.KindSubnet:    "subnet",
	broker.KindPort:      "port",
	broker.KindTimestamp: "time",
	broker.KindTimespan:  "interval",
	broker.KindEnum:      "enum",
	broker.KindSet:       "set",
	broker.KindTable:     "table",
	broker.KindVector:    "vector",
}

// ScalarNamed returns the kind of scalars that word names, any left out. The error names the nearest word.
func ScalarNamed(word string) (Kind, error) {
	for k := KindBool; k < KindTuple; k++ {
		if k.String() == word {
			return k, nil
		}
	}
	return KindAny, fmt.Errorf("no kind of scalars is called %q%s", word, script.DidYouMean(word, kindWords[KindBool:KindTuple]))
}
