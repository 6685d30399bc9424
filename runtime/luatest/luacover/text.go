package luacover

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"moonpeer/runtime/script"
)

// Header is what the columns of [Report.Rows] are called.
var Header = []string{"FILE", "LINES", "HIT", "PERCENT", "MISSED", "PARTLY"}

// Rows calls row with the cells of each file, and of the total if there are several files.
func (r *Report) Rows(row func(cells ...any)) {
	for _, f := range r.Files {
		missed := Ranges(f.Missed)
		switch {
		case f.TooLarge:
			missed = "(too large to be counted)"
		case !f.Loaded:
			missed = "(never loaded)"
		}
		row(f.Name, f.Lines, f.Hit, decimal(f.Percent), missed, Ranges(f.Partly))
	}
	if len(r.Files) != 1 {
		row("total", r.Lines, r.Hit, decimal(r.Percent), "", "")
	}
}

// decimal is a percentage in a table, where points stand below each other.
func decimal(percent float64) string { return fmt.Sprintf("%.1f", percent) }

// WriteText writes the report as a plain table.
func (r *Report) WriteText(w io.Writer) error {
	const gap = 2
	table := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	row := func(cells ...any) {
		for i, cell := range cells {
			if i > 0 {
				fmt.Fprint(table, "\t")
			}
			fmt.Fprint(table, script.Printable(strings.ReplaceAll(fmt.Sprint(cell), "\t", " ")))
		}
		fmt.Fprintln(table)
	}
	header := make([]any, len(Header))
	for i, h := range Header {
		header[i] = h
	}
	row(header...)
	r.Rows(row)
	return table.Flush()
}
