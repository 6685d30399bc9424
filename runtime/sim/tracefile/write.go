package tracefile

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"moonpeer/runtime/script"
)

// header is the first line.
const header = "moonpeer trace 1"

// maxWritten is how much of a frame, or of a text, is written.
const maxWritten = 64 << 10

// AppendHeader appends the first line of a file.
func AppendHeader(b []byte) []byte { return append(b, header+"\n"...) }

// AppendSection appends the line that begins a section.
func AppendSection(b []byte, title string) []byte {
	return append(append(append(b, "# "...), script.Printable(title)...), '\n')
}

// AppendMessage appends a message.
func AppendMessage(b []byte, m *Message) []byte {
	b = strconv.AppendInt(b, int64(m.At), 10)
	b = appendName(append(b, ' '), m.From)
	if m.Lost {
		b = append(b, " -x "...)
	} else {
		b = append(b, " -> "...)
	}
	b = append(appendName(b, m.To), ' ')
	b = append(append(b, m.Lane.String()...), " sent "...)
	b = strconv.AppendInt(b, int64(m.Sent), 10)
	if m.Again > m.Sent {
		b = strconv.AppendInt(append(b, " again "...), int64(m.Again), 10)
	}
	shown := m.Frame[:min(len(m.Frame), maxWritten)]
	b = hex.AppendEncode(append(b, ' '), shown)
	if len(shown) < m.Size {
		b = strconv.AppendInt(append(b, " of "...), int64(m.Size), 10)
	}
	return append(b, '\n')
}

// AppendNote appends a note about a node, or about the world if that is "". What was printed or reported is quoted.
func AppendNote(b []byte, at time.Duration, node string, what What, text string) []byte {
	b = append(strconv.AppendInt(b, int64(at), 10), ' ')
	if node == "" {
		b = append(b, '*')
	} else {
		b = appendName(b, node)
	}
	b = append(append(b, ' '), what...)
	switch {
	case what == Out || what == Err:
		b = strconv.AppendQuote(append(b, ' '), text[:min(len(text), maxWritten)])
	case text != "":
		b = append(append(b, ' '), script.Printable(text)...)
	}
	return append(b, '\n')
}

// Name is how a node's name is written.
func Name(name string) string { return string(appendName(nil, name)) }

func appendName(b []byte, name string) []byte {
	if name == "" || strings.ContainsFunc(name, odd) {
		return strconv.AppendQuote(b, name)
	}
	return append(b, name...)
}

func odd(c rune) bool {
	return c != '_' && c != '.' && c != ':' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
}
