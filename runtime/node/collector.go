package node

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// collector trades memory for speed while there is little of it: the heap may grow to five times what is alive, but
// not beyond 96 MB because of that; from 48 MB alive on it is Go's own 100 percent (DESIGN.md, decision 11). An operator
// who sets GOGC decides instead.
type collector struct {
	sample  [1]metrics.Sample
	percent int
	before  int
	off     bool
}

const (
	easyHeap    = 96 << 20
	mostPercent = 400
	goPercent   = 100
)

func startCollector() *collector {
	c := &collector{off: os.Getenv("GOGC") != ""}
	if c.off {
		return c
	}
	c.sample[0].Name = "/gc/heap/live:bytes"
	c.before = debug.SetGCPercent(mostPercent)
	c.percent = mostPercent
	return c
}

// percentFor is how much the heap may grow beyond what is alive, in percent of that.
func percentFor(live uint64) int {
	if live >= easyHeap {
		return goPercent
	}
	return int(min(mostPercent, max(goPercent, (easyHeap-live)*100/max(live, 1))))
}

// adjust looks at what was alive after the last collection.
func (c *collector) adjust() {
	if c.off {
		return
	}
	metrics.Read(c.sample[:])
	// Small changes are left alone: setting the percentage stops the world for a moment.
	if want := percentFor(c.sample[0].Value.Uint64()); want-c.percent > 20 || c.percent-want > 20 {
		c.percent = want
		debug.SetGCPercent(want)
	}
}

func (c *collector) stop() {
	if !c.off {
		debug.SetGCPercent(c.before)
	}
}
