package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/rawfile"
)

const (
	// bufferSize is read from disk at once.
	bufferSize = 256 << 10
	// maxPacket is libpcap's limit on what is captured of one packet.
	maxPacket = 256 << 10
)

var errCut = errors.New("the capture ends in the middle of a packet")

// capFile reads a capture with its caller waiting for the file.
type capFile struct {
	raw  *rawfile.File
	c    *rawfile.Content
	pcap *pcapgo.Reader // or
	ng   *pcapgo.NgReader
	gate *blocks // in front of ng
	head *bufio.Reader
	link LinkType // of all packets in a pcap
}

// newCapFile reads the header of a capture. It takes over raw only if there is no error.
func newCapFile(raw *rawfile.File) (*capFile, error) {
	c, err := raw.Content(bufferSize)
	if err != nil {
		return nil, err
	}
	f := &capFile{raw: raw, c: c}
	magic, err := c.Peek(4)
	switch {
	case err == io.EOF && len(magic) == 0:
		return nil, f.at(-1, errors.New("the capture is empty, not even a header"))
	case err == io.EOF:
		return nil, f.at(-1, errNoCapture(magic))
	case err != nil:
		return nil, f.at(0, err)
	}
	switch binary.BigEndian.Uint32(magic) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1:
		err = f.openPcap()
	case 0x0a0d0d0a:
		err = f.openNg()
	default:
		err = errNoCapture(magic)
	}
	if err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF || err == errCut {
			err = errors.New("the capture ends in its header")
		}
		return nil, f.at(-1, err)
	}
	return f, nil
}

func errNoCapture(magic []byte) error {
	hint := ""
	if len(magic) > 0 && (magic[0] == '#' || magic[0] == '{') {
		hint = " (it looks like a Zeek log)"
	}
	return fmt.Errorf("not a capture: starts with % x, want pcap or pcapng, compressed or not%s", magic, hint)
}

func (f *capFile) openPcap() (err error) {
	if f.pcap, err = pcapgo.NewReader(f.c.Reader); err != nil {
		return err
	}
	// The upper bits say how long the frame check sequence is, which no header needs.
	f.link = LinkType(f.pcap.LinkType())
	// What the file says would be the room it gets.
	f.pcap.SetSnaplen(maxPacket)
	return checkLink(f.link)
}

func (f *capFile) openNg() (err error) {
	f.gate = &blocks{in: f.c}
	f.head = bufio.NewReaderSize(f.gate, 4096) // pcapgo takes it as it is, so that what it has not consumed can be seen
	f.ng, err = pcapgo.NewNgReader(f.head, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil && f.gate.err != nil {
		err = f.gate.err // pcapgo wraps some errors into text
	}
	return err
}

// Next implements [Packets], but for errAgain: there is no packet yet, but it took long enough.
func (f *capFile) Next() (p Packet, err error) {
	start := f.c.Offset()
	// pcapgo checks what it reads; should it panic all the same, only this capture ends.
	defer func() {
		if r := recover(); r != nil {
			p, err = Packet{}, f.at(start, fmt.Errorf("broken capture: %v", r))
		}
	}()
	if f.ng != nil {
		return f.nextNg()
	}
	data, ci, err := f.pcap.ZeroCopyReadPacketData()
	if err != nil {
		return Packet{}, f.failed(start, err)
	}
	return packet(data, ci.Timestamp, f.link, start), nil
}

func (f *capFile) nextNg() (Packet, error) {
	f.gate.open()
	data, ci, err := f.ng.ZeroCopyReadPacketData()
	start := f.gate.start
	if err == nil && (f.gate.left > 0 || f.head.Buffered() > 0) {
		err = errBlock
	}
	if err != nil {
		if f.gate.err != nil {
			err = f.gate.err
		}
		return Packet{}, f.failed(start, err)
	}
	link, _ := ci.AncillaryData[0].(layers.LinkType)
	return packet(data, ci.Timestamp, LinkType(link), start), nil
}

func packet(data []byte, at time.Time, link LinkType, start int64) Packet {
	p := Packet{Data: data, Link: link, Offset: start}
	if sec := at.Unix(); sec >= 0 && sec < math.MaxInt64/int64(time.Second) {
		p.Time, p.Timed = broker.Timestamp(at.UnixNano()), true
	}
	return p
}

// failed tells the end from a broken capture; start is where the item that was not read begins.
func (f *capFile) failed(start int64, err error) error {
	switch {
	case err == io.EOF && f.c.Offset() == start:
		return io.EOF
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		err = errCut
	case err == errAgain:
		return err
	}
	return f.at(start, err)
}

func (f *capFile) at(offset int64, err error) error {
	if known := (*input.Error)(nil); errors.As(err, &known) {
		return err
	}
	if offset >= 0 && f.c.Compressed {
		err = fmt.Errorf("(decompressed) %w", err)
	}
	return &input.Error{File: f.raw.Name, Offset: offset, Err: err}
}

// Progress implements [Packets].
func (f *capFile) Progress() (done, total int64) { return f.raw.Progress() }

// Close implements [Packets].
func (f *capFile) Close() error { return f.raw.Close() }
