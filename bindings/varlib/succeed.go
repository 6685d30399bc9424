package varlib

import (
	"fmt"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
)

// This file is what a reload does to variables: they keep their values.

// recall gives a variable that is being declared the value of the one that it takes over from, so that the body of the
// file reads it. Values that would change hands stay where they are until it is certain that the reload happens.
func (l *Lib) recall(v *Var) {
	if l.Before == nil || v.typ.ChangesHands() {
		return
	}
	if e := l.Before.Names.Lookup(v.ID); e != nil {
		if old, ok := e.Go.(*Var); ok && old.typ.Equal(v.typ) {
			v.value, _ = l.Space.Bring(old.value)
		}
	}
}

// Lost lists the variables of the domain before that have no heir here.
func (l *Lib) Lost() (lost []string) {
	l.each(func(e *namespacelib.Export, old *Var) {
		why := l.Names.Unfit(e)
		if st, err := l.Before.Space.ToStored(old.typ, old.value); why == "" && err == nil {
			if stays := old.typ.Stays(st); stays != "" {
				why = "there is " + stays + ", which stays behind"
			}
		}
		if why != "" {
			lost = append(lost, fmt.Sprintf("%s: var %s, now %s (%s): %s", e.ID, old.typ, convert.Describe(old.value), e.Place, why))
		}
	})
	return lost
}

// TakeOver gives the variables declared here the values of those that had their names.
func (l *Lib) TakeOver() {
	l.each(func(e *namespacelib.Export, old *Var) {
		value, ok := l.Space.Bring(old.value)
		switch {
		case l.Names.Unfit(e) != "":
			l.Names.Leave(e, value)
		case ok:
			l.Names.Lookup(e.ID).Go.(*Var).value = value
		}
	})
	l.Before = nil
}

func (l *Lib) each(fn func(e *namespacelib.Export, old *Var)) {
	l.Before.Names.Each(func(e *namespacelib.Export) {
		if old, ok := e.Go.(*Var); ok {
			fn(e, old)
		}
	})
}
