package script

import (
	"time"

	"moonpeer/net/step"
)

// Timer is a function that waits for a time of the node's clock.
type Timer = step.Item[func(now int64)]

// After has fn called when delay ns of the node's clock have passed; a delay beyond the end of time never ends.
func (d *Domain) After(delay int64, fn func(now int64)) *Timer {
	return d.timers.Add(step.Time(d.Now()).Add(time.Duration(delay)), fn)
}

// At has fn called when the node's clock reaches due. A timer is not run early when the node ends.
func (d *Domain) At(due int64, fn func(now int64)) *Timer {
	return d.timers.Add(step.Time(due), fn)
}

// Cancel takes a timer back; nothing happens when it has fired or was cancelled before.
func (d *Domain) Cancel(t *Timer) { d.timers.Remove(t) }

// NextTimer returns when the earliest timer is due; ok is false when there is none.
func (d *Domain) NextTimer() (due int64, ok bool) {
	if d.timers.Len() == 0 {
		return 0, false
	}
	return int64(d.timers.Next()), true
}

// Tick runs the timers that are due, at most max. It returns true when more are due.
func (d *Domain) Tick(now int64, max int) bool {
	for range min(max, d.timers.Len()) { // not those that are added meanwhile: one that is due at once would never end
		if d.VM.Halted() {
			return false
		}
		t := d.timers.PopDue(step.Time(now))
		if t == nil {
			return false
		}
		t.Value(now)
	}
	return d.timers.Next() <= step.Time(now)
}
