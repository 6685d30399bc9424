package configlib

import (
	"bytes"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/namespacelib"
)

// This file is what a reload does to options: a value that was set while the node ran stays. One that still has its
// default, or what the command line says, is what the files and the command line say now.

// recall gives an option that is being declared the value that was set before the reload, so that the body of the file
// reads it, and reports whether there was such an option. The check of the new code has a say, about the value as it was
// set; if it says what the old one said, what handlers have made of it stays. They are not asked: nothing has changed.
func (l *Lib) recall(o *Option) bool {
	if l.Before == nil {
		return false
	}
	old, err := l.Before.Lookup(o.ID)
	if err != nil || !old.typ.Equal(o.typ) {
		return false
	}
	if !old.changed {
		return true
	}
	v, checked, err := l.again(o, old)
	if err != nil {
		l.refused[o.ID] = err.Error()
		return true
	}
	o.take(old.set, answer{checked: checked, value: v}, old.Location)
	o.shared, o.changed = old.shared, true
	return true
}

// again returns the value of an option of the domain before as one of this VM.
func (l *Lib) again(o, old *Option) (v lua.LValue, checked []byte, err error) {
	set := old.set
	if set == nil { // then what was made of it may have an encoding, or an error that says why it stays behind
		if set, err = l.Before.Space.AppendTyped(nil, old.typ, old.value); err != nil {
			return nil, nil, err
		}
	}
	if v, err = o.decode(set); err == nil {
		v, err = o.asCheck(v)
	}
	if err != nil {
		return nil, nil, err
	}
	if checked = o.encoded(v); checked == nil || !bytes.Equal(checked, old.checked) {
		return v, checked, nil
	}
	b, err := l.Before.Space.AppendTyped(nil, old.typ, old.value)
	if err == nil {
		v, err = o.decode(b)
	}
	return v, checked, err
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

// TakeOver forgets the domain before: options have taken their values when they were declared. What the cluster has set and
// the old code has refused the new one is asked about.
func (l *Lib) TakeOver() {
	l.each(func(e *namespacelib.Export, old *Option) {
		if l.unfit(e) != "" {
			v, _ := l.Space.Bring(old.value)
			l.Names.Leave(e, v)
		}
	})
	l.Before.Each(l.await)
	l.Before.Each(l.reconsider)
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
		a.answer, a.heard = answer{}, notHeard
		o.asked = append(o.asked, a)
	}
}

// reconsider has check and handlers of the new code asked about a value of the cluster's that the old code had not accepted.
func (l *Lib) reconsider(old *Option) {
	o, err := l.Lookup(old.ID)
	if err != nil || l.Cluster == nil {
		return
	}
	if c, ok := l.Cluster.Value(o.ID); ok && !bytes.Equal(o.shared, c.Value) {
		c.New = true
		l.Changed(c)
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
