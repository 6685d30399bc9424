package storelib

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/asynclib"
	"moonpeer/net/broker"
)

// backer is a store that may have something on disk to copy.
type backer interface {
	Backup(path string, done func(error))
}

// backup is s:backup(path).
func (l *Lib) backup(L *lua.LState) int {
	h := l.self(L)
	l.effects(L, "store:backup")
	path := L.CheckString(2)
	p := &pending{ledger: h.ledger, method: "store:backup"}
	err, over, begun := error(nil), false, false
	done := func(e error) {
		if begun {
			p.copied(e)
			return
		}
		err, over = e, true
	}
	switch b, ok := h.s.(backer); {
	case h.s == nil:
		done(h.closed())
	case !ok:
		done(&broker.Error{Code: broker.BackendFailure, Err: errors.New("this kind of store has no backups")})
	default:
		b.Backup(path, done)
	}
	begun = true
	switch {
	case over && err == nil:
		L.Push(l.Async.Ready(true))
		return 1
	case over:
		p.place = l.d.VM.Where(L, 1)
		l.Async.Fail(p, err)
	default:
		l.Async.Begin(p)
	}
	L.Push(p.Value())
	return 1
}

// copied ends a backup.
func (p *pending) copied(err error) {
	if err != nil {
		asynclib.End(p, nil, err)
		return
	}
	asynclib.End(p, lua.LTrue, nil)
}
