package broker

import "strconv"

// ParseError says why a text is not a value of the kind asked for. Parsers of
// this package return no other error type.
type ParseError struct {
	What   string // the kind, as people call it: "address", "interval"
	Text   string // the text, cut short if it is long
	Reason string
}

// maxQuoted bounds the part of a bad text that an error repeats.
const maxQuoted = 80

// Error returns, for example: port "99999/tcp": want a number 0..65535, …
func (e *ParseError) Error() string {
	return e.What + " " + strconv.Quote(e.Text) + ": " + e.Reason
}

func parseError(what, text, reason string) error {
	if len(text) > maxQuoted {
		text = text[:maxQuoted] + "..."
	}
	return &ParseError{What: what, Text: text, Reason: reason}
}
