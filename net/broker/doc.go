// Package broker is the vocabulary of Zeek's Broker, which all other packages
// speak: values and their order, topics and filters, endpoint ids, status and
// error codes, and the text of each. It imports the standard library only,
// owns no goroutine and has no state; everything in it may be used from
// anywhere at once.
//
// # Values
//
// [Data] is a value of one of fifteen kinds. The interface is sealed, so a type
// switch over the types below is complete; such switches live in this package,
// net/wire, net/wirejson and bindings/convert, nowhere else.
//
//	kind       type       zero       text
//	none       None       None{}     nil
//	boolean    Boolean    false      F, T
//	count      Count      0          42
//	integer    Integer    0          -7
//	real       Real       0          4.200000
//	string     String     ""         the bytes as they are
//	address    Address    ::         1.2.3.4, 2001:db8::
//	subnet     Subnet     ::/0       10.0.0.0/8
//	port       Port       0/?        80/tcp
//	timestamp  Timestamp  0          1404901004000000000ns
//	timespan   Timespan   0          23000000000ns
//	enum_value Enum       ""         Module::NAME
//	set        Set        {}         {1, 2}
//	table      Table      {}         {a -> 1}
//	vector     Vector     ()         (1, nil)
//
// The number of a [Kind] is both the tag on the wire and the rank in the total
// order of [Compare]. Kinds never mix: count 1 is not integer 1.
//
// An [Address] has sixteen bytes; IPv4 is ::ffff:a.b.c.d. The length of a
// [Subnet] counts over all 128 bits, so an IPv4 /8 is 104; [Subnet.Width] is
// what people write.
//
// A [Set] and a [Table] are slices in order, each element or key once. Make
// them with [NewSet] and [NewTable], which sort and refuse duplicates and NaN:
// no real is above or below a NaN. Decoders use [SortSet] and [SortTable],
// which let a NaN pass where no other real is beside it.
//
// A value is built only where Go code must look at it: stores, JSON, logs,
// print. On the way between scripts and the network there are bytes, see
// net/wire.
//
// # Text
//
// [Text] is Broker's to_string, for messages about values. For people there
// are also [FormatInterval] and [Timestamp.AppendSeconds]; for Broker's JSON
// [Timespan.AppendUnits] and [Timestamp.AppendISO].
//
// The parsers read what Broker's read, except where Broker reads something
// else than the text says. These are errors here, each a [ParseError]:
//
//	address    "1.2.3."          Broker: 1.2.3.0
//	subnet     "10.0.0.0/33"     Broker: ::/0, also for ::ffff:10.0.0.0/104
//	           "10.0.0.0/8x"     Broker: /8; also blanks and signs before the number
//	port       "65536/tcp"       Broker: 0/tcp, and -1 is 65535
//	           "abc/tcp", ""     Broker: 0/tcp; also "80x/udp" and " 80/udp"
//	timespan   "9223372036854775808ns", and all that needs more than 64 bits
//	           "010s"            Broker refuses it, too
//	timestamp  "2300-01-01T00:00:00"  Broker: some day in 1715
//	           years of other than four digits; a leading 0 is octal for Broker
//
// More exact than Broker's are whole timespans above 2^53 ns and fractions of
// seconds, since no double is in between. More lenient is [ParseEndpointID]:
// an id with a version above 5 can arrive over the wire, so it can be read.
//
// [ParseInterval] is for people and has units of its own; a lone m is refused,
// because it could be a month.
//
// # Topics
//
// Topics are bytes, subscriptions are prefixes of them, and a [Filter] is a
// minimal sorted list of prefixes. /foo matches /foobar. For many receivers see
// net/prefix.
//
// # Errors
//
// [Error] carries one of Broker's codes; a [Code] is part of the protocol and
// is never renumbered (testdata/codes.txt). Tell errors apart by the sentinels
// or by [CodeOf]:
//
//	if errors.Is(err, broker.ErrNoSuchKey) { … }
//
// [Status] and [Error] have a form as values, in which they are published to
// local subscribers, and a text form; both are Broker's.
package broker
