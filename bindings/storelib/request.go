package storelib

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/asynclib"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
	"moonpeer/store"
)

// pending is one write as scripts see it. It implements asynclib.Asked and store.Waiter.
type pending struct {
	asynclib.Request
	ledger *ledger
	method string
	unique bool // put_unique, whose value says whether it was inserted
	place  string
	key    []byte // "" of clear
	buf    [40]byte
}

// do asks the store for a change and pushes the request. Success that is known at once is the same request each time.
func (l *Lib) do(L *lua.LState, h *handle, c *wire.Command, method string) int {
	p := l.spare
	if p == nil {
		p = &pending{}
		l.spare = p
	}
	r, done := store.Result{}, true
	if h.s == nil {
		r.Err = h.closed()
	} else {
		r, done = h.s.Do(c, p)
	}
	if done && r.Err == nil {
		L.Push(l.Async.Ready(c.Kind != wire.CmdPutUnique || r.Inserted))
		return 1
	}
	l.spare = nil
	p.ledger, p.method, p.unique = h.ledger, method, c.Kind == wire.CmdPutUnique
	p.key = append(p.buf[:0], c.Key...)
	if done {
		p.place = l.d.VM.Where(L, 1)
		l.Async.Fail(p, r.Err)
	} else {
		l.Async.Begin(p)
	}
	L.Push(p.Value())
	return 1
}

// Done implements store.Waiter.
func (p *pending) Done(r store.Result) {
	if r.Err != nil {
		asynclib.End(p, nil, r.Err)
		return
	}
	asynclib.End(p, lua.LBool(!p.unique || r.Inserted), nil)
}

// Describe implements asynclib.Asked: put of "k" to store "s".
func (p *pending) Describe() string {
	op := strings.TrimPrefix(p.method, "store:")
	if len(p.key) == 0 {
		return fmt.Sprintf("%s of store %q", op, p.ledger.store)
	}
	return fmt.Sprintf("%s of %s to store %q", op, p.ledger.lib.keyText(p.key), p.ledger.store)
}

// Unheard implements asynclib.Asked.
func (p *pending) Unheard(err error) { p.ledger.failed(p, err) }

// keyText shows a key in a message.
func (l *Lib) keyText(key []byte) string {
	v, err := l.decodeKey(key)
	if err != nil {
		return "a key"
	}
	if s, ok := v.(lua.LString); ok {
		return strconv.Quote(script.Clip(string(s)))
	}
	return script.Clip(l.Space.AppendPrint(nil, v))
}

// ledger is what is known of the failures of one store's writes that no script has asked about. It outlives a reload.
type ledger struct {
	lib   *Lib // of the scripts that run now
	store string

	timer *script.Timer // until the next one is said; nil: it is said at once
	more  int           // that were not said
	last  string        // of them
}

// second is how long further failures are only counted when one was reported.
const second = int64(1e9)

// failed reports a write that has failed.
func (g *ledger) failed(p *pending, err error) {
	text := fmt.Sprintf("%s failed, and no script waits for it: %v", p.Describe(), reason(err))
	if p.place != "" {
		text = p.place + ": " + text
	}
	g.note(text)
}

// note reports one failure, at once or with the next.
func (g *ledger) note(text string) {
	if g.timer != nil {
		g.more++
		g.last = text
		return
	}
	g.say(text)
}

// reason is an error without the name of the store, which the message has already.
func reason(err error) string {
	code := broker.CodeOf(err)
	if e, ok := err.(*broker.Error); ok && e.Err != nil {
		return fmt.Sprintf("%s: %v", code, e.Err)
	}
	return err.Error()
}

// say writes a report, and the next one in a second at the earliest.
func (g *ledger) say(text string) {
	d := g.lib.d
	d.Reports.Script("warning", text)
	g.timer = d.After(second, func(int64) {
		g.timer = nil
		if n := g.more; n > 0 {
			g.more = 0
			if n > 1 {
				g.say(fmt.Sprintf("%s (and %d other writes to this store)", g.last, n-1))
			} else {
				g.say(g.last)
			}
		}
	})
}
