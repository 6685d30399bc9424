package capture

import (
	"fmt"
	"io"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/ahead"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/rawfile"
)

// Options say how to read a capture.
type Options struct {
	Flow flow.Options
	// Shards is among how many nodes the connections of a capture are shared out, each of which reads all of it, and Shard
	// the share of this one, from 0; see [flow.Packet.Shard]. Packets of no connection are the first one's. 0 of 0:
	// everything. Flow.MaxFlows bounds each share.
	Shard, Shards int
	// Wake is called from another goroutine when a capture that comes through a pipe said [input.Wait] and
	// there may be more now.
	Wake func()
}

// Stats counts what became of packets.
type Stats struct {
	Packets   uint64 // all
	Foreign   uint64 // another shard's, which are not counted below
	NotIP     uint64 // no IP, or a link type that is not read
	OtherIP   uint64 // neither TCP, UDP nor ICMP
	Fragments uint64 // pieces that did not complete a packet
	Malformed uint64
	Flow      flow.Stats
}

// Source turns packets into connection events. It is an [input.Source].
type Source struct {
	name          func() string // the capture that next is from
	in            Packets
	table         *flow.Table
	dec           decoder
	shard, shards int

	next   Packet
	have   bool
	clock  broker.Timestamp
	timed  bool  // clock is set
	err    error // why there are no more packets
	ended  bool  // all connections were ended, too
	stats  Stats
	warned warned
}

// warned notes what was said once and is only counted since.
type warned struct {
	malformed, evicted bool
	links              map[LinkType]bool
}

var _ input.Source = (*Source)(nil)

// Open opens a capture by name: pcap or pcapng, compressed or not. A pipe is read by a goroutine of its own; what is
// wrong with its header shows in Pull only.
func Open(path string, o Options) (*Source, error) {
	in, err := openPackets(path, o.Wake)
	if err != nil {
		return nil, err
	}
	return open(path, in, o)
}

// Merge opens several captures as one, whose packets come in the order of their times. Where some have a goroutine, as
// pipes do, nothing is handed over while one of them is behind.
func Merge(paths []string, o Options) (*Source, error) {
	if len(paths) == 1 {
		return Open(paths[0], o)
	}
	m := &merged{}
	for _, path := range paths {
		in, err := openPackets(path, o.Wake)
		if err != nil {
			m.Close()
			return nil, err
		}
		m.taps = append(m.taps, tap{Packets: in, name: path})
	}
	s, err := open("", m, o)
	if err != nil {
		return nil, err
	}
	s.name = m.name
	return s, nil
}

func openPackets(path string, wake func()) (Packets, error) {
	raw, err := rawfile.Open(path)
	if err != nil {
		return nil, err
	}
	if !raw.Regular {
		return newPiped(raw, wake), nil
	}
	in, err := newCapFile(raw)
	if err != nil {
		raw.Close()
		return nil, err
	}
	return in, nil
}

// Read reads a capture from r, such as standard input, which is called name in messages, by a goroutine of its own.
// Close closes r if it can be closed.
func Read(name string, r io.Reader, o Options) (*Source, error) {
	return open(name, newPiped(rawfile.From(name, r), o.Wake), o)
}

func open(name string, in Packets, o Options) (*Source, error) {
	s, err := New(name, in, o)
	if err != nil {
		in.Close()
	}
	return s, err
}

// New returns the source of the connections in any packets. It takes over in, if there is no error.
func New(name string, in Packets, o Options) (*Source, error) {
	if o.Shards < 0 || o.Shard < 0 || o.Shard >= max(o.Shards, 1) {
		return nil, fmt.Errorf("shard %d of %d: want one from 0 to below their number", o.Shard, o.Shards)
	}
	table, err := flow.New(o.Flow)
	if err != nil {
		return nil, fmt.Errorf("connection table: %w", err)
	}
	return &Source{name: func() string { return name }, in: in, table: table, shard: o.Shard, shards: max(o.Shards, 1)}, nil
}

// Pull implements [input.Source]. Items are packets and the ends of connections whose time is up, in the order of
// their times; after the last packet all connections that are left end, in the order of their start.
func (s *Source) Pull(max int, until broker.Timestamp, sink input.Sink) (n int, st input.State) {
	for n < max {
		raised := false
		switch err := s.fill(); {
		case err == ahead.ErrWait:
			return n, input.Wait
		case err == errAgain:
			n++
			continue
		case err != nil:
			if !s.table.EndFirst(sink) {
				s.ended = true
				return n, s.end()
			}
			raised = true
		default:
			due, expires := s.table.Due(s.at())
			if !expires {
				due = s.at()
			}
			if due > until {
				return n, input.More
			}
			s.clock, s.timed = due, true
			if expires {
				s.table.Expire(due, sink)
				raised = true
			} else {
				raised = s.packet(sink)
			}
		}
		n++
		if raised && sink.Enough() {
			break
		}
	}
	return n, input.More
}

func (s *Source) end() input.State {
	if s.err == io.EOF {
		return input.Done
	}
	return input.Failed
}

// fill gets hold of the next packet.
func (s *Source) fill() error {
	if s.have || s.err != nil {
		return s.err
	}
	p, err := s.in.Next()
	switch {
	case err == nil:
		s.next, s.have = p, true
	case err != ahead.ErrWait && err != errAgain:
		s.err = err
	}
	return err
}

// at is the time at which the next packet is handed over: its own, unless the clock is ahead.
func (s *Source) at() broker.Timestamp {
	if !s.next.Timed {
		return s.clock
	}
	return max(s.clock, s.next.Time)
}

// packet hands the next packet to the table.
func (s *Source) packet(sink input.Sink) (raised bool) {
	p := &s.next
	s.have = false
	s.stats.Packets++
	s.dec.pkt.Time = s.clock
	if p.Timed {
		s.dec.pkt.Time = p.Time
	}
	v := s.dec.decode(p)
	if s.shards > 1 && s.foreign(v) {
		s.stats.Foreign++
		return false
	}
	switch v {
	case decoded:
		evicted := s.table.Evicted()
		raised = s.table.Packet(&s.dec.pkt, sink)
		if s.table.Evicted() > evicted && !s.warned.evicted {
			s.warned.evicted = true
			s.warn(sink, fmt.Errorf("more connections at once than the table holds: some end early, to make room; they are counted"))
		}
		return raised
	case notIP:
		s.stats.NotIP++
		s.checkLink(p.Link, sink)
	case otherIP:
		s.stats.OtherIP++
	case fragment:
		s.stats.Fragments++
	case malformed:
		s.stats.Malformed++
		if !s.warned.malformed {
			s.warned.malformed = true
			s.warn(sink, fmt.Errorf("packet %d is malformed: %w; more such packets are only counted", s.stats.Packets, s.dec.err))
		}
	}
	return false
}

// foreign tells whether the packet that was just decoded, with that verdict, is another shard's.
func (s *Source) foreign(v verdict) bool {
	if v != decoded {
		return s.shard != 0
	}
	return s.dec.pkt.Shard(s.shards) != s.shard
}

// checkLink warns once about each link type that is not read.
func (s *Source) checkLink(l LinkType, sink input.Sink) {
	if _, ok := firstLayer(l, nil); ok || s.warned.links[l] || len(s.warned.links) > 16 {
		return
	}
	if s.warned.links == nil {
		s.warned.links = map[LinkType]bool{}
	}
	s.warned.links[l] = true
	s.warn(sink, fmt.Errorf("packet %d is skipped, as all of its kind: %w", s.stats.Packets, checkLink(l)))
}

func (s *Source) warn(sink input.Sink, err error) {
	sink.Warn(&input.Error{File: s.name(), Offset: s.next.Offset, Err: err})
}

// Peek implements [input.Source].
func (s *Source) Peek() (broker.Timestamp, bool) {
	if s.fill() != nil {
		return s.clock, s.timed && s.err != nil && !s.ended
	}
	if due, ok := s.table.Due(s.at()); ok {
		return due, true
	}
	return s.at(), true
}

// Clock implements [input.Source].
func (s *Source) Clock() (broker.Timestamp, bool) { return s.clock, s.timed }

// Progress implements [input.Source].
func (s *Source) Progress() (done, total int64) { return s.in.Progress() }

// Stats returns the counters.
func (s *Source) Stats() Stats {
	st := s.stats
	st.Flow = s.table.Stats()
	return st
}

// Err implements [input.Source].
func (s *Source) Err() error {
	if s.err == io.EOF || !s.ended {
		return nil
	}
	return s.err
}

// Close implements [input.Source].
func (s *Source) Close() error { return s.in.Close() }
