package configlib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/namespacelib"
	"moonpeer/net/wire"
)

// This file is what a reload does to options: a value that was set while the node ran stays. One that still has its
// default, or what the command line says, is what the files and the command line say now.

// recall gives an option that is being declared the value that was set before the reload, so that the body of the file
// reads it. The check of the new code has a say.
func (l *Lib) recall(o *Option) {
	if l.Before == nil {
		return
	}
	old, err := l.Before.Lookup(o.ID)
	if err != nil || !old.changed || !old.typ.Equal(o.typ) {
		return
	}
	v, err := l.copied(old)
	if err == nil {
		v, err = o.accept(v)
	}
	if err != nil {
		l.refused[o.ID] = err.Error()
		return
	}
	o.value, o.Location, o.shared, o.changed = v, old.Location, old.shared, true
}

// copied returns the value of an option of the domain before as one of this VM. It goes through the codec.
func (l *Lib) copied(old *Option) (lua.LValue, error) {
	b, err := l.Before.Space.AppendTyped(nil, old.typ, old.value)
	if err != nil {
		return nil, err
	}
	r := wire.NewReader(b)
	return l.Space.DecodeTyped(&r, old.typ)
}

// Lost lists the options of the domain before that were set while the node ran and can't keep their values here.
func (l *Lib) Lost() (lost []string) {
	l.each(func(e *namespacelib.Export, old *Option) {
		if why := l.unfit(e); why != "" {
			lost = append(lost, fmt.Sprintf("%s: option %s, set to %s by %s: %s", e.ID, old.typ, old.value, old.Location, why))
		}
	})
	return lost
}

func (l *Lib) unfit(e *namespacelib.Export) string {
	if why := l.Names.Unfit(e); why != "" {
		return why
	}
	if why, ok := l.refused[e.ID]; ok {
		return "its new check: " + strings.TrimPrefix(why, "option "+e.ID+": ")
	}
	return ""
}

// TakeOver forgets the domain before: options have taken their values when they were declared.
func (l *Lib) TakeOver() {
	l.each(func(e *namespacelib.Export, old *Option) {
		if l.unfit(e) != "" {
			v, _ := l.Space.Bring(old.value)
			l.Names.Leave(e, v)
		}
	})
	l.Before.Each(l.await)
	l.Before, l.refused = nil, nil
}

// await takes over who waits for the changes of an option that have not come back. The new code is asked about them then.
func (l *Lib) await(old *Option) {
	o, err := l.Lookup(old.ID)
	for _, a := range old.asked {
		if err != nil {
			a.done() // it has gone, and with it what was waited for
			continue
		}
		a.accepted, a.heard = lua.LNil, notHeard
		o.asked = append(o.asked, a)
	}
}

// each calls fn for the options that were set while the node ran.
func (l *Lib) each(fn func(e *namespacelib.Export, old *Option)) {
	l.Before.Names.Each(func(e *namespacelib.Export) {
		if old, ok := e.Go.(*Option); ok && old.changed {
			fn(e, old)
		}
	})
}
