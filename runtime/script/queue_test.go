package script

import (
	"math/rand/v2"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestQueueAgainstSlice pushes and takes at random and compares with a plain slice: order, arguments and bytes.
func TestQueueAgainstSlice(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	type want struct {
		args    []lua.LValue
		payload string
		arg     any
	}
	var q queue
	var model []want
	ev := &Event{Name: "e"}
	for i := range 200_000 {
		if r.IntN(100) < 55 && len(model) < 3*segmentLen {
			switch r.IntN(3) {
			case 0:
				args := make([]lua.LValue, r.IntN(4))
				for j := range args {
					args[j] = lua.LNumber(i + j)
				}
				q.pushArgs(ev, args)
				model = append(model, want{args: args})
			case 1:
				b := make([]byte, 1+r.IntN(50))
				b[0] = byte(i)
				q.pushBytes(ev, Origin{Payload: b, Remote: true})
				model = append(model, want{payload: string(b)})
			default:
				q.pushGo(ev, i)
				model = append(model, want{arg: i})
			}
			continue
		}
		p := q.front()
		if (p == nil) != (len(model) == 0) {
			t.Fatalf("step %d (seed %d): front is %v with %d waiting", i, seed, p, len(model))
		}
		if p == nil {
			continue
		}
		w := model[0]
		model = model[1:]
		payload := ""
		if p.form == formBytes {
			payload = string(q.originOf(p).Payload)
		}
		if len(p.args) != len(w.args) || payload != w.payload || p.goArg != w.arg {
			t.Fatalf("step %d (seed %d): got %v want %v", i, seed, p, w)
		}
		for j := range w.args {
			if p.args[j] != w.args[j] {
				t.Fatalf("step %d (seed %d): argument %d is %v, want %v", i, seed, j, p.args[j], w.args[j])
			}
		}
		q.drop()
		if q.len != len(model) {
			t.Fatalf("step %d (seed %d): length %d, want %d", i, seed, q.len, len(model))
		}
	}
}

func TestQueueAllocatesNothingWhenWarm(t *testing.T) {
	var q queue
	ev := &Event{Name: "e"}
	args := []lua.LValue{lua.LTrue, lua.LFalse, lua.LTrue}
	payload := make([]byte, 100)
	round := func() {
		for range 100 {
			q.pushArgs(ev, args)
			q.pushBytes(ev, Origin{Payload: payload})
		}
		for q.front() != nil {
			q.drop()
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("200 events through the queue allocate %v times, want 0", n)
	}
}

// TestDeferBounded: what is deferred within the bound is refused, and counted, when the queue is full.
func TestDeferBounded(t *testing.T) {
	t.Parallel()
	d, err := New(Options{MaxQueued: 2})
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for i, want := range []bool{true, true, false} {
		if got := d.DeferBounded(1, func() { ran++ }); got != want {
			t.Errorf("call %d: got %v, want %v", i, got, want)
		}
	}
	d.Run(10, nil)
	if ran != 2 || d.Counters.Refused != 1 {
		t.Errorf("%d have run, %d were refused", ran, d.Counters.Refused)
	}
}
