package peering_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"moonpeer/net/endpoint"
	"moonpeer/net/internal/vectors"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// deviations is where we say something else than the recorded Broker, on purpose: steps, with the role that we play.
// What stores say is left out of the recording here, and with it their keep-alives.
var deviations = map[string]string{
	"A: " + removesMore:                       "our filter shrinks when a subscription ends, a Broker's never does",
	"A: A attaches master store foo (memory)": "so a later update is without what has ended",
	"A: " + pingsOfOurs:                       "our loop looks after its peers; a Broker sends no pings of its own",
	"B: " + pingsOfOurs:                       "the same",
}

// Steps during which nothing was recorded.
const (
	publishesNobody = "B publishes to /nobody (not subscribed by A): nothing on the wire"
	removesMore     = "A removes subscription /a/more"
	pingsOfOurs     = "pings of our loop"
)

// recorded is a message of handshake.json.
type recorded struct {
	Step string
	T    float64 // seconds
	Conn int
	Dir  string // "A->B"; A listens, B connects
	Name string
	Hex  vectors.Hex // of the frame; nothing for EOF
}

// by is who sent it.
func (m *recorded) by() string { return m.Dir[:1] }

func (m *recorded) at() step.Time { return step.Time(m.T * float64(time.Second)) }

// TestRecordedSessions replays what two Brokers have said to each other, with us in the place of either (decision 24).
func TestRecordedSessions(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../tests/interop/testdata/handshake.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct{ Messages []recorded }
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 2 {
		t.Fatalf("%d recorded sessions, want 2", len(cases))
	}
	for name, c := range cases {
		for _, role := range []string{"A", "B"} {
			t.Run(name+" as "+role, func(t *testing.T) {
				t.Parallel()
				replaySession(t, role, c.Messages)
			})
		}
	}
}

// replay is one session with us in one role.
type replay struct {
	t     *testing.T
	role  string
	n     *node
	links [3]*fakeLink // by connection, from 1
	sent  []string     // in this step, by us: connection and frame
	want  []string     // the same, as recorded
	bye   [2][]byte    // the token of the recording, and ours
	pings int
	list  *vectors.Deviations
}

func replaySession(t *testing.T, role string, messages []recorded) {
	r := &replay{t: t, role: role}
	mine := map[string]string{}
	for name, why := range deviations {
		if strings.HasPrefix(name, role) {
			mine[name] = why
		}
	}
	r.list = vectors.NewDeviations(mine)
	r.n = byHand(t, config{hub: endpoint.Options{ID: idIn(t, role, messages)}})
	r.n.subscribe("/" + strings.ToLower(role) + "/events")
	*r.n.clock = messages[0].at()
	r.n.settle()
	for i := range messages {
		m := &messages[i]
		if i == 0 || messages[i-1].Step != m.Step {
			r.begin(m)
		}
		r.play(m)
		if i == len(messages)-1 || messages[i+1].Step != m.Step {
			r.end(m.Step)
		}
	}
	problem := ""
	if r.pings > 0 {
		problem = fmt.Sprintf("%d pings", r.pings)
	}
	r.list.Check(t, role+": "+pingsOfOurs, problem)
	r.list.Done(t)
	r.outcome(messages)
}

// idIn finds the endpoint id of a role: its hello or its version_select has it.
func idIn(t *testing.T, role string, messages []recorded) (id [16]byte) {
	for _, m := range messages {
		if m.by() == role && (m.Name == "hello" || m.Name == "version_select") {
			copy(id[:], m.Hex[9:])
			return id
		}
	}
	t.Fatalf("%s has no id", role)
	return id
}

// begin does what our role did in a step, and before it in steps without messages.
func (r *replay) begin(m *recorded) {
	ours := strings.HasPrefix(m.Step, r.role+" ")
	switch {
	case strings.HasPrefix(m.Step, "handshake"), strings.HasPrefix(m.Step, "B opens a second"):
		switch {
		case r.role == "A":
			r.links[m.Conn] = r.n.accept(true)
		case m.Conn == 1:
			r.links[1] = r.n.dial(there, time.Second, true)
		default:
			r.links[2] = r.n.dial(other, 0, true)
		}
	case strings.Contains(m.Step, "publishes") && ours:
		h, payload, err := wire.ParseBrokerFrame(m.Hex[wire.LengthSize:])
		if err != nil {
			r.t.Fatal(err)
		}
		r.n.publish(string(h.Topic), string(payload))
	case strings.Contains(m.Step, "adds subscription"):
		if r.role == "B" {
			r.n.publish("/nobody", "x")
		}
		r.end(publishesNobody)
		if ours {
			r.n.subscribe("/a/more")
		}
	case strings.Contains(m.Step, "attaches master"):
		if r.role == "A" {
			r.n.party.Unsubscribe("/a/more")
		}
		r.end(removesMore)
		if ours {
			r.n.subscribe("foo/<$>/data/master")
		}
	case strings.Contains(m.Step, "attaches clone") && ours:
		r.n.subscribe("foo/<$>/data/clone")
	case strings.Contains(m.Step, "unpeers") && ours:
		r.bye[0] = m.Hex[len(m.Hex)-8:]
		if err := r.n.table.Unpeer(there); err != nil {
			r.t.Error(err)
		}
	}
	r.n.settle()
}

// play has the other end say its part at the recorded time, and notes ours.
func (r *replay) play(m *recorded) {
	r.n.after(m.at().Sub(*r.n.clock))
	r.collect()
	l := r.links[m.Conn]
	switch {
	case m.Name == "EOF" && m.by() == r.role:
		if !l.closed {
			r.t.Errorf("%s: we did not close connection %d", m.Step, m.Conn)
		}
	case m.Name == "EOF":
		if !l.closed {
			l.hangUp("")
		}
	case m.by() == r.role:
		r.want = append(r.want, fmt.Sprintf("%d %x", m.Conn, r.mapped(m.Hex)))
	default:
		l.feed(step.LaneControl, r.mapped(m.Hex))
		r.collect()
	}
}

// mapped replaces the recorded token of the BYE by ours.
func (r *replay) mapped(frame []byte) []byte {
	if r.bye[0] == nil {
		return frame
	}
	return bytes.ReplaceAll(frame, r.bye[0], r.bye[1])
}

// collect takes what we have said, and answers our loop's pings.
func (r *replay) collect() {
	for conn, l := range r.links {
		if l == nil {
			continue
		}
		for _, s := range l.take() {
			h, payload, err := wire.ParseBrokerFrame(s.frame[wire.LengthSize:])
			if err == nil && h.Type == wire.TypePing && !bytes.HasPrefix(payload, []byte("BYE")) {
				r.pings++
				h.Receiver, h.LastHop, h.Type = h.LastHop, h.Receiver, wire.TypePong
				pong, _ := wire.AppendBrokerFrame(nil, &h, payload, wire.DefaultMaxFrame)
				l.feed(step.LaneControl, pong)
				continue
			}
			if err == nil && h.Type == wire.TypePing && r.bye[0] != nil {
				r.bye[1] = payload[3:]
			}
			r.sent = append(r.sent, fmt.Sprintf("%d %x", conn, s.frame))
		}
	}
}

// end compares what we have said in a step.
func (r *replay) end(name string) {
	r.n.settle()
	r.collect()
	problem := ""
	if got, want := strings.Join(r.sent, "\n"), strings.Join(r.want, "\n"); got != want {
		problem = "we say\n" + got + "\nand the recording is\n" + want
	}
	r.list.Check(r.t, r.role+": "+name, problem)
	r.sent, r.want = nil, nil
}

// outcome checks what has become of it on our side.
func (r *replay) outcome(messages []recorded) {
	them := map[string]string{"A": "B", "B": "A"}[r.role]
	id := idIn(r.t, them, messages)[0]
	var data []string
	for _, m := range messages {
		if m.Name != "data" || m.by() != them {
			continue
		}
		h, payload, err := wire.ParseBrokerFrame(m.Hex[wire.LengthSize:])
		if err != nil {
			r.t.Fatal(err)
		}
		data = append(data, fmt.Sprintf("%s=%s", h.Topic, payload))
	}
	if len(data) != 1 {
		r.t.Errorf("%d data messages are recorded", len(data))
	}
	r.n.wantGot(data...)
	if r.role == "A" {
		r.n.want(append(added(id, "stranger"), lost(id, "stranger")...)...)
	} else {
		r.n.want(append(added(id, "there:9999"), removed(id, "there:9999", "")...)...)
	}
	r.n.wantLeft(0, 1, 1)
}
