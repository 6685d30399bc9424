package node

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// collector trades memory for speed while there is little of it: GOGC is 400 while less than 64 MB are alive and
// 100 above (architecture §3). An operator who sets GOGC decides instead.
type collector struct {
	sample  [1]metrics.Sample
	percent int
	before  int
	off     bool
}

const (
	smallHeap    = 64 << 20
	smallPercent = 400
	largePercent = 100
)

func startCollector() *collector {
	c := &collector{off: os.Getenv("GOGC") != ""}
	if c.off {
		return c
	}
	c.sample[0].Name = "/gc/heap/live:bytes"
	c.before = debug.SetGCPercent(smallPercent)
	c.percent = smallPercent
	return c
}

// adjust looks at what was alive after the last collection.
func (c *collector) adjust() {
	if c.off {
		return
	}
	metrics.Read(c.sample[:])
	want := smallPercent
	if c.sample[0].Value.Uint64() > smallHeap {
		want = largePercent
	}
	if want != c.percent {
		c.percent = want
		debug.SetGCPercent(want)
	}
}

func (c *collector) stop() {
	if !c.off {
		debug.SetGCPercent(c.before)
	}
}
