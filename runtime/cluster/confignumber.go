package cluster

// This file is what the manager alone does with changes of options: it numbers them.

// take numbers a change that node from has made, and publishes it. What was set already is not set again, and a value from
// before its node had met the cluster does not replace one that was set: its node is told what the option is.
func (g *Config) take(s *setting, from string) {
	have := g.values[s.id]
	if have != nil && (have.repeats(s) || s.version.Early && !have.version.Early) {
		answer := *have
		answer.origin, answer.asked = s.origin, s.asked
		if from == g.c.self.Name {
			g.changed(have, false, s.asked)
		} else {
			g.send(NodeTopic(from), &answer)
		}
		return
	}
	g.number(s)
	if !g.keep(s) {
		return // its node has asked Room: only others have filled it up since
	}
	g.publishAll(s)
	var settles uint64
	if from == g.c.self.Name {
		settles = s.asked
	}
	g.changed(s, true, settles)
}

func (g *Config) number(s *setting) {
	g.seq++
	s.version.Term, s.version.Seq, s.own = g.term(), g.seq, true
}

// term is that of what this manager numbers.
func (g *Config) term() uint64 { return max(g.c.opts.Epoch, 1) }

// publishAll brings a setting to every node that is there; others get it when they come.
func (g *Config) publishAll(s *setting) {
	if !g.c.opened {
		return
	}
	payload := s.appendEvent(nil)
	for _, topic := range BroadcastTopics {
		if g.c.backend.Wanted(topic) {
			g.publish(topic, eventSetOption, payload)
		}
	}
}

// learn takes what a node has that this manager may not have numbered: its former self did. What was set in this run is
// later than all that.
func (g *Config) learn(s *setting) {
	have := g.values[s.id]
	if have != nil && (have.own && have.version.Early == s.version.Early || !have.version.Less(s.version)) {
		return
	}
	s.origin, s.asked = "", 0 // it answers nobody: who has made it asks again
	if g.keep(s) {
		g.publishAll(s)
		g.changed(s, true, 0)
	}
}

// sendAll sends a node everything, the oldest first. What is sent again has no origin: it tells nothing of what was to come
// before it.
func (g *Config) sendAll(name string) {
	for _, s := range g.sorted() {
		again := *s
		again.origin = ""
		g.send(NodeTopic(name), &again)
	}
}
