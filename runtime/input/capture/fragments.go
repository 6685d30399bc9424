package capture

import (
	"bytes"
	"time"

	"github.com/gopacket/gopacket/ip4defrag"
	"github.com/gopacket/gopacket/ip6defrag"
	"github.com/gopacket/gopacket/layers"
)

const (
	// fragmentBytes bounds what is held of packets of which pieces are missing, fragmentCost is added for each.
	fragmentBytes = 32 << 20
	fragmentCost  = 512
	// fragmentAge is how long a piece waits for the others, in packet time, as systems do.
	fragmentAge = int64(30 * time.Second)
)

// fragments puts packets together that were sent in pieces. The library does the work; what is here bounds it, as
// the library keeps pieces for ever, and for IPv6 only knows the wall clock.
type fragments struct {
	v4       *ip4defrag.IPv4Defragmenter
	v6       *ip6defrag.IPv6Defragmenter
	held     int   // upper bound of what v4 and v6 hold
	last     int64 // time of the last piece
	swept    int64 // when old pieces were looked for
	dropped  uint64
	overflow uint64 // times at which all pieces were dropped because there were too many
}

// add4 returns the packet that ip completes, or nil. The pieces must have been captured whole.
func (f *fragments) add4(ip *layers.IPv4, now int64) *layers.IPv4 {
	f.sweep(now)
	if f.v4 == nil {
		f.v4 = ip4defrag.NewIPv4Defragmenter()
	}
	// The library keeps what it is handed, and ours is used again.
	own := bytes.Clone(ip.Contents)
	piece := &layers.IPv4{Version: 4, IHL: ip.IHL, Length: ip.Length, Id: ip.Id, Flags: ip.Flags,
		FragOffset: ip.FragOffset, Protocol: ip.Protocol, SrcIP: own[12:16], DstIP: own[16:20]}
	piece.Payload = bytes.Clone(ip.Payload)
	f.held += len(own) + len(piece.Payload) + fragmentCost
	whole, err := f.v4.DefragIPv4WithTimestamp(piece, time.Unix(0, now))
	if err != nil {
		f.dropped++
		return nil
	}
	if whole != nil {
		f.release(len(whole.Payload))
	}
	return whole
}

// add6 is add4 for IPv6.
func (f *fragments) add6(ip *layers.IPv6, frag *layers.IPv6Fragment, now int64) *layers.IPv6 {
	f.sweep(now)
	if f.v6 == nil {
		f.v6 = ip6defrag.NewIPv6Defragmenter()
	}
	own := bytes.Clone(ip.Contents)
	header := &layers.IPv6{Version: 6, NextHeader: ip.NextHeader, SrcIP: own[8:24], DstIP: own[24:40]}
	piece := *frag
	piece.Contents, piece.Payload = nil, bytes.Clone(frag.Payload)
	f.held += len(own) + len(piece.Payload) + fragmentCost
	whole := f.v6.DefragIPv6(header, &piece)
	if whole != nil {
		f.release(len(whole.Payload))
	}
	return whole
}

// release takes back what a complete packet held, at least.
func (f *fragments) release(payload int) { f.held = max(0, f.held-payload-fragmentCost) }

// sweep drops pieces that are too old or too many.
func (f *fragments) sweep(now int64) {
	if now-f.last > fragmentAge {
		f.v4, f.v6, f.held = nil, nil, 0 // all of them are too old
	}
	if f.held > fragmentBytes {
		f.v4, f.v6, f.held = nil, nil, 0
		f.overflow++
	}
	f.last = max(f.last, now)
	if f.v4 != nil && now-f.swept > fragmentAge {
		f.v4.DiscardOlderThan(time.Unix(0, now-fragmentAge))
		f.swept = now
	}
}
