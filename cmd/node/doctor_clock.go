package main

import (
	"runtime/debug"
	"time"
)

// clockReading is what the machine's clocks say.
type clockReading struct {
	now       time.Time
	built     time.Time // when this program was made, or some time before
	monotonic bool      // the clock that timers run by goes on
	sync      syncReading
}

// syncReading is what the kernel knows about who sets its clock.
type syncReading struct {
	known    bool // false: this system does not tell
	synced   bool
	maxError time.Duration // what the kernel thinks that the clock may be wrong by
	err      error
}

func readClock() clockReading {
	build, _ := debug.ReadBuildInfo()
	return clockReading{now: time.Now(), built: builtAfter(build), monotonic: clockAdvances(), sync: clockSync()}
}

// builtAfter gives a time before which this program was not there.
func builtAfter(build *debug.BuildInfo) time.Time {
	if build != nil {
		for _, s := range build.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return t
			}
		}
	}
	return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
}

// clockAdvances looks at the clock until it has moved; the coarsest known moves every 16 ms.
func clockAdvances() bool {
	start := time.Now()
	for range 10_000_000 {
		if time.Since(start) > 0 {
			return true
		}
	}
	return false
}

// tooFarAhead is a distance from the program's making at which the clock rather than the program is the odd one.
const tooFarAhead = 30 * 365 * 24 * time.Hour

// judgeClock gives one row for the time, and one for who keeps it, where the system tells.
func judgeClock(r clockReading) []checkup {
	stamp := r.now.UTC().Format(time.RFC3339)
	row := checkup{Check: "clock", State: healthOK, Found: stamp}
	switch {
	case !r.monotonic:
		row.State, row.Found = healthFail, "the monotonic clock stands still"
		row.Remedy = "timers, retries and heartbeats need it: the virtual machine or its kernel has to be mended"
	case r.now.Before(r.built.Add(-24 * time.Hour)):
		row.State, row.Found = healthFail, stamp+", which is before this program was made"
		row.Remedy = "set the clock: certificates are judged by it, and events carry its time"
	case r.now.Sub(r.built) > tooFarAhead:
		row.State, row.Found = healthWarn, stamp+", which is decades after this program was made"
		row.Remedy = "set the clock: certificates are judged by it, and events carry its time"
	}
	results := []checkup{row}
	if r.sync.known {
		results = append(results, judgeSync(r.sync))
	}
	return results
}

func judgeSync(s syncReading) checkup {
	row := checkup{Check: "clock sync", State: healthOK}
	row.Found = "synchronised, off by at most " + s.maxError.Round(time.Millisecond).String()
	switch {
	case s.err != nil:
		row.State, row.Found = healthWarn, "the kernel does not tell: "+s.err.Error()
		row.Remedy = "compare by hand that this machine has the time of the others:\ndate -u"
	case !s.synced:
		row.State, row.Found = healthWarn, "nothing sets the clock of this machine"
		row.Remedy = "nodes whose clocks differ give events times that don't fit together; run chronyd or ntpd, or as root:\n" +
			"timedatectl set-ntp true"
	}
	return row
}
