package console

import (
	"strings"
	"unicode/utf8"
)

// textWidth is how wide text gets on a wide terminal, and where there is none.
const textWidth = 100

// narrowest is the least that a text is given beside what stands in front of it.
const narrowest = 24

// TextWidth returns how many columns running text on standard output has.
func (c *Console) TextWidth() int {
	if columns := c.Width(); columns > 0 {
		return min(columns, textWidth)
	}
	return textWidth
}

// Wrap breaks text at its blanks into lines of at most width columns; a longer word has a line of its own. Line breaks
// in text count as blanks.
func Wrap(text string, width int) (lines []string) {
	line, columns := "", 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if columns > 0 && columns+1+n > width {
			lines = append(lines, line)
			line, columns = "", 0
		}
		if columns > 0 {
			line, columns = line+" ", columns+1
		}
		line, columns = line+word, columns+n
	}
	if columns > 0 {
		lines = append(lines, line)
	}
	return lines
}
