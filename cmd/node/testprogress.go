package main

import (
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/luatest"
)

// progressing is a reporter that shows on a terminal how far a run has come.
type progressing struct {
	luatest.Reporter
	line  *console.Progress
	files int // in all rounds
	begun int
	file  string // whose results come
	seed  uint64
}

// withProgress wraps a reporter, where somebody could see the progress.
func withProgress(inv *invocation, r luatest.Reporter, files int) luatest.Reporter {
	line := inv.console.Progress("tests", time.Now)
	if line == nil {
		return r
	}
	return &progressing{Reporter: r, line: line, files: files}
}

// Result implements luatest.Reporter.
func (p *progressing) Result(r *luatest.Result) error {
	if p.file != r.File || p.seed != r.Seed || p.begun == 0 {
		p.begun++
		p.file, p.seed = r.File, r.Seed
	}
	p.line.Share(float64(p.begun-1) / float64(p.files))
	return p.Reporter.Result(r)
}

// End implements luatest.Reporter.
func (p *progressing) End(s *luatest.Summary) error {
	p.line.Done()
	return p.Reporter.End(s)
}
