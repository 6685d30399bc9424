package supervisor

import "moonpeer/net/step"

// stop ends all nodes, one group after another. A group's turn comes when the one before has ended.
type stop struct {
	s       *Supervisor
	groups  [][]*node // those whose turn has not come
	current []*node
	timer   *step.Item[timed]
	killing bool
}

// Stop has all nodes end: the groups one after another, then those that are in none, each in the order of the
// names given. From now on nobody is revived, started or created. Names that nobody has are left out; a second
// call does nothing.
func (s *Supervisor) Stop(groups [][]string) {
	if s.stop != nil {
		return
	}
	st := &stop{s: s}
	st.timer = s.heap.Add(step.Never, st)
	s.stop = st
	listed := map[*node]bool{}
	for _, names := range groups {
		var g []*node
		for _, name := range names {
			if n := s.byName[name]; n != nil {
				listed[n] = true
				g = append(g, n)
			}
		}
		st.groups = append(st.groups, g)
	}
	var rest []*node
	for _, n := range s.nodes {
		if !listed[n] {
			rest = append(rest, n)
		}
		if !n.busy || n.ending.want == restart {
			n.end(halt)
		}
	}
	st.groups = append(st.groups, rest)
	st.wake()
}

// Kill has all nodes end at once, by SIGKILL and in no order, whether Stop was called before or not.
func (s *Supervisor) Kill() {
	s.Stop(nil)
	s.stop.killing = true
	for _, list := range [][]*node{s.nodes, s.leaving} {
		for _, n := range list {
			if !n.busy {
				continue
			}
			n.ending.want = max(n.ending.want, halt)
			if n.pid != 0 && n.ending.phase < killed {
				n.enter(Stopping)
				n.kill(s.now())
			}
		}
	}
}

// Stopped reports whether Stop was called and no process is left.
func (s *Supervisor) Stopped() bool {
	if s.stop == nil || len(s.leaving) > 0 {
		return false
	}
	for _, n := range s.nodes {
		if n.busy {
			return false
		}
	}
	return true
}

// wake has it look soon, after the hooks that are under way.
func (st *stop) wake() { st.s.at(st.timer, st.s.now()) }

// step implements timed: it begins with the next groups while the current one has ended.
func (st *stop) step(step.Time) {
	for {
		for _, n := range st.current {
			if n.busy {
				return
			}
		}
		if len(st.groups) == 0 {
			return
		}
		st.current, st.groups = st.groups[0], st.groups[1:]
		for _, n := range st.current {
			if n.busy {
				n.end(halt)
			}
		}
	}
}
