package sim

import "time"

// Report is an error, a warning or an info that a node has written.
type Report struct {
	Level string // "error", "warning" or "info"
	Text  string // may have several lines: a traceback
	At    time.Duration
}

// How many reports of a node are kept, and bytes of their texts; those that come later are counted.
const (
	maxReports     = 10_000
	maxReportBytes = 4 << 20
)

// reports are what a node has reported, in all of its runs.
type reports struct {
	kept []Report
	size int // bytes of texts
	more int
}

// Reports is what the node has reported, in all of its runs, the first thing first: at most 10,000 reports, and 4 MB. The
// slice is the node's.
func (n *Node) Reports() []Report { return n.reports.kept }

// MoreReports is how many reports came when Reports was full.
func (n *Node) MoreReports() int { return n.reports.more }

// watchReports returns what keeps the reports of a run, and passes them on to also unless that is nil.
func (n *Node) watchReports(also func(level, text string)) func(level, text string) {
	return func(level, text string) {
		r := &n.reports
		if len(r.kept) < maxReports && r.size+len(text) <= maxReportBytes {
			r.kept = append(r.kept, Report{Level: level, Text: text, At: n.w.Now()})
			r.size += len(text)
		} else {
			r.more++
		}
		if also != nil {
			also(level, text)
		}
	}
}
