package luacover

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"moonpeer/runtime/luavm"
)

// WriteLCOV writes the report in the format of lcov's tracefiles. Files that were too large to be counted are left out.
func (r *Report) WriteLCOV(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, f := range r.Files {
		if !f.TooLarge {
			f.writeRecord(out)
		}
	}
	return out.Flush()
}

func (f *File) writeRecord(out *bufio.Writer) {
	fmt.Fprintf(out, "TN:\nSF:%s\n", oneLine(f.Name))
	names, called := functionNames(f.Functions), 0
	for i, fn := range f.Functions {
		fmt.Fprintf(out, "FN:%d,%s\n", fn.Line, names[i])
	}
	for i, fn := range f.Functions {
		fmt.Fprintf(out, "FNDA:%d,%s\n", fn.Count, names[i])
		if fn.Count > 0 {
			called++
		}
	}
	fmt.Fprintf(out, "FNF:%d\nFNH:%d\n", len(f.Functions), called)
	for _, l := range f.Counts {
		fmt.Fprintf(out, "DA:%d,%d\n", l.Line, l.Count)
	}
	fmt.Fprintf(out, "LF:%d\nLH:%d\nend_of_record\n", f.Lines, f.Hit)
}

// functionNames gives each function a name that no other has.
func functionNames(functions []luavm.CoveredFunction) []string {
	names := make([]string, len(functions))
	taken := map[string]bool{}
	for i, f := range functions {
		name := f.Name
		switch {
		case name == "":
			name = fmt.Sprintf("function:%d", f.Line)
		case taken[name]:
			name = fmt.Sprintf("%s:%d", name, f.Line)
		}
		unique := name
		for n := 2; taken[unique]; n++ {
			unique = fmt.Sprintf("%s#%d", name, n)
		}
		taken[unique] = true
		names[i] = unique
	}
	return names
}

// oneLine keeps a file's name from ending the line: it may be any text.
func oneLine(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return '?'
		}
		return c
	}, name)
}
