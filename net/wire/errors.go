package wire

import "moonpeer/net/broker"

// What a decoder found wrong. All match broker.ErrDeserializationFailed. They
// are made once: refusing a message allocates nothing. Where it went wrong is
// Reader.Offset; DecodeData puts it into the error.
var (
	// ErrTruncated: the input ends within a value, or a length or count is
	// larger than what is left of the input.
	ErrTruncated = malformed("input ends within a value")
	// ErrTag: the first byte of a value is none of the fifteen kinds.
	ErrTag = malformed("unknown kind of value")
	// ErrVarbyte: a length or count has more than five bytes or 32 bits.
	ErrVarbyte = malformed("length of more than 32 bits")
	// ErrProto: the protocol of a port is none of the four.
	ErrProto = malformed("unknown protocol of a port")
	// ErrDepth: values are nested deeper than MaxDepth.
	ErrDepth = malformed("values nested too deep")
	// ErrTrailing: bytes follow after the value.
	ErrTrailing = malformed("bytes follow after the value")
	// ErrDuplicate: a set or table holds two equivalent elements or keys.
	ErrDuplicate = malformed("duplicate in a set or table")
	// ErrEmpty: there is no value at all.
	ErrEmpty = malformed("cannot parse null data")
	// ErrFilter: a filter has more than MaxFilter prefixes.
	ErrFilter = malformed("filter of more than 65,536 prefixes")
	// ErrShape: the value is well-formed, but not a Zeek message of the
	// type asked for.
	ErrShape = malformed("not a Zeek message of this type")
)

func malformed(context string) error {
	return &broker.Error{Code: broker.DeserializationFailed, Context: context}
}
