package mempeer

import (
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// pipe is one lane of a link in one direction.
type pipe struct {
	net  *Net
	from *Link
	lane step.Lane

	waiting bool // in net.ready
	held    bool
	wire    []flight // in the order in which they arrive
	onWire  step.Count
	lost    step.Count
	item    *step.Item[*pipe] // when the first of wire arrives; Never if it can't
	open    int               // batches that the receiver has and has not released
	free    []*step.Batch
}

// flight is a batch on the wire.
type flight struct {
	at    step.Time
	count step.Count
	batch *step.Batch
}

// wake says that the sender's queue may have something to take.
func (p *pipe) wake() {
	if !p.waiting {
		p.waiting = true
		p.net.ready = append(p.net.ready, p)
	}
}

// pull puts what waits in the sender's queue on the wire, as far as the window allows.
func (p *pipe) pull() {
	n := p.net
	for int(p.onWire.Bytes) < n.opts.Window && p.from.set.Take(p.lane, batchSize, &n.taken) {
		b := p.batch()
		for _, piece := range n.taken.Buffers() {
			b.Buf = append(b.Buf, piece...)
		}
		f := flight{count: n.taken.Count, batch: b}
		p.from.set.Done(p.lane, &n.taken)
		if !cut(b) {
			p.lost = p.lost.Plus(f.count)
			p.free = append(p.free, b)
			p.from.Cut("bytes that are no frame")
			return
		}
		f.at = n.now.Add(n.opts.Delay(p.from, p.lane, len(b.Buf)))
		if last := len(p.wire) - 1; last >= 0 {
			f.at = max(f.at, p.wire[last].at)
		}
		p.wire = append(p.wire, f)
		p.onWire = p.onWire.Plus(f.count)
	}
	p.arm()
}

// cut finds where the frames in b begin. It returns false if the bytes are not whole frames.
func cut(b *step.Batch) bool {
	for at := 0; at < len(b.Buf); {
		size, err := wire.FrameLen(b.Buf[at:], len(b.Buf))
		if err != nil || size == 0 || at+size > len(b.Buf) {
			return false
		}
		b.Off = append(b.Off, uint32(at))
		at += size
	}
	return true
}

// arm makes the pipe due when its first batch arrives, if the receiver takes one.
func (p *pipe) arm() {
	at := step.Never
	if len(p.wire) > 0 && p.open < maxOpen && !p.held && p.from.other.takes(p.lane) {
		at = p.wire[0].at
	}
	p.net.due.Move(p.item, at)
}

// arrive hands the first batch to the receiver.
func (p *pipe) arrive() {
	f := p.wire[0]
	p.wire = p.wire[:copy(p.wire, p.wire[1:])]
	p.onWire = p.onWire.Minus(f.count)
	to := p.from.other
	to.set.Received(p.lane, f.count)
	if trace := p.net.opts.Trace; trace != nil {
		for i := range f.batch.Len() {
			trace(Arrival{At: p.net.now, From: p.from.end.Name, To: to.end.Name, Lane: p.lane, Frame: f.batch.Frame(i)})
		}
	}
	p.open++
	p.arm()
	p.wake()
	f.batch.Link = to.end.ID // bound after it was sent, perhaps
	to.end.Inbox.Put(f.batch)
}

// drain loses what is on the wire.
func (p *pipe) drain() {
	for i, f := range p.wire {
		p.lost = p.lost.Plus(f.count)
		p.free = append(p.free, f.batch)
		p.wire[i] = flight{}
	}
	p.wire, p.onWire = p.wire[:0], step.Count{}
	p.arm()
}

// batch returns an empty batch for the receiver's end of the pipe.
func (p *pipe) batch() *step.Batch {
	var b *step.Batch
	if last := len(p.free) - 1; last >= 0 {
		b, p.free = p.free[last], p.free[:last]
	} else {
		b = step.NewBatch(p.released)
	}
	b.Reset(p.from.other.end.ID, p.lane)
	return b
}

// released takes back a batch from the receiver.
func (p *pipe) released(b *step.Batch) {
	p.open--
	if cap(b.Buf) <= 2*batchSize {
		p.free = append(p.free, b)
	}
	p.arm()
}
