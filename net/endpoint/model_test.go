package endpoint

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// The model is the hub written as plainly as possible: lists, walked from end to end for everything.

type modelLocal struct {
	subs, fwds map[string]bool // subs: true means self
	got        []string
}

type modelPeer struct {
	n        int
	forwards bool
	filter   []string
	told     string
	sent     []string
}

type model struct {
	forwarding bool
	restrict   []string // nil: everything may leave
	locals     []*modelLocal
	peers      []*modelPeer
	seen       map[string]bool // ids while copies are watched
	seq        uint64
}

func covers[P ~[]string](prefixes P, topic string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(topic, p) })
}

func (m *model) mayLeave(topic string) bool { return m.restrict == nil || covers(m.restrict, topic) }

// filter is every prefix that no other one covers.
func (m *model) filter() string {
	var all []string
	for _, l := range m.locals {
		all = slices.AppendSeq(all, maps.Keys(l.subs))
		all = slices.AppendSeq(all, maps.Keys(l.fwds))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return fmt.Sprintf("%q", slices.DeleteFunc(slices.Clone(all), func(p string) bool {
		return slices.ContainsFunc(all, func(q string) bool { return q != p && strings.HasPrefix(p, q) })
	}))
}

func (m *model) offer(from int, topic, text string) (taken bool) {
	for i, l := range m.locals {
		match := false
		for p, self := range l.subs {
			match = match || strings.HasPrefix(topic, p) && (self || i != from)
		}
		forwarded := covers(slices.Collect(maps.Keys(l.fwds)), topic)
		if match || forwarded && i != from {
			if forwarded {
				text := text + " forwarded"
				l.got = append(l.got, text)
			} else {
				l.got = append(l.got, text)
			}
			taken = true
		}
	}
	return taken
}

func (m *model) publish(from int, topic string) {
	interest := slices.ContainsFunc(m.locals, func(l *modelLocal) bool {
		return covers(slices.Collect(maps.Keys(l.subs)), topic) || covers(slices.Collect(maps.Keys(l.fwds)), topic)
	})
	for _, p := range m.peers {
		interest = interest || covers(p.filter, topic)
	}
	if interest {
		m.seq++
	}
	text := fmt.Sprintf("%s=%s", topic, topic)
	for _, p := range m.peers {
		if covers(p.filter, topic) && m.mayLeave(topic) {
			p.sent = append(p.sent, fmt.Sprintf("%s seq %d ttl 16 origin 100", text, m.seq))
		}
	}
	m.offer(from, topic, text)
}

func (m *model) route(from *modelPeer, origin int, seq uint64, ttl uint16, topic string) {
	watched := m.forwarding || slices.ContainsFunc(m.peers, func(p *modelPeer) bool { return p.forwards })
	if origin == 100 {
		return
	}
	if watched {
		key := fmt.Sprint(origin, ":", seq)
		if m.seen[key] {
			return
		}
		m.seen[key] = true
	}
	text := fmt.Sprintf("%s=%s", topic, topic)
	m.offer(-1, topic, text)
	for _, p := range m.peers {
		if m.forwarding && p != from && p.n != origin && covers(p.filter, topic) && m.mayLeave(topic) && ttl > 1 {
			p.sent = append(p.sent, fmt.Sprintf("%s seq %d ttl %d origin %d", text, seq, ttl-1, origin))
		}
	}
}

// rig is the model and the real hub side by side.
type rig struct {
	t       testing.TB
	where   string
	r       *rand.Rand
	m       model
	h       *Hub
	locals  []*Local
	parties []*party
	peers   map[int]*Peer
	links   map[int]*fakeLink
}

func (g *rig) topic() string {
	n := g.r.IntN(4)
	b := make([]byte, n)
	for i := range b {
		b[i] = "ab"[g.r.IntN(2)]
	}
	return string(b)
}

func (g *rig) prefixes() []string {
	out := make([]string, g.r.IntN(4))
	for i := range out {
		out[i] = g.topic()
	}
	return out
}

func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			g := &rig{t: t, r: rand.New(rand.NewPCG(seed, 5)), h: newHub(Options{}), peers: map[int]*Peer{}, links: map[int]*fakeLink{}}
			g.m.seen = map[string]bool{}
			for i := range 3 {
				g.parties = append(g.parties, &party{})
				g.locals = append(g.locals, g.h.Join(fmt.Sprint(i), g.parties[i]))
				g.m.locals = append(g.m.locals, &modelLocal{subs: map[string]bool{}, fwds: map[string]bool{}})
			}
			for op := range 600 {
				g.where = fmt.Sprintf("seed %d, step %d", seed, op)
				g.step()
				g.compare()
				if t.Failed() {
					return
				}
			}
		})
	}
}

func (g *rig) step() {
	switch k := g.r.IntN(20); {
	case k < 5:
		g.stepLocal()
	case k < 9:
		g.stepPeer()
	case k == 9:
		g.stepOptions()
	case k < 14:
		i, topic := g.r.IntN(len(g.locals)), "t"+g.topic()
		g.m.publish(i, topic)
		if _, err := g.locals[i].Publish(topic, []byte(topic)); err != nil {
			g.t.Errorf("%s: %v", g.where, err)
		}
	case k < 19:
		if len(g.m.peers) == 0 {
			return
		}
		from := g.m.peers[g.r.IntN(len(g.m.peers))]
		// Origins: the peer, another one, somebody further away, this node itself; few numbers, so that some repeat.
		origin := []int{from.n, g.r.IntN(5), 50, 100}[g.r.IntN(4)]
		seq, ttl, topic := 1+g.r.Uint64N(200), uint16(1+g.r.IntN(3)), "t"+g.topic()
		g.m.route(from, origin, seq, ttl, topic)
		hd := wire.Header{Seq: seq, TTL: ttl}
		if origin != from.n {
			hd.Origin = id(origin)
		}
		if err := g.peers[from.n].Route(step.LaneEvents, frame(g.t, hd, topic, topic)); err != nil {
			g.t.Errorf("%s: %v", g.where, err)
		}
	default:
		g.flush()
	}
}

func (g *rig) stepLocal() {
	i, p := g.r.IntN(len(g.locals)), "t"+g.topic()
	l, m := g.locals[i], g.m.locals[i]
	_, sub := m.subs[p]
	var got, want bool
	switch g.r.IntN(4) {
	case 0:
		got, want = l.Forward(p), !m.fwds[p]
		m.fwds[p] = true
	case 1:
		got, want = l.Unsubscribe(p), sub || m.fwds[p]
		delete(m.subs, p)
		delete(m.fwds, p)
	default:
		self := g.r.IntN(2) == 0
		got, want = l.Subscribe(p, SubscribeOptions{Self: self}), !sub
		m.subs[p] = self
	}
	if got != want {
		g.t.Errorf("%s: %q: got %v, want %v", g.where, p, got, want)
	}
}

func (g *rig) stepPeer() {
	n := g.r.IntN(5)
	i := slices.IndexFunc(g.m.peers, func(p *modelPeer) bool { return p.n == n })
	switch {
	case i < 0:
		p := &modelPeer{n: n, forwards: g.r.IntN(4) == 0, filter: g.prefixes(), told: "[]"}
		g.m.peers = append(g.m.peers, p)
		g.peers[n], g.links[n] = attach(g.t, g.h, n, PeerOptions{Forwards: p.forwards}, p.filter...)
	case g.r.IntN(3) == 0:
		g.m.peers = slices.Delete(g.m.peers, i, i+1)
		g.peers[n].Detach()
	default:
		p := g.m.peers[i]
		p.filter = g.prefixes()
		update := string(wire.AppendFilter(nil, p.filter))
		if err := g.peers[n].Route(step.LaneControl, frame(g.t, wire.Header{Type: wire.TypeRoutingUpdate, Seq: 1}, "<$>", update)); err != nil {
			g.t.Errorf("%s: %v", g.where, err)
		}
	}
	g.forget()
}

// forget empties the model's memory of ids when nobody forwards any more, as the hub does.
func (g *rig) forget() {
	if !g.m.forwarding && !slices.ContainsFunc(g.m.peers, func(p *modelPeer) bool { return p.forwards }) {
		clear(g.m.seen)
	}
}

func (g *rig) stepOptions() {
	switch g.r.IntN(3) {
	case 0:
		g.m.forwarding = !g.m.forwarding
		g.h.SetForwarding(g.m.forwarding)
		g.forget()
	case 1:
		g.m.restrict = append([]string{"-"}, g.prefixes()...) // never nil, and never matching by itself
		for i := range g.m.restrict {
			g.m.restrict[i] = "t" + g.m.restrict[i]
		}
		g.h.Restrict(g.m.restrict...)
	default:
		g.m.restrict = nil
		g.h.Unrestrict()
	}
}

// flush ends a turn: every peer is told the filter if it has another one.
func (g *rig) flush() {
	g.h.Flush()
	f := g.m.filter()
	for _, p := range g.m.peers {
		if p.told != f {
			p.told = f
			g.m.seq++
			p.sent = append(p.sent, "filter "+f)
		}
	}
}

func (g *rig) compare() {
	for i, p := range g.parties {
		check(g.t, fmt.Sprint(g.where, ", party ", i), p.take(), g.m.locals[i].got...)
		g.m.locals[i].got = nil
	}
	for _, p := range g.m.peers {
		var got []string
		for _, s := range g.links[p.n].sent {
			switch s.h.Type {
			case wire.TypeRoutingUpdate:
				filter, _ := wire.ParseFilter([]byte(s.payload))
				got = append(got, fmt.Sprintf("filter %q", filter))
			default:
				got = append(got, fmt.Sprintf("%s=%s seq %d ttl %d origin %d", s.topic, s.payload, s.h.Seq, s.h.TTL, s.h.Origin[15]))
			}
		}
		check(g.t, fmt.Sprint(g.where, ", peer ", p.n), got, p.sent...)
		g.links[p.n].sent, p.sent = nil, nil
	}
	for _, topic := range []string{"t", "ta", "tb", "tab"} {
		want := slices.ContainsFunc(g.m.peers, func(p *modelPeer) bool { return covers(p.filter, topic) && g.m.mayLeave(topic) })
		for i, l := range g.m.locals {
			for p, self := range l.subs {
				want = want || strings.HasPrefix(topic, p) && (i != 0 || self)
			}
			want = want || i != 0 && covers(slices.Collect(maps.Keys(l.fwds)), topic)
		}
		if got := g.locals[0].Wanted(topic); got != want {
			g.t.Errorf("%s: %q wanted: %v, want %v", g.where, topic, got, want)
		}
	}
	if g.h.seq != g.m.seq {
		g.t.Errorf("%s: sequence %d, want %d", g.where, g.h.seq, g.m.seq)
	}
}
