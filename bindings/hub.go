package bindings

import (
	"slices"

	"moonpeer/net/endpoint"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// hub is the node's hub as scripts see it: brokerlib.Hub and eventlib.Publisher. It remembers what the bodies of the
// files have asked for. When scripts are loaded anew nothing reaches the node's hub before it is certain that they
// take over; then only what the bodies ask for otherwise than before does (succeed).
type hub struct {
	n   *node.Node
	d   *script.Domain
	tap func(topic string, payload []byte) // sees what is published; nil: nobody

	draft bool // the bodies of new files are running: only take note

	body       map[string]interest // by prefix
	later      map[string]bool     // prefixes that were subscribed to or forwarded when the node ran
	fresh      int                 // prefixes in body that nobody here wants yet, and their bytes, in a draft
	freshBytes int

	restricted      []string // restrict_publish, by the bodies
	restrictedLater bool     // and when the node ran
}

// interest is what the bodies of the files want of one prefix.
type interest struct{ subscribed, self, forward bool }

func newHub(n *node.Node, d *script.Domain, draft bool) *hub {
	return &hub{n: n, d: d, draft: draft, body: map[string]interest{}, later: map[string]bool{}}
}

func (h *hub) Wanted(topic string) bool { return h.tap != nil || h.n.Scripts.Wanted(topic) }

func (h *hub) Publish(topic string, payload []byte) error {
	if h.tap != nil {
		h.tap(topic, payload)
	}
	_, err := h.n.Scripts.Publish(topic, payload)
	return err
}

func (h *hub) Subscribe(prefix string, self bool) bool {
	was := h.body[prefix]
	h.note(prefix, interest{true, self, was.forward})
	if h.draft {
		return !was.subscribed
	}
	return h.n.Scripts.Subscribe(prefix, endpoint.SubscribeOptions{Self: self})
}

func (h *hub) Forward(prefix string) bool {
	was := h.body[prefix]
	h.note(prefix, interest{was.subscribed, was.self, true})
	if h.draft {
		return !was.forward
	}
	return h.n.Scripts.Forward(prefix)
}

// note takes note of who wants a prefix.
func (h *hub) note(prefix string, now interest) {
	if h.d.Ready() {
		h.later[prefix] = true
		return
	}
	if h.body[prefix] == (interest{}) {
		h.count(prefix, 1)
	}
	h.body[prefix] = now
}

// count counts a prefix that the hub has yet to hear of.
func (h *hub) count(prefix string, delta int) {
	if h.draft && !h.n.Hub.Wants(prefix) {
		h.fresh += delta
		h.freshBytes += delta * len(prefix)
	}
}

func (h *hub) Unsubscribe(prefix string) bool {
	was := h.body[prefix]
	switch {
	case h.d.Ready():
		delete(h.later, prefix)
	case was != interest{}:
		h.count(prefix, -1)
		delete(h.body, prefix)
	}
	if h.draft {
		return was != interest{}
	}
	return h.n.Scripts.Unsubscribe(prefix)
}

func (h *hub) Room(prefix string) error {
	if h.body[prefix] != (interest{}) {
		return nil
	}
	return h.n.Hub.RoomBeside(prefix, h.fresh, h.freshBytes)
}

func (h *hub) SetForwarding(on bool) {
	if !h.draft && h.n.Hub.Forwarding() != on {
		h.n.Hub.SetForwarding(on)
		h.n.Peers.ForwardingChanged()
	}
}

func (h *hub) RestrictPublish(prefixes []string) {
	if h.d.Ready() {
		h.restrictedLater = true
	} else {
		h.restricted = prefixes
	}
	if !h.draft {
		h.restrict(prefixes)
	}
}

func (h *hub) restrict(prefixes []string) {
	if len(prefixes) == 0 {
		h.n.Hub.Unrestrict()
		return
	}
	h.n.Hub.Restrict(prefixes...)
}

func (h *hub) NodeID() string { return h.n.Hub.ID().String() }

// succeed tells the node's hub what the bodies of the new files want otherwise than those of the old ones did. What was
// subscribed to, ended or restricted while the node ran stays as it is.
func (h *hub) succeed(before *hub) {
	h.draft, h.fresh, h.freshBytes = false, 0, 0
	h.later, h.restrictedLater = before.later, before.restrictedLater
	for prefix, now := range h.body {
		if was := before.body[prefix]; now != was {
			h.change(prefix, was, now)
		}
	}
	for prefix, was := range before.body {
		if h.body[prefix] == (interest{}) && !h.later[prefix] {
			h.change(prefix, was, interest{})
		}
	}
	if now := h.restricted; !slices.Equal(now, before.restricted) && (len(now) > 0 || !h.restrictedLater) {
		h.restrict(now)
	}
}

// change makes the interest in a prefix what a body wants now. Peers hear of the outcome only.
func (h *hub) change(prefix string, was, now interest) {
	s := h.n.Scripts
	if was.subscribed && !now.subscribed || was.forward && !now.forward {
		if !h.later[prefix] { // else it is not only the body that wants it
			s.Unsubscribe(prefix)
		}
	}
	if now.subscribed {
		s.Subscribe(prefix, endpoint.SubscribeOptions{Self: now.self})
	}
	if now.forward {
		s.Forward(prefix)
	}
}
