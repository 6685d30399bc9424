package zeeklog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// token is one scalar of a JSON text, or the start of an object or array.
type token struct {
	kind byte   // { [ " t f n, or 0 for a number
	text []byte // of a string without quotes and escapes, of a number as written
}

// scanner walks through a text that encoding/json has found valid, in order and without allocating for what it passes;
// encoding/json's own decoder takes ten times as long and its maps lose the order.
type scanner struct {
	b []byte
	i int
}

// newScanner checks the text.
func newScanner(text []byte) (*scanner, error) {
	if json.Valid(text) {
		return &scanner{b: text}, nil
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(text, new(json.RawMessage)); {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("not JSON at byte %d: %w", syntax.Offset, err)
	default:
		return nil, fmt.Errorf("not JSON: %w", err)
	}
}

// peek returns the next byte that is not white space.
func (s *scanner) peek() byte {
	for {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
}

// more tells whether another element comes before the object or array ends with end, and passes what is between.
func (s *scanner) more(end byte) bool {
	c := s.peek()
	if c == ',' || c == end {
		s.i++
	}
	return c != end
}

// key returns the name of the next member and passes the colon.
func (s *scanner) key() []byte {
	k := s.next().text
	s.peek()
	s.i++
	return k
}

// next returns the next value's token. Of an object or array only the bracket is passed.
func (s *scanner) next() token {
	c := s.peek()
	start := s.i
	switch c {
	case '{', '[':
		s.i++
		return token{kind: c}
	case '"':
		return token{'"', s.str()}
	case 't', 'n':
		s.i += 4
		return token{kind: c}
	case 'f':
		s.i += 5
		return token{kind: c}
	}
	for s.i < len(s.b) && bytes.IndexByte([]byte("+-.0123456789eE"), s.b[s.i]) >= 0 {
		s.i++
	}
	return token{0, s.b[start:s.i]}
}

// str passes a string and returns what it says.
func (s *scanner) str() []byte {
	start := s.i
	plain := true
	for s.i++; s.b[s.i] != '"'; s.i++ {
		if s.b[s.i] == '\\' {
			plain = false
			s.i++
		}
	}
	s.i++
	if text := s.b[start+1 : s.i-1]; plain && utf8.Valid(text) {
		return text
	}
	var said string
	if err := json.Unmarshal(s.b[start:s.i], &said); err != nil {
		return nil // not reached: the text is valid
	}
	return []byte(said)
}
