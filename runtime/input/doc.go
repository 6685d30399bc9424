// Package input is what a node reads: captures, Zeek logs, events on standard input.
//
// # What it is for
//
// An input is a [Source], pulled by the node's loop when it has nothing better to do, item by item; what comes out goes
// to the node's [Sink]. Nothing is ever dropped: while the scripts and the outgoing lanes are busy, nobody pulls, and
// whoever writes into our end of a pipe waits.
//
//	src, err := capture.Open("trace.pcap", capture.Options{})
//	…
//	at, ok := src.Peek()                     // the time to which the node's clock may move
//	n, state := src.Pull(256, nextTimer, sink)
//
// This package holds what sources and nodes have to agree on: [Source], [Sink], [RecordType], [Error]. The sources
// are its children:
//
//	capture   pcap and pcapng: packets, as connection events
//	flow        the connection table behind it
//	zeeklog   Zeek's logs, tab-separated and JSON, finished or growing: records
//	jsonline  {"event": …, "args": …} on standard input: events
//	lines     text line by line, for the two above
//	ahead     a goroutine that reads what may make its reader wait
//	rawfile   files, compressed or not, and pipes
//
// capturegen writes captures for tests and benchmarks, inputtest is a sink for tests.
//
// # Time
//
// Sources that replay have a clock, the time of the item being handed over; it never goes back. [Source.Peek] tells the
// next item's time before it is pulled, so that the node runs what is due before, or waits where it replays at the
// recorded pace. [Source.Pull] stops at a time as well as at a count, so that nothing is handed over too early.
//
// # Order and state
//
// A connection in a script's hands changes with each packet. A node that wants its handlers to see it as it was when the
// event happened answers [Sink.Enough] with true once it has queued something; Pull then returns after the item.
//
// # Goroutines
//
// All methods of a source, and all calls of a sink, happen on the goroutine that pulls. Regular files are read there,
// in pieces: a disk does not make us wait for anybody. Standard input, pipes and files that are followed are read by a
// goroutine each, through a queue of fixed size; such a source says [Wait] when the queue is empty and calls its Wake
// function when it is not any more.
//
// # Live capture
//
// Reading from an interface will be one more implementation of capture.Packets, handed to capture.New; the connection
// table, its clock and the events know nothing of files.
package input
