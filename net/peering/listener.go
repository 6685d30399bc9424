package peering

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
)

// listener is an address that this node wants to be dialled at.
type listener struct {
	t        *Table
	addr     Address
	retry    time.Duration
	settings Settings
	port     step.PortID
	timer    *step.Item[timed]
	open     Listener // nil while the port can't be had
	refused  bool     // too many connections, said once
}

// Listen opens a listener and returns the bound port; port 0 lets the system choose. If that fails the error says
// why. If it may change, as when somebody else has the port, it is tried again after retry until it works, which the log
// says; a retry of 0 means not.
func (t *Table) Listen(a Address, retry time.Duration, s Settings) (port int, err error) {
	if err := t.usable(a); err != nil {
		return 0, err
	}
	l := &listener{t: t, addr: a, retry: retry, settings: s}
	l.port = t.opts.Ports.OpenPort(l.receive)
	err = l.listen()
	if err != nil && (retry == 0 || !mayChange(err)) {
		t.opts.Ports.DropPort(l.port)
		return 0, err
	}
	l.timer = t.heap.Add(step.Never, l)
	t.listeners = append(t.listeners, l)
	if err != nil {
		l.again()
		return 0, err
	}
	return l.open.Port(), nil
}

// mayChange reports whether it makes sense to try again.
func mayChange(err error) bool { return errors.Is(err, ErrInUse) || errors.Is(err, ErrNoAddress) }

// usable refuses what no transport here can do.
func (t *Table) usable(a Address) error {
	switch {
	case t.stopped:
		return fmt.Errorf("the node is ending: %w", broker.ErrShuttingDown)
	case t.opts.Transport == nil:
		return errors.New("this node has no transport")
	case a.Transport != "quic":
		return fmt.Errorf("this version has no %s transport, only quic", a.Transport)
	}
	return nil
}

func (l *listener) listen() (err error) {
	l.open, err = l.t.opts.Transport.Listen(l.port, l.addr, l.settings)
	if err == nil {
		l.addr.Port = l.open.Port()
		l.t.opts.Env.Log.Info("listening", "address", l.addr)
	}
	return err
}

// step is the time to try again.
func (l *listener) step(step.Time) {
	if l.listen() != nil {
		l.again()
	}
}

func (l *listener) again() {
	l.t.heap.Move(l.timer, l.t.now().Add(l.retry))
	l.t.opts.Changed()
}

// receive owns the listener's port.
func (l *listener) receive(in step.Input) (done bool) {
	up, ok := in.(Up)
	if !ok {
		return true
	}
	t := l.t
	if t.stopped {
		up.Link.Close(uint64(broker.ShuttingDown), "shutting down")
		return true
	}
	if len(t.conns) >= t.opts.MaxPeers {
		if !l.refused {
			l.refused = true
			t.log(slog.LevelWarn, "too many connections, further ones are refused", "address", l.addr, "limit", t.opts.MaxPeers)
		}
		up.Link.Close(uint64(broker.Unspecified), "too many connections")
		return true
	}
	l.refused = false
	t.connect(up, nil, l.settings)
	return true
}

func (l *listener) close() {
	l.t.heap.Remove(l.timer)
	if l.open != nil {
		l.open.Close()
	}
	l.t.listeners = slices.DeleteFunc(l.t.listeners, func(x *listener) bool { return x == l })
}

// Listening returns the addresses that are listened on, ports filled in.
func (t *Table) Listening() []Address {
	var out []Address
	for _, l := range t.listeners {
		if l.open != nil {
			out = append(out, l.addr)
		}
	}
	return out
}
