package mempeer

import (
	"slices"

	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// pipe is one lane of a link in one direction.
type pipe struct {
	net  *Net
	from *Link
	lane step.Lane

	waiting bool     // in net.ready
	wire    []flight // in the order in which they arrive
	onWire  step.Count
	lost    step.Count
	item    *step.Item[*pipe] // when the first of wire arrives; Never if it can't
	open    int               // batches that the receiver has and has not released
	free    []*step.Batch
}

// flight is a batch on the wire.
type flight struct {
	first step.Time // when it was put on the wire
	sent  step.Time // for the last time; what is sent later than a crash is not sent
	at    step.Time // when it arrives
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
	for int(p.onWire.Bytes) < n.opts.Window && p.from.runs() && p.from.answers() && p.from.set.Take(p.lane, batchSize, &n.taken) {
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
		f.first = n.now
		f.sent = n.now.Add(n.opts.Resend(p.from, p.lane, len(b.Buf)))
		f.at = f.sent.Add(n.opts.Delay(p.from, p.lane, len(b.Buf)))
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
	if p.from.cable.over {
		return // a batch of a link that is no more was released
	}
	at := step.Never
	if len(p.wire) > 0 && p.open < maxOpen && p.from.through() && p.from.other.takes(p.lane) {
		at = p.wire[0].at
	}
	p.net.due.Move(p.item, at)
}

// resend has what did not get through until now arrive as if it was sent now.
func (p *pipe) resend() {
	n := p.net
	if len(p.wire) == 0 || p.wire[0].at >= n.now {
		return
	}
	at := n.now.Add(n.opts.Delay(p.from, p.lane, len(p.wire[0].batch.Buf)))
	for i := range p.wire {
		f := &p.wire[i]
		if f.at < at {
			f.sent, f.at = n.now, at
		}
	}
}

// unsent loses what the crash of the sending end keeps from being sent again, and what lies behind it.
func (p *pipe) unsent() {
	i := slices.IndexFunc(p.wire, func(f flight) bool { return f.sent > p.net.now })
	if i < 0 {
		return
	}
	p.loseFrom(i)
}

// arrive hands the first batch to the receiver.
func (p *pipe) arrive() {
	f := p.wire[0]
	p.wire = p.wire[:copy(p.wire, p.wire[1:])]
	p.onWire = p.onWire.Minus(f.count)
	to := p.from.other
	to.set.Received(p.lane, f.count)
	p.trace(&f, false)
	p.open++
	p.arm()
	p.wake()
	f.batch.Link = to.end.ID // bound after it was sent, perhaps
	to.end.Inbox.Put(f.batch)
}

// trace shows a batch at the end of its way.
func (p *pipe) trace(f *flight, lost bool) {
	show := p.net.opts.Trace
	if show == nil {
		return
	}
	a := Arrival{At: p.net.now, Sent: f.first, Again: f.sent, From: p.from.end.Name, To: p.from.other.end.Name, Lane: p.lane, Lost: lost}
	for i := range f.batch.Len() {
		a.Frame = f.batch.Frame(i)
		show(a)
	}
}

// drain loses what is on the wire.
func (p *pipe) drain() { p.loseFrom(0) }

// loseFrom loses what is on the wire from flight number k on.
func (p *pipe) loseFrom(k int) {
	for i := k; i < len(p.wire); i++ {
		f := &p.wire[i]
		p.trace(f, true)
		p.lost, p.onWire = p.lost.Plus(f.count), p.onWire.Minus(f.count)
		p.free = append(p.free, f.batch)
		*f = flight{}
	}
	p.wire = p.wire[:k]
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
