package luacover

import (
	"math"
	"strconv"
	"strings"

	"moonpeer/runtime/luavm"
)

// Report is the coverage of all files in the order of their names.
type Report struct {
	Files   []File  `json:"files"`
	Lines   int     `json:"lines"` // that can be hit
	Hit     int     `json:"hit"`
	Percent float64 `json:"percent"` // of lines hit; 100 if there are none
}

// File is the coverage of one file.
type File struct {
	Name    string  `json:"name"`
	Lines   int     `json:"lines"`
	Hit     int     `json:"hit"`
	Percent float64 `json:"percent"`
	Missed  []Range `json:"missed"` // lines that can be hit and were not
	Partly  []Range `json:"partly"` // lines hit, of which some statements never ran

	Loaded   bool `json:"loaded"`              // false: no node has loaded it
	TooLarge bool `json:"too_large,omitempty"` // it was not counted, see package luavm

	Counts    []luavm.CoveredLine     `json:"-"`
	Functions []luavm.CoveredFunction `json:"-"`
}

// Range is lines from First to Last.
type Range struct {
	First int `json:"first"`
	Last  int `json:"last"`
}

// String is "12-14", or "12" for one line.
func (r Range) String() string {
	if r.First == r.Last {
		return strconv.Itoa(r.First)
	}
	return strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last)
}

// Ranges is "12-14, 20".
func Ranges(ranges []Range) string {
	texts := make([]string, len(ranges))
	for i, r := range ranges {
		texts[i] = r.String()
	}
	return strings.Join(texts, ", ")
}

// New reports what has been counted. No node that counts may be running.
func New(c *luavm.Coverage) *Report {
	r := &Report{Files: []File{}}
	for _, f := range latest(c.Files()) {
		file := newFile(f)
		r.Files = append(r.Files, file)
		r.Lines += file.Lines
		r.Hit += file.Hit
	}
	r.Percent = percent(r.Hit, r.Lines)
	return r
}

// latest keeps one text of each file: the last of those that were loaded, else of those that were added.
func latest(files []luavm.CoveredFile) []luavm.CoveredFile {
	var kept []luavm.CoveredFile
	for _, f := range files {
		n := len(kept)
		switch {
		case n == 0 || kept[n-1].Name != f.Name:
			kept = append(kept, f)
		case f.Loaded || !kept[n-1].Loaded:
			kept[n-1] = f
		}
	}
	return kept
}

func newFile(f luavm.CoveredFile) File {
	file := File{
		Name: f.Name, Lines: len(f.Lines), Loaded: f.Loaded, TooLarge: f.TooLarge,
		Counts: f.Lines, Functions: f.Functions,
	}
	for _, l := range f.Lines {
		if l.Count > 0 {
			file.Hit++
		}
	}
	file.Percent = percent(file.Hit, file.Lines)
	file.Missed = ranges(f.Lines, func(l luavm.CoveredLine) bool { return l.Count == 0 })
	file.Partly = ranges(f.Lines, func(l luavm.CoveredLine) bool { return l.Count > 0 && l.Missed > 0 })
	return file
}

// percent rounds down, so that only all is 100.
func percent(hit, lines int) float64 {
	if lines == 0 {
		return 100
	}
	return math.Floor(1000*float64(hit)/float64(lines)) / 10
}

// ranges joins lines with nothing else than lines that can't be hit between them.
func ranges(lines []luavm.CoveredLine, in func(luavm.CoveredLine) bool) []Range {
	all := []Range{}
	joined := false
	for _, l := range lines {
		switch {
		case !in(l):
			joined = false
		case joined:
			all[len(all)-1].Last = l.Line
		default:
			all = append(all, Range{l.Line, l.Line})
			joined = true
		}
	}
	return all
}
