package supervisor

import (
	"time"

	"moonpeer/net/step"
)

// Zeek's numbers.
const (
	firstDelay    = time.Second
	doubleAfter   = 3                // revivals
	longRun       = 30 * time.Second // a longer one makes up for all that was before
	longestDelay  = 1 << 62          // in ns; where doubling has to end
	termEvery     = 2 * time.Second
	defaultKill   = 26 * time.Second // 13 times SIGTERM
	defaultGrace  = 10 * time.Second
	stuckAfter    = 5 * time.Second  // a killed process that is still there is worth a line
	quietDropping = 10 * time.Second // so long without a dropped line, and the next begins a new burst
)

// pacing decides when a node that has ended without being asked to is revived. What it limits is how often it is
// spawned: the delay runs from the last spawn, so that a node that ran for longer is back at once.
type pacing struct {
	spawned  step.Time
	attempts int
	delay    time.Duration // zero: firstDelay
}

// due is when a node that has ended at now is revived.
func (p *pacing) due(now step.Time) step.Time {
	if now.Sub(p.spawned) > longRun {
		p.reset()
	}
	return max(now, p.spawned.Add(max(p.delay, firstDelay)))
}

// revive counts a revival. Every third doubles the delay, which counts from the next one on.
func (p *pacing) revive() {
	p.delay = max(p.delay, firstDelay)
	p.attempts++
	if p.attempts%doubleAfter == 0 && p.delay < longestDelay/2 {
		p.delay *= 2
	}
}

// reset begins anew.
func (p *pacing) reset() { p.attempts, p.delay = 0, 0 }
