package main

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
)

// deploy reads layout and scripts again, checks all of it, and then restarts what has changed: every node if the scripts
// or the layout have, else those whose own settings have. What is wrong is said, and then nothing has happened.
func (o *orders) deploy(q *node.Question) {
	if !o.free(q) {
		return
	}
	s := o.s
	next, err := s.plan.c.plan(s.plan.rest)
	if err == nil {
		err = next.prepare(s.inv, s.plan)
	}
	if err == nil {
		err = next.settle()
	}
	if err != nil {
		q.Fail(err)
		return
	}
	if next.layout == nil {
		q.Fail(errors.New("the supervisor has no nodes but those that its own scripts have created"))
		return
	}
	all, owned := next.fingerprint() != s.print, s.plan.has
	s.plan, s.print = next, next.fingerprint()
	o.become(q, next.specs(s.program, s.server.Path()), owned, all)
}

// become has exactly these nodes run, besides those that scripts have created and without those that a command has stopped.
// Those that are what they were go on, unless all are to begin anew; owned tells which were the former layout's.
func (o *orders) become(q *node.Question, specs []supervisor.Spec, owned func(name string) bool, all bool) {
	s := o.s
	before := map[string]supervisor.Spec{}
	for _, st := range s.sup.Status("") {
		before[st.Spec.Name] = st.Spec
	}
	waits, fresh := map[string]aim{}, map[string]supervisor.Spec{}
	var again []string
	for _, sp := range specs {
		old, was := before[sp.Name]
		h, stopped := o.stopped[sp.Name]
		delete(before, sp.Name)
		same := reflect.DeepEqual(old, sp)
		switch {
		case stopped:
			h.spec = sp
		case was && same && !all:
		case was && same:
			again = append(again, sp.Name)
			waits[sp.Name] = aim{word: "restarted"}
		default:
			fresh[sp.Name] = sp
			waits[sp.Name] = aim{word: "started"}
			if was {
				waits[sp.Name] = aim{word: "restarted"}
			}
		}
	}
	for name := range before { // not in the layout any more
		if owned(name) {
			waits[name] = aim{word: "removed", ending: true}
		}
	}
	for name := range o.stopped {
		if s.plan.layout.Node(name) == nil && owned(name) {
			delete(o.stopped, name)
		}
	}
	o.await(&order{q: q, waits: waits})
	o.carryOut(waits, fresh, again)
}

// carryOut ends first, while everybody is known who can be asked to, and then starts.
func (o *orders) carryOut(waits map[string]aim, fresh map[string]supervisor.Spec, again []string) {
	s := o.s
	for _, name := range slices.Sorted(maps.Keys(waits)) {
		if _, ok := fresh[name]; ok || waits[name].ending {
			s.sup.Destroy(name)
		}
	}
	for _, name := range again {
		s.sup.Restart(name)
	}
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		if err := s.sup.Create(fresh[name]); err != nil {
			o.failed(name, err.Error())
		}
	}
	s.known()
}

// fingerprint stands for the layout, the settings, and what the scripts' files contain.
func (p *clusterPlan) fingerprint() (sum [32]byte) {
	h := sha256.New()
	h.Write(p.text)
	if text, err := os.ReadFile(string(p.c.Config)); err == nil {
		h.Write(text)
	}
	for _, script := range p.scripts {
		filepath.WalkDir(script, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".lua") {
				return nil // a bundled policy has no files
			}
			if text, err := os.ReadFile(path); err == nil {
				h.Write([]byte(path))
				h.Write(text)
			}
			return nil
		})
	}
	return [32]byte(h.Sum(nil))
}
