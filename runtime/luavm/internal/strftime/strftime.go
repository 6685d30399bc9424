// Package strftime writes times as C's strftime does in the C locale.
package strftime

import (
	"fmt"
	"time"
)

// Format replaces the conversions in layout, % and a letter, by parts of t. What is not a conversion of
// C89 or of the common ones of C99 stays as it is.
func Format(layout string, t time.Time) string {
	var out []byte
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' || i+1 == len(layout) {
			out = append(out, layout[i])
			continue
		}
		i++
		out = appendConversion(out, layout[i], t)
	}
	return string(out)
}

// names of conversions that Go's time package has a layout for, or that consist of others.
var (
	goLayouts = map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'h': "Jan", 'H': "15",
		'I': "03", 'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'z': "-0700", 'Z': "MST",
	}
	composites = map[byte]string{
		'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'r': "%I:%M:%S %p", 'R': "%H:%M",
		'T': "%H:%M:%S", 'x': "%m/%d/%y", 'X': "%H:%M:%S",
	}
	characters = map[byte]string{'n': "\n", 't': "\t", '%': "%"}
)

func appendConversion(out []byte, verb byte, t time.Time) []byte {
	if l, ok := goLayouts[verb]; ok {
		return t.AppendFormat(out, l)
	}
	if c, ok := composites[verb]; ok {
		return append(out, Format(c, t)...)
	}
	if c, ok := characters[verb]; ok {
		return append(out, c...)
	}
	weekday := int(t.Weekday())
	switch verb {
	case 'C':
		return fmt.Appendf(out, "%02d", t.Year()/100)
	case 'g':
		year, _ := t.ISOWeek()
		return fmt.Appendf(out, "%02d", year%100)
	case 'G':
		year, _ := t.ISOWeek()
		return fmt.Appendf(out, "%d", year)
	case 'j':
		return fmt.Appendf(out, "%03d", t.YearDay())
	case 's':
		return fmt.Appendf(out, "%d", t.Unix())
	case 'u':
		return fmt.Appendf(out, "%d", (weekday+6)%7+1)
	case 'U': // week of the year, the first Sunday beginning week 1
		return fmt.Appendf(out, "%02d", (t.YearDay()+6-weekday)/7)
	case 'V':
		_, week := t.ISOWeek()
		return fmt.Appendf(out, "%02d", week)
	case 'w':
		return fmt.Appendf(out, "%d", weekday)
	case 'W': // the first Monday beginning it
		return fmt.Appendf(out, "%02d", (t.YearDay()+6-(weekday+6)%7)/7)
	case 'Y':
		return fmt.Appendf(out, "%d", t.Year())
	}
	return append(out, '%', verb)
}
