package node

import (
	"errors"
	"fmt"
	"os"
	"runtime/metrics"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/script"
)

// Profiled is the answer to "profile".
type Profiled struct {
	Began   float64              `json:"began"`           // wall, seconds since 1970
	Seconds float64              `json:"seconds"`         // for how long
	Ended   bool                 `json:"ended,omitempty"` // because the node ends
	Period  int64                `json:"period_ns"`       // of a tick; 0: stacks were not looked at
	Dir     string               `json:"dir,omitempty"`   // where paths of files begin; only with stacks
	Calls   []script.Cost        `json:"calls"`           // what took longest first
	Stacks  *script.StackProfile `json:"stacks,omitempty"`
}

// The bounds of a profile.
const (
	MaxProfile   = time.Hour
	MaxProfileHz = 1000
)

// profiling is the profile that is under way. It implements step.Machine: its time comes.
type profiling struct {
	n     *Node
	q     *Question
	id    string // by which its asker may end it
	p     *script.Profile
	hz    int
	wall  int64
	began step.Time
	until step.Time
	timer *step.Entry
	still func() // stops the ticks
}

// answerProfile measures what Lua costs for so long, and then answers. There is one profile at a time. It ends early for who
// asks "profile.stop" with its id, as the node ends, and when nobody waits for its answer any more.
func (n *Node) answerProfile(q *Question) {
	var p struct {
		ID      string  `json:"id"`
		Seconds float64 `json:"seconds"`
		Hz      int     `json:"hz"` // how often Lua's stack is looked at; 0: not
	}
	if !q.Params(&p) {
		return
	}
	switch {
	case !(p.Seconds > 0 && p.Seconds <= MaxProfile.Seconds()):
		q.refuse(codeBadParams, fmt.Sprintf("profile: %v seconds: want more than 0 and at most %v", p.Seconds, MaxProfile.Seconds()))
		return
	case p.Hz < 0 || p.Hz > MaxProfileHz:
		q.refuse(codeBadParams, fmt.Sprintf("profile: %d Hz: want 0 to %d", p.Hz, MaxProfileHz))
		return
	case n.profiling != nil:
		left := time.Duration(n.profiling.until - n.now).Round(time.Second)
		q.Fail(fmt.Errorf("a profile is under way, for another %v: one at a time", left))
		return
	}
	pr := &profiling{n: n, q: q, id: p.ID, hz: p.Hz, wall: n.clock.live(), began: n.now, still: func() {}}
	pr.until = n.now.Add(time.Duration(p.Seconds * float64(time.Second)))
	pr.p = script.NewProfile(script.ProfileOptions{
		Clock:  func() int64 { return int64(n.transport()) },
		Allocs: newAllocs(),
		Stacks: p.Hz > 0,
	})
	if p.Hz > 0 && n.tick != nil {
		pr.still = n.tick(pr.period(), pr.p.Tick)
	}
	pr.timer = n.timers.Register(pr)
	n.profiling = pr
	n.Domain.SetProfile(pr.p)
	q.OnGone(pr.end)
}

// answerProfileStop ends the profile that is under way: who has begun it gets what there is.
func (n *Node) answerProfileStop(q *Question) {
	var p struct {
		ID string `json:"id"`
	}
	switch {
	case !q.Params(&p):
		return
	case n.profiling == nil || n.profiling.id != p.ID:
		q.Fail(errors.New("no such profile is under way"))
		return
	}
	n.profiling.answer(false)
	q.Reply(struct{}{})
}

func (pr *profiling) period() time.Duration { return time.Second / time.Duration(pr.hz) }

// Next implements step.Machine.
func (pr *profiling) Next() step.Time { return pr.until }

// Step implements step.Machine.
func (pr *profiling) Step(now step.Time) (more bool) {
	if now >= pr.until {
		pr.answer(false)
	}
	return false
}

// answer tells what was measured, which ends it.
func (pr *profiling) answer(ended bool) {
	out := Profiled{
		Began:   seconds(pr.wall),
		Seconds: time.Duration(pr.n.transport() - pr.began).Seconds(),
		Ended:   ended,
		Calls:   pr.p.Costs(),
		Stacks:  pr.p.Stacks(),
	}
	if pr.hz > 0 {
		out.Period = int64(pr.period())
		out.Dir, _ = os.Getwd() // without it, files are called as they were given
	}
	pr.q.Reply(out)
}

// end measures no more: the question is over.
func (pr *profiling) end() {
	pr.still()
	pr.timer.Remove()
	pr.n.Domain.SetProfile(nil)
	pr.n.profiling = nil
}

// profileNext has the domain that is to follow count into the profile that is under way, what its loading costs included. The
// one before has no profile when it ends.
func (n *Node) profileNext(next *script.Domain) {
	if n.profiling != nil {
		next.SetProfile(n.profiling.p)
	}
}

// newAllocs returns what reads how much the process has allocated.
func newAllocs() func() (bytes, objects uint64) {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/allocs:objects"}}
	return func() (bytes, objects uint64) {
		metrics.Read(samples)
		return samples[0].Value.Uint64(), samples[1].Value.Uint64()
	}
}
