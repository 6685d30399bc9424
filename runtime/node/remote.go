package node

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// Questions and answers between nodes, for who has no way to a node's socket (design decision 9). A question is an event on
// ControlTopic with the node's id behind it, its answers are events on that with the asker's.
const (
	ControlTopic   = "zeek/control/"
	ControlRequest = "Control::request"  // id, method, params: strings; params is JSON
	ControlAnswer  = "Control::response" // id, kind, code, body: kind is one of those below, body JSON or, of an error, text
	AnswerPart     = "part"
	AnswerResult   = "result"
	AnswerError    = "error"
)

const (
	maxRemote      = 64 // questions of other nodes that may be open
	maxRemoteEvals = 4  // of one node, those that run a text, each of which may take seconds
)

// remote takes questions of peers: the node's party for them. It implements endpoint.Receiver.
type remote struct {
	n     *Node
	party *endpoint.Local
	open  []*remoteAsker
}

// openRemote has the node answer its peers, if it was told to.
func (n *Node) openRemote() {
	if n.opts.Control {
		n.remote = &remote{n: n}
		n.remote.party = n.Hub.Join("control", n.remote)
		n.remote.party.Subscribe(ControlTopic+n.Hub.ID().String(), endpoint.SubscribeOptions{})
	}
}

// Offer implements endpoint.Receiver.
func (r *remote) Offer(e *endpoint.Envelope) bool {
	args, ok := controlArgs(e.Payload, ControlRequest, 3)
	if !ok || e.From == nil || e.Origin != e.From.ID() {
		return false
	}
	a := &remoteAsker{r: r, to: e.Origin, id: args[0], evals: args[1] == "eval"}
	why := r.refuses(e.Origin, args[1])
	if why == "" {
		why = r.full(a)
	}
	if why != "" {
		a.Refuse(codeFailed, why)
		return true
	}
	r.open = append(r.open, a)
	r.n.inbox.Put(step.ControlRequest{At: r.n.ControlPort(), Method: args[1], Params: []byte(args[2]), Asker: a})
	return true
}

// remoteMethods are what peers may ask, and whether that needs a certificate of the node's authority: what changes the node,
// or runs Lua in it. What only looks is also answered to peers on this machine, whose users are many, unlike the socket's.
// Not among them: trace, whose answers are messages that it would show again, prompt, which has no end, and what only a
// supervisor says.
var remoteMethods = map[string]bool{"status": false, "peers": false, "stats": false, "print": false, "config.list": false, "config.get": false,
	"config.set": true, "eval": true, "reload": true, "debug": true, "stop": true, "profile": true, "profile.stop": true,
	"store.list": false, "store.get": false, "store.keys": false, "store.dump": false, "store.put": true, "store.erase": true}

// refuses says why a peer is not answered; "" if it is.
func (r *remote) refuses(id broker.EndpointID, method string) string {
	changes, known := remoteMethods[method]
	p, ok := r.n.Peers.Peer(id)
	at, err := netip.ParseAddr(p.Address.Host)
	switch {
	case !known || !ok:
		return fmt.Sprintf("peers are not answered %q, only its own machine is, over the socket in its state directory", script.Clip(method))
	case p.Granted != nil || err == nil && at.IsLoopback() && !changes:
		return ""
	case changes:
		return fmt.Sprintf("%s is answered to who has a certificate of this node's authority (--certificate, --keyfile, --cafile)", method)
	}
	return "this node answers who has a certificate of its authority, or is on its own machine"
}

// full says why no more questions like this one may be open; "" if they may.
func (r *remote) full(a *remoteAsker) string {
	evals := 0
	for _, o := range r.open {
		if o.evals && o.to == a.to {
			evals++
		}
	}
	switch {
	case len(r.open) >= maxRemote:
		return "too many questions are open"
	case a.evals && evals >= maxRemoteEvals:
		return fmt.Sprintf("%d texts of this peer wait to be run already", maxRemoteEvals)
	}
	return ""
}

// lost ends the questions of a peer that is gone.
func (r *remote) lost(e peering.Event) {
	if r == nil || e.Status.Code != broker.PeerLost && e.Status.Code != broker.PeerRemoved {
		return
	}
	r.open = slices.DeleteFunc(r.open, func(a *remoteAsker) bool {
		gone := a.to == e.Status.Endpoint.ID
		if gone {
			r.n.inbox.Put(step.ControlClosed{At: r.n.ControlPort(), Asker: a})
		}
		return gone
	})
}

// remoteAsker is somebody at another node who waits for an answer: step.Asker.
type remoteAsker struct {
	r  *remote
	to broker.EndpointID
	id string

	evals bool
}

// Begin implements step.Asker.
func (a *remoteAsker) Begin() bool { return slices.Contains(a.r.open, a) }

// Part implements step.Asker.
func (a *remoteAsker) Part(body []byte) bool {
	if a.Behind() {
		return false
	}
	return a.say(AnswerPart, 0, string(body)) == nil
}

// Behind implements step.Asker.
func (a *remoteAsker) Behind() bool { return !a.r.n.Hub.Writable(step.LaneEvents) }

// Reply implements step.Asker.
func (a *remoteAsker) Reply(body []byte) {
	if err := a.say(AnswerResult, 0, string(body)); err != nil {
		a.Refuse(codeFailed, err.Error())
		return
	}
	a.over()
}

// Refuse implements step.Asker.
func (a *remoteAsker) Refuse(code int, why string) {
	_ = a.say(AnswerError, code, why) // short; who is gone does not wait for it
	a.over()
}

func (a *remoteAsker) over() {
	a.r.open = slices.DeleteFunc(a.r.open, func(o *remoteAsker) bool { return o == a })
}

// say sends an answer to who asked, and to nobody else. The error says that it can't be sent.
func (a *remoteAsker) say(kind string, code int, body string) error {
	b := wire.AppendEventHeader(nil, ControlAnswer, 4)
	b = wire.AppendString(wire.AppendString(b, a.id), kind)
	b = wire.AppendString(wire.AppendInteger(b, int64(code)), body)
	_, err := a.r.party.Send(endpoint.Message{Topic: ControlTopic + a.to.String(), Payload: b, Receiver: a.to})
	return err
}

// controlArgs reads the strings that an event begins with; false if it is another event, or has others.
func controlArgs(payload []byte, name string, n int) (args []string, ok bool) {
	e, err := wire.ParseEvent(payload)
	if err != nil || string(e.Name) != name || e.NArgs != n {
		return nil, false
	}
	for range n {
		k, err := e.Args.Kind()
		if err != nil || k != broker.KindString {
			return nil, false
		}
		b, err := e.Args.Bytes()
		if err != nil {
			return nil, false
		}
		args = append(args, string(b))
	}
	return args, true
}

// aboutControl reports whether a topic is one of questions and answers, which are not for scripts.
func aboutControl(topic []byte) bool { return strings.HasPrefix(string(topic), ControlTopic) }
