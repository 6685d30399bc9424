package capture

import (
	"errors"
	"io"

	"moonpeer/net/broker"
	"moonpeer/runtime/input/ahead"
)

// merged hands over the packets of several captures in the order of their times, as if one capture had them all. Each
// capture keeps its own order; of packets at the same time those of the capture named first come first.
type merged struct {
	taps  []tap
	last  int              // the tap of the packet that was handed over last
	clock broker.Timestamp // its time
	err   error            // of captures that are broken
}

// tap is one of several captures. Its next packet stays valid until it is asked for another one.
type tap struct {
	Packets
	name  string
	next  Packet
	have  bool
	ended bool
}

// Next implements [Packets]. While one capture has nothing yet, nobody knows whose packet is next. A broken capture ends
// there, the others go on, and what is wrong with it comes at the end of all.
func (m *merged) Next() (Packet, error) {
	first := -1
	for i := range m.taps {
		t := &m.taps[i]
		if err := m.fill(t); err != nil {
			return Packet{}, err
		}
		if t.have && (first < 0 || m.at(t) < m.at(&m.taps[first])) {
			first = i
		}
	}
	if first < 0 {
		if m.err != nil {
			return Packet{}, m.err
		}
		return Packet{}, io.EOF
	}
	t := &m.taps[first]
	m.last, m.clock = first, m.at(t)
	t.have = false
	return t.next, nil
}

// fill gets hold of a tap's next packet, unless it has one or is at its end.
func (m *merged) fill(t *tap) error {
	if t.have || t.ended {
		return nil
	}
	p, err := t.Packets.Next()
	switch {
	case err == nil:
		t.next, t.have = p, true
	case err == ahead.ErrWait, err == errAgain:
		return err
	default:
		t.ended = true
		if err != io.EOF {
			m.err = errors.Join(m.err, err)
		}
	}
	return nil
}

// at is the time of a tap's next packet; one without a time is due at once.
func (m *merged) at(t *tap) broker.Timestamp {
	if !t.next.Timed {
		return m.clock
	}
	return t.next.Time
}

// name returns the capture of the packet that was handed over last.
func (m *merged) name() string { return m.taps[m.last].name }

// Progress implements [Packets].
func (m *merged) Progress() (done, total int64) {
	for i := range m.taps {
		d, t := m.taps[i].Progress()
		done += d
		if t < 0 || total < 0 {
			total = -1
			continue
		}
		total += t
	}
	return done, total
}

// Close implements [Packets].
func (m *merged) Close() error {
	var errs []error
	for i := range m.taps {
		errs = append(errs, m.taps[i].Close())
	}
	return errors.Join(errs...)
}
