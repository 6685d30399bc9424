package mempeer

import (
	"log/slog"

	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Link is one end of a pair; it implements endpoint.Link.
type Link struct {
	net   *Net
	end   End
	owner *Transport // nil for one of Pair
	other *Link
	cable *cable
	set   *lane.Set
	pipes [step.NumLanes]pipe // towards other

	limits [step.NumLanes]lane.Limits
	bound  bool // has a port, so its control lane arrives
	open   bool // the other lanes arrive, too

	blocked bool // what it sends does not get through, as of the last Recheck

	closed bool // no more is sent or arrives
	remote bool // and it was not this end that closed
	code   uint64
	why    string
	hears  step.Time // when it is told of a close by the other end
	told   bool      // that it was closed, or nobody is there to be told
}

func (n *Net) newLink(end End, limits [step.NumLanes]lane.Limits) *Link {
	l := &Link{net: n, end: end, limits: limits, cable: new(cable)}
	l.set = lane.New(lane.Options{
		Limits: limits, Pool: &n.pool,
		Wake:     func(ln step.Lane) { l.pipes[ln].wake() },
		Writable: func(ln step.Lane) { l.end.Inbox.Put(step.Writable{Link: l.end.ID, Lane: ln}) },
		Overflow: l.overflow,
	})
	for i := range l.pipes {
		p := &l.pipes[i]
		p.net, p.from, p.lane = n, l, step.Lane(i)
		p.item = n.due.Add(step.Never, p)
	}
	return l
}

// Name returns the name of this end.
func (l *Link) Name() string { return l.end.Name }

// Other returns the other end.
func (l *Link) Other() *Link { return l.other }

// Bind implements peering.Link.
func (l *Link) Bind(id step.LinkID) {
	l.end.ID, l.bound = id, true
	if l.closed { // before anybody could be told
		l.net.ending = append(l.net.ending, l)
	}
	l.rearm()
}

// Open implements peering.Link.
func (l *Link) Open() {
	l.open = true
	l.rearm()
}

// rearm lets arrive what may arrive now.
func (l *Link) rearm() {
	for i := range l.other.pipes {
		l.other.pipes[i].arm()
	}
}

// takes reports whether what comes on a lane is read.
func (l *Link) takes(ln step.Lane) bool { return l.open || l.bound && ln == step.LaneControl }

// Broker implements peering.Link.
func (l *Link) Broker() bool { return false }

// Append implements endpoint.Link.
func (l *Link) Append(ln step.Lane, h *wire.Header, payload []byte) step.Verdict {
	return l.set.Append(ln, h, payload)
}

// AppendFrame puts a whole frame into a lane, for a handshake or for what no correct peer would send.
func (l *Link) AppendFrame(ln step.Lane, frame []byte) step.Verdict {
	return l.set.AppendFrame(ln, frame)
}

// Writable implements endpoint.Link.
func (l *Link) Writable(ln step.Lane) bool { return l.set.Writable(ln) }

// Flush implements endpoint.Link.
func (l *Link) Flush() { l.set.Flush() }

// Counters implements endpoint.Link.
func (l *Link) Counters(ln step.Lane) step.Counters { return l.set.Counters(ln) }

// Queued is what waits in a lane to be put on the wire.
func (l *Link) Queued(ln step.Lane) step.Count { return l.set.Queued(ln) }

// Peak implements peering.Link.
func (l *Link) Peak(ln step.Lane) uint64 { return l.set.Peak(ln) }

// ResetPeak implements peering.Link.
func (l *Link) ResetPeak() { l.set.ResetPeak() }

// Overflows implements peering.Link.
func (l *Link) Overflows(ln step.Lane) uint64 { return l.set.Overflows(ln) }

// OnWire is what is on the wire from this end to the other.
func (l *Link) OnWire(ln step.Lane) step.Count { return l.pipes[ln].onWire }

// Lost is what this end has written and the other will never get.
func (l *Link) Lost(ln step.Lane) step.Count { return l.pipes[ln].lost }

// Close implements endpoint.Link.
func (l *Link) Close(code uint64, why string) {
	if l.closed {
		return
	}
	l.finish(code, why, false)
	if !l.other.told {
		l.other.finish(code, why, true)
		l.other.hears = l.net.now.Add(l.net.opts.Delay(l, step.LaneControl, 0))
	}
	l.other.lose()
}

// Cut breaks the link as a crash of either end's machine does: everything on the wire is lost, and both ends hear
// that the connection broke.
func (l *Link) Cut(why string) {
	if !l.closed {
		l.cable.cut(why)
	}
}

// Hold keeps everything on the wire, in both directions, or lets it go on.
func (l *Link) Hold(on bool) {
	l.cable.held = on
	l.cable.recheck()
}

// finish stops sending, and has the end told when all has arrived that will.
func (l *Link) finish(code uint64, why string, remote bool) {
	if !l.closed {
		l.net.ending = append(l.net.ending, l)
	}
	l.closed, l.code, l.why, l.remote = true, code, why, remote
	l.set.Close()
}

// lose gives up what is on the wire from this end to the other.
func (l *Link) lose() {
	for i := range l.pipes {
		l.pipes[i].drain()
	}
}

// runs reports whether there is a process at this end that runs.
func (l *Link) runs() bool { return !l.gone() && l.net.opts.Runs(l.end.Name) }

// answers reports whether the process at this end finds time to send.
func (l *Link) answers() bool { return l.net.opts.Answers(l.end.Name) }

// gone reports whether the process at this end is no more.
func (l *Link) gone() bool { return l.owner != nil && l.owner.gone }

// through reports whether what this end sends gets to the other.
func (l *Link) through() bool {
	return !l.cable.held && l.other.runs() && l.net.opts.Reach(l.end.Name, l.other.end.Name)
}

// quiet reports whether a closed end can be told: nothing can arrive at it any more, and the news can. What lies in lanes
// that it does not read never will.
func (l *Link) quiet() bool {
	if l.remote && !l.cable.dead && !l.other.through() {
		return false
	}
	for i := range l.other.pipes {
		if p := &l.other.pipes[i]; len(p.wire) > 0 && l.takes(p.lane) {
			return false
		}
	}
	return true
}

// overflow reports a burst of drops once when it begins and once when it is over, and ends the link if that is
// the lane's policy.
func (l *Link) overflow(ln step.Lane, dropped uint64) {
	log := l.end.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler) // nobody wants to know
	}
	to := slog.String("peer", l.other.end.Name)
	switch {
	case l.limits[ln].Policy == lane.Disconnect:
		log.Warn("lane full, link closed", to, "lane", ln, "dropped", dropped)
		l.Close(peering.CodeOverflow, peering.OverflowReason)
	case dropped == 0:
		log.Warn("lane full, messages are dropped", to, "lane", ln)
	default:
		log.Info("lane has room again", to, "lane", ln, "dropped", dropped)
	}
}
