// Package wirejson is Broker's JSON format, version 1, which its WebSocket
// clients speak: values, data messages, and the few frames around them. It
// makes and reads [broker.Data]; nothing in it holds state or starts
// goroutines, and results never alias their input.
//
// This format loses digits: reals have six decimals, times milliseconds. It is
// for the WebSocket only, never for files.
//
// # Format
//
// A value is an object of two members, written in this order and without
// white space:
//
//	{"@data-type":"count","data":42}
//
//	none       {}                        vector  [V,…]
//	boolean    true                      set     [V,…] in Broker's order
//	count      42                        table   [{"key":V,"value":V},…]
//	integer    -7                        address "2001:db8::"
//	real       -7.500000                 subnet  "10.0.0.0/8"
//	string     "a\nb"                    port    "8080/tcp"
//	enum-value "Notice::LOG"             timespan "1500ms", in s, ms, us or ns
//	timestamp  "2014-07-09T10:16:44.000", UTC
//
// A data message has type and topic in front of the two members; see
// [AppendMessage]. A client's first message is an array of topic prefixes
// ([DecodeSubscriptions]), the answer [AppendAck], complaints [AppendError].
//
// # What is read
//
// JSON by Broker's lexical rules, which differ from the standard's. Members
// come in any order; unknown ones are ignored, but must be JSON; of two with
// one name the first counts. A number without point and exponent is an
// integer, any other a real, and neither is taken for the other: 1.0 is no
// count and 42 no real. Beside the standard's numbers there are +42, .5, 5.
// and nan. Strings may hold raw control characters but NUL, and any bytes that
// are not UTF-8, which pass as they are. Arrays and objects may be nested 128
// deep, which is 63 vectors. There are no trailing commas, and only white
// space may follow.
//
// Errors are [broker.Error]s: InvalidJSON for what is no JSON, TypeClash for
// JSON that is no value (ErrNotObject if it is not even an object),
// DeserializationFailed for duplicates in a set or table. They name line and
// column. A clash is reported only if the rest of the document is JSON.
//
// # Where we differ from Broker
//
// Refused, because Broker reads something else than was meant:
//
//	010, 08, 01.5     leading zeros: Broker reads octal, or refuses
//	0x1F, 0b101       Broker reads hexadecimal and binary
//	"\/"              Broker reads a question mark
//	\ud800 alone      Broker's result is not UTF-8
//	ports, subnets, addresses and times: see package broker
//
// Read, where Broker fails:
//
//	CR                as white space, as in the standard
//	"\u0000"          as NUL; written so, too
//	1e22 and above in plain digits, as Broker itself writes them
//	null              for a real, as NaN
//	timespans         above 2^53 ns to the nanosecond; 2^63-1 does not wrap
//	reals             correctly rounded
//
// Written so that every parser can read it, where Broker writes no JSON:
//
//	control characters and \v   as \u00XX
//	infinity                    as 1e400, which Broker reads as infinity
//	NaN                         as null
//
// One thing remains: bytes of a string that are not UTF-8 are written as they
// are, as Broker does; a string is bytes, and JSON has no other place for
// them. A server must expect strict clients to hang up over them.
//
// The tests hold these lists by the names of the recorded vectors, and fail
// when an entry no longer differs.
//
// # Cost
//
// Memory is bounded by the input, at most eight times its size. Time is linear
// where @data-type stands before data, as every encoder we know writes it. The
// other order is read twice on each level, 64 times at worst.
package wirejson
