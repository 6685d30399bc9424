package capture

import (
	"moonpeer/net/broker"
)

// Packets hands over raw packets one by one. Files and pipes are two; an interface of this machine will be a third.
type Packets interface {
	// Next returns the next packet; its data is valid until the next call. It never waits for anybody: the error
	// is [ahead.ErrWait] when there is none right now. io.EOF is the end, and any other error ends the input, too.
	Next() (Packet, error)
	// Progress returns the bytes read of those there are, total -1 where nobody knows.
	Progress() (done, total int64)
	// Close lets go of the input. It may be called more than once.
	Close() error
}

// Packet is a frame as it was captured.
type Packet struct {
	Data []byte // what was captured of it
	Time broker.Timestamp
	// Timed is false for a packet without a time, or with one outside of 1970 to 2262: it counts as simultaneous
	// with its predecessor.
	Timed bool
	Link  LinkType // the first header's kind
	// Offset is where in the capture it begins, for messages; -1 where there is no such place.
	Offset int64
}

// LinkType is the number of a link layer, as captures have it (LINKTYPE_…).
type LinkType uint16
