package apidoc

import (
	"fmt"
	"strings"
)

// commentLine is one line of a comment, without its dashes.
type commentLine struct {
	text string
	line int // in the file
}

// newComment sorts the lines of a comment.
func newComment(lines []commentLine) (c Comment, err error) {
	var paragraph []string
	first := true
	end := func() {
		if len(paragraph) > 0 {
			c.paragraph(strings.Join(paragraph, "\n"), first)
			paragraph, first = nil, false
		}
	}
	for i := 0; i < len(lines); i++ {
		switch text := lines[i].text; {
		case text == "":
			end()
		case text == "```lua":
			end()
			n, code := fenced(lines[i+1:])
			if n < 0 {
				return c, fmt.Errorf("the block that begins in line %d has no end", lines[i].line)
			}
			c.Examples = append(c.Examples, Example{Code: code, Line: lines[i].line + 1})
			i += n + 1
		case strings.HasPrefix(text, "```"):
			return c, fmt.Errorf("line %d: a block that begins or ends with %q", lines[i].line, text)
		default:
			paragraph = append(paragraph, text)
		}
	}
	end()
	return c, nil
}

// fenced returns how many lines there are up to the end of a block, and their text; -1 when there is no end.
func fenced(lines []commentLine) (n int, code string) {
	var all []string
	for i, l := range lines {
		if l.text == "```" {
			return i, strings.Join(all, "\n")
		}
		all = append(all, l.text)
	}
	return -1, ""
}

// paragraph puts a paragraph where it belongs.
func (c *Comment) paragraph(text string, first bool) {
	join := func(to *string, text, with string) {
		if *to != "" && text != "" {
			*to += with
		}
		*to += text
	}
	if from, ok := strings.CutPrefix(text, "From: "); ok {
		join(&c.From, from, " ")
		return
	}
	if strings.HasPrefix(text, "Raises ") && !first {
		join(&c.Raises, text, "\n\n")
		return
	}
	for _, begin := range []string{". Raises ", ".\nRaises "} {
		if at := strings.Index(text, begin); at >= 0 {
			join(&c.Raises, text[at+2:], "\n\n")
			text = text[:at+1]
		}
	}
	join(&c.Text, text, "\n\n")
}
