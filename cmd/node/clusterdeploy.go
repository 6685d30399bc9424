package main

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
)

// deploy reads layout and scripts again, checks all of it, and then restarts what has changed: every node if the scripts
// or the layout have, else those whose own settings have. What is wrong is said, and then nothing has happened.
func (o *orders) deploy(q *node.Question) {
	s := o.s
	next, err := s.plan.c.plan(s.plan.rest)
	if err == nil {
		err = next.prepare()
	}
	if err == nil {
		err = next.check(s.inv)
	}
	if err != nil {
		q.Fail(err)
		return
	}
	before := map[string]supervisor.Spec{}
	for _, st := range s.sup.Status("") {
		before[st.Spec.Name] = st.Spec
	}
	all := next.fingerprint() != s.print
	owned := s.plan.has
	s.plan, s.print = next, next.fingerprint()
	specs := next.specs(s.program, s.server.Path())
	var again []string
	for _, sp := range specs {
		old, was := before[sp.Name]
		delete(before, sp.Name)
		changed := !reflect.DeepEqual(old, sp)
		switch {
		case was && !changed && !all:
			continue
		case was && changed:
			s.sup.Destroy(sp.Name)
			fallthrough
		case !was:
			o.stopped[sp.Name] = sp
		}
		again = append(again, sp.Name)
	}
	for name := range before { // not in the layout any more
		if owned(name) {
			s.sup.Destroy(name)
		}
	}
	s.known()
	o.again(q, again)
}

// fingerprint stands for the layout and for what the scripts' files contain.
func (p *clusterPlan) fingerprint() (sum [32]byte) {
	h := sha256.New()
	if text, err := os.ReadFile(p.layoutPath()); err == nil {
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
