package main

import (
	"cmp"
	"slices"

	"moonpeer/runtime/node"
)

// atRest reports whether no node has anything to do and every message that was sent has arrived. sum, never 0, stands for how
// many those were: nodes that were asked one after the other are at rest if it is the same the next time.
func atRest(nodes map[string]node.Drained) (sum uint64, ok bool) {
	sum, ok = 1, true
	for id, d := range nodes {
		ok = ok && d.InputDone && d.Idle
		for i := range d.Peers {
			n, balanced := balance(id, &d.Peers[i], nodes)
			ok = ok && balanced
			sum += n
		}
	}
	return sum, ok
}

// balance compares what a node has sent to a peer with what that has taken, and returns how much it was. Of a peer on
// another machine only its own word is known.
func balance(id string, p *node.PeerStats, nodes map[string]node.Drained) (sent uint64, ok bool) {
	if !p.Connected {
		return 0, true
	}
	other, here := nodes[p.ID]
	ok = true
	for name, lane := range p.Lanes {
		sent += lane.Offered
		if !here {
			ok = ok && lane.InFlight == 0 && lane.Queued == 0
			continue
		}
		i := slices.IndexFunc(other.Peers, func(o node.PeerStats) bool { return o.ID == id })
		ok = ok && i >= 0 && other.Peers[i].Lanes[name].Taken == lane.Offered-lane.Dropped
	}
	return sent, ok
}

// loss is what has not arrived over one link.
type loss struct {
	from, to      string
	dropped, lost uint64
}

// losses are the links on which messages were dropped or lost, also to peers that are gone, in the order of the names.
func losses(nodes map[string]node.Drained, names map[string]string) (list []loss) {
	for id, d := range nodes {
		for i := range d.Peers {
			p := &d.Peers[i]
			l := loss{from: cmp.Or(names[id], id), to: cmp.Or(p.Name, p.ID)}
			for _, lane := range p.Lanes {
				l.dropped += lane.Dropped
				l.lost += lane.Lost
			}
			if l.dropped+l.lost > 0 {
				list = append(list, l)
			}
		}
	}
	slices.SortFunc(list, func(a, b loss) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	return list
}
