package console

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// columnGap is what separates two columns.
const columnGap = "  "

// Table collects rows for standard output.
type Table struct {
	c      *Console
	header []string
	rows   [][]string
	text   []bool // by column: some cell is not a number
	wrap   bool
}

// Table returns an empty table. Without header cells it is written without a header.
func (c *Console) Table(header ...string) *Table {
	return &Table{c: c, header: header}
}

// Wrap has the last column wrapped where the output would be too narrow for it.
func (t *Table) Wrap() { t.wrap = true }

// Number is a cell that is aligned like one although it is more: "12 MB".
type Number string

// Row adds a row; numbers are aligned to the right, in columns that hold nothing else.
func (t *Table) Row(cells ...any) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = Clean(fmt.Sprint(cell))
		if i == len(t.text) {
			t.text = append(t.text, false)
		}
		switch cell.(type) {
		case int, int64, uint64, float64, Number:
		default:
			t.text[i] = true
		}
	}
	t.rows = append(t.rows, row)
}

// Write writes the table.
func (t *Table) Write() error {
	widths := t.widths()
	var b strings.Builder
	if len(t.header) > 0 {
		line := t.line(t.header, widths)
		b.WriteString(t.c.out.paint(bold, line) + "\n")
	}
	for _, row := range t.rows {
		for _, part := range t.wrapped(row, widths) {
			b.WriteString(t.line(part, widths) + "\n")
		}
	}
	_, err := t.c.Stdout().Write([]byte(b.String()))
	return err
}

func (t *Table) widths() []int {
	widths := make([]int, max(len(t.header), len(t.text)))
	measure := func(row []string) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	measure(t.header)
	for _, row := range t.rows {
		measure(row)
	}
	return widths
}

// wrapped divides a row into those that its last cell needs. What stands in front of it is not repeated.
func (t *Table) wrapped(row []string, widths []int) [][]string {
	last := len(widths) - 1
	if !t.wrap || len(row) <= last {
		return [][]string{row}
	}
	left := t.c.TextWidth()
	for _, w := range widths[:last] {
		left -= w + len(columnGap)
	}
	var all [][]string
	for i, text := range Wrap(row[last], max(left, narrowest)) {
		part := make([]string, last, last+1)
		if i == 0 {
			copy(part, row)
		}
		all = append(all, append(part, text))
	}
	if all == nil {
		return [][]string{row}
	}
	return all
}

// line aligns one row; it has no blanks at its end.
func (t *Table) line(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		if i > 0 {
			b.WriteString(columnGap)
		}
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i < len(t.text) && !t.text[i] {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	return strings.TrimRight(b.String(), " ")
}
