// Package inputtest is for tests of sources: a sink that writes down what it is handed.
package inputtest

import (
	"encoding/json"
	"fmt"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/flow"
)

// Recorder is an [input.Sink]. Its zero value is ready.
type Recorder struct {
	Calls    []string    // each call in one line of text, but for warnings
	Warnings []string    // what was skipped
	Ended    []flow.Conn // connections as they were at their StateRemove
	Types    []*input.RecordType
	Records  []broker.Vector
	// Single ends a pull after each item.
	Single bool
}

// ConnEvent implements [input.Sink].
func (r *Recorder) ConnEvent(kind flow.EventKind, c *flow.Conn) {
	id := c.ID
	r.Calls = append(r.Calls, fmt.Sprintf("%s %s:%s > %s:%s", kind, id.OrigH, id.OrigP, id.RespH, id.RespP))
	if kind == flow.StateRemove {
		c.UID()
		r.Ended = append(r.Ended, *c)
	}
}

// Record implements [input.Sink].
func (r *Recorder) Record(path string, t *input.RecordType, rec broker.Vector) {
	r.Calls = append(r.Calls, path+" "+broker.Text(rec))
	r.Types = append(r.Types, t)
	r.Records = append(r.Records, rec)
}

// Event implements [input.Sink].
func (r *Recorder) Event(name string, args []any, line int) {
	text, err := json.Marshal(args)
	if err != nil {
		text = []byte(err.Error())
	}
	r.Calls = append(r.Calls, fmt.Sprintf("%d: %s%s", line, name, text))
}

// Warn implements [input.Sink].
func (r *Recorder) Warn(err error) { r.Warnings = append(r.Warnings, err.Error()) }

// Enough implements [input.Sink].
func (r *Recorder) Enough() bool { return r.Single }

// Count returns how many calls start with prefix.
func (r *Recorder) Count(prefix string) (n int) {
	for _, c := range r.Calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

// Drain pulls all there is into sink and returns the state at the end. wake is received from whenever src waits.
func Drain(src input.Source, sink input.Sink, wake <-chan struct{}) input.State {
	for {
		switch _, st := src.Pull(256, input.Never, sink); st {
		case input.More:
		case input.Wait:
			<-wake
		default:
			return st
		}
	}
}
