package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"moonpeer/runtime/input/rawfile"
)

// The blocks of a pcapng file that matter for packets.
const (
	sectionHeader  = 0x0a0d0d0a
	interfaceBlock = 1
	packetBlock    = 2 // obsolete
	simplePacket   = 3
	enhancedPacket = 6
)

const (
	maxBlock      = 1 << 20  // bytes of a block that is looked into
	maxInterfaces = 4096     // of a section
	maxSkip       = 16 << 20 // bytes skipped at once
)

var (
	errBlock = errors.New("broken capture: a block's length does not fit what is in it")
	// errAgain interrupts the skipping of blocks that are of no use: call again.
	errAgain = errors.New("skipped a lot, there is more")
)

// blocks stands between a pcapng file and the library that reads it and passes on only what the library is to see:
// blocks that matter, one after the other, and nothing behind a packet's block until open is called. So what the
// library reads or keeps is bounded, whatever the lengths in the file claim, and the place of each block is known.
type blocks struct {
	in         *rawfile.Content
	big        bool  // byte order of the section
	start      int64 // offset of the block under way or passed on last
	left       int   // bytes of it not passed on yet
	skip       int64 // bytes of it not skipped yet
	skipped    int   // since open
	packet     bool  // a packet's block was passed on since open
	interfaces int
	err        error // what Read failed with, but for io.EOF
}

// open lets the next packet's block through.
func (b *blocks) open() { b.packet, b.skipped = false, 0 }

// Read passes on a piece of one block.
func (b *blocks) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	for b.left == 0 {
		if err := b.next(); err != nil {
			if err != io.EOF && err != errAgain {
				b.err = err
			}
			return 0, err
		}
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errCut
	}
	if err != nil {
		b.err = err
	}
	return n, err
}

// next looks at the next block and sets left to its length, or skips it.
func (b *blocks) next() error {
	if b.packet {
		return errBlock
	}
	if b.skip > 0 {
		return b.discard()
	}
	b.start = b.in.Offset()
	typ, size, err := b.header()
	if err != nil {
		return err
	}
	switch typ {
	case packetBlock, simplePacket, enhancedPacket:
		b.packet = true
	case interfaceBlock:
		if b.interfaces++; b.interfaces > maxInterfaces {
			return fmt.Errorf("a section has more than %d interfaces", maxInterfaces)
		}
	case sectionHeader:
		b.interfaces = 0
	default:
		b.skip = int64(size)
		return nil
	}
	if size > maxBlock {
		return fmt.Errorf("a block of %d bytes, at most %d are read", size, maxBlock)
	}
	b.left = int(size)
	return nil
}

// discard skips a piece of a block.
func (b *blocks) discard() error {
	if b.skipped >= maxSkip {
		return errAgain
	}
	n, err := b.in.Discard(int(min(b.skip, maxSkip)))
	b.skip -= int64(n)
	b.skipped += n
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCut
	}
	return err
}

// header looks at the start of a block without taking it.
func (b *blocks) header() (typ, size uint32, err error) {
	h, err := b.in.Peek(12)
	if len(h) == 0 && err == io.EOF {
		return 0, 0, io.EOF
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return 0, 0, errCut
	}
	if err != nil {
		return 0, 0, err
	}
	if binary.BigEndian.Uint32(h) == sectionHeader { // reads the same in both orders
		b.big = binary.BigEndian.Uint32(h[8:]) == 0x1a2b3c4d
	}
	if b.big {
		typ, size = binary.BigEndian.Uint32(h), binary.BigEndian.Uint32(h[4:])
	} else {
		typ, size = binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
	}
	if size < 12 || size%4 != 0 {
		return 0, 0, errBlock
	}
	return typ, size, nil
}
