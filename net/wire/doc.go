// Package wire is Broker's binary format, version 1, on the way out and on the
// way in: values, Zeek's messages, handshake messages, store commands, and the
// frames that carry them. Whatever a real Broker writes is read, and what this
// package writes a real Broker reads; where the two differ is listed below.
//
// Nothing here holds state or starts goroutines. Functions that append take a
// slice and return it, grown, as append does, and allocate nothing if it has
// room. What readers give out aliases their input, so the input must stay as
// it is for as long; [DecodeData] is the exception and copies.
//
// # Values
//
// A value is a tag, which is the number of its [broker.Kind], and its content.
// All numbers are big-endian.
//
//	0  none       –
//	1  boolean    1 byte; anything but 0 reads as true
//	2  count      8 bytes
//	3  integer    8 bytes, two's complement
//	4  real       8 bytes, see below
//	5  string     length, bytes
//	6  address    16 bytes
//	7  subnet     16 bytes, 1 byte length over 128 bits (IPv4: +96)
//	8  port       2 bytes, 1 byte protocol (0 ?, 1 tcp, 2 udp, 3 icmp)
//	9  timestamp  8 bytes, signed nanoseconds since 1970
//	10 timespan   8 bytes, signed nanoseconds
//	11 enum       length, bytes
//	12 set        n, n values
//	13 table      n, n times key and value
//	14 vector     n, n values
//
// Lengths and counts are varbytes: seven bits a byte, low ones first, the top
// bit set on all but the last byte, 300 is ac 02. At most five bytes and 32
// bits are read; more than necessary are allowed.
//
// A real is IEEE-754 where it is a normal number or zero. Broker packs by
// arithmetic, which gives other bits for the rest:
//
//	+infinity  fff0000000000000   IEEE's bits for the other sign
//	-infinity  7ff0000000000000
//	NaN        ffffffffffffffff   and IEEE's usual 7ff8… is read as +infinity
//	subnormal  0 or -0            Broker writes garbage
//
// In memory reals are ordinary doubles.
//
// Sets and tables are written in order. They are read in any order, but not
// with duplicates.
//
// There are two ways to read. [Reader] walks over bytes and allocates nothing;
// it is for code that makes its own values of them:
//
//	r := wire.NewReader(payload)
//	kind, err := r.Kind()      // then exactly one of
//	n, err := r.Count()        // … the method for that kind,
//	n, err := r.Len()          // … or Len and then n values (a table: n pairs)
//
// [DecodeData] makes a [broker.Data] and [AppendData] takes one.
//
// # Limits
//
// Input is bounded before anything is allocated. A length or count that the
// rest of the input can't hold is refused, as are values nested deeper than
// [MaxDepth] and any trailing byte. DecodeData reads over the whole input
// first and then builds what is known to be there: hostile input costs at most
// nineteen times its size (a million vectors of one none each), lying counts
// cost nothing. Duplicates are found by sorting. The size of a frame is the
// caller's parameter, [DefaultMaxFrame] unless the operator says otherwise.
//
// # Zeek's messages
//
// A Zeek message is a vector (count 1, count type, content). An event is
//
//	0e 03 · 02 …01 · 02 …01 · 0e 02 · 05 name · 0e nargs · arguments
//
// and with metadata 0e 03 in place of 0e 02, and after the arguments a vector
// of pairs (count key, value); key 1 is the network timestamp.
// [AppendEventHeader] writes up to the arguments, [ParseEvent] reads up to
// them, so that an event nobody handles is never decoded. [ParseBatch] goes
// through a batch, whose messages are all good or all refused.
//
// # Frames
//
// [Header] is what the hub knows about a message. Two codecs write it, both
// with a length of four bytes in front that does not count itself. Broker's,
// for TCP:
//
//	16 sender (the last hop) · 16 receiver, zero for all · 1 type · 2 TTL · 2 topic length · topic · payload
//
// Ours, for QUIC and memory, with the message's identity:
//
//	1 type · 1 TTL · 2 topic length · 8 sequence number · [16 origin] · [16 receiver] · topic · payload
//
// In our type byte the low four bits are Broker's 1 to 5, 8 for our stores or
// 9 for link control; 0x10 says that a receiver follows, 0x20 an origin. The
// origin is left out where it is the sending end of the link. Any other bit,
// and an id of zeros that is said to be there, is an error, and the link must
// be closed. A link to Broker stays up and drops the one message.
//
// The payload of a data frame is one value, of a command frame a [Command], of
// a routing update a filter ([ParseFilter]), of pings and pongs any bytes.
// Before the first frame there is the handshake: [ParseHandshake].
//
// # Where we differ from Broker
//
// Refused here: varbytes of more than five bytes or 32 bits (undefined in
// Broker), values nested deeper than MaxDepth (Broker recurses until its stack
// ends), NaN beside another real in one set (ill-formed in Broker).
//
// Read otherwise: a real that Broker would read as a subnormal is a zero, so
// that what was read can be written again; 0 beside it in a set is therefore a
// duplicate. Written otherwise: subnormals, as said. The tests hold the list
// by the names of the recorded vectors.
package wire
