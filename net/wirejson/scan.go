package wirejson

import (
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may be nested, Broker's own limit. A
// value in n vectors takes 2n+1 levels.
const maxDepth = 128

// parser reads JSON by Broker's lexical rules; see the package comment.
type parser struct {
	b     []byte
	off   int
	depth int
}

// peek returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.off < len(p.b) {
		return p.b[p.off]
	}
	return 0
}

func (p *parser) space() {
	for p.off < len(p.b) {
		switch p.b[p.off] {
		case ' ', '\t', '\n', '\r':
			p.off++
		default:
			return
		}
	}
}

// end checks that only white space follows.
func (p *parser) end() error {
	if p.space(); p.off < len(p.b) {
		return p.malformed("text after the value")
	}
	return nil
}

// unexpected is the error for a byte that can't stand where it does.
func (p *parser) unexpected(want string) error {
	if p.off >= len(p.b) {
		return p.malformed("text ends, want " + want)
	}
	return p.malformed("unexpected " + strconv.QuoteRuneToASCII(rune(p.b[p.off])) + ", want " + want)
}

// literal reads a word.
func (p *parser) literal(word string) error {
	if len(p.b)-p.off < len(word) || string(p.b[p.off:p.off+len(word)]) != word {
		return p.unexpected(word)
	}
	p.off += len(word)
	return nil
}

// open and close count the nesting.
func (p *parser) open() error {
	if p.depth == maxDepth {
		return p.malformed("nested too deep")
	}
	p.depth++
	p.off++
	p.space()
	return nil
}

func (p *parser) close() {
	p.depth--
	p.off++
}

// array reads an array; the parser stands at the bracket. Elem is called at
// the start of each element and reads it.
func (p *parser) array(elem func() error) error {
	if err := p.open(); err != nil {
		return err
	}
	if p.peek() == ']' {
		p.close()
		return nil
	}
	for {
		p.space()
		if err := elem(); err != nil {
			return err
		}
		p.space()
		switch p.peek() {
		case ',':
			p.off++
		case ']':
			p.close()
			return nil
		default:
			return p.unexpected("a comma or the end of the array")
		}
	}
}

// object reads an object; the parser stands at the brace. Member is called at
// the start of each member's value and reads it; the name is good only until
// the parser moves.
func (p *parser) object(member func(name []byte) error) error {
	if err := p.open(); err != nil {
		return err
	}
	if p.peek() == '}' {
		p.close()
		return nil
	}
	for {
		p.space()
		name, err := p.str()
		if err != nil {
			return err
		}
		p.space()
		if p.peek() != ':' {
			return p.unexpected("a colon")
		}
		p.off++
		p.space()
		if err = member(name); err != nil {
			return err
		}
		p.space()
		switch p.peek() {
		case ',':
			p.off++
		case '}':
			p.close()
			return nil
		default:
			return p.unexpected("a comma or the end of the object")
		}
	}
}

// skip reads over one JSON value of any kind.
func (p *parser) skip() error {
	p.space()
	switch c := p.peek(); {
	case c == '{':
		return p.object(func([]byte) error { return p.skip() })
	case c == '[':
		return p.array(p.skip)
	case c == '"':
		_, err := p.str()
		return err
	case c == 't':
		return p.literal("true")
	case c == 'f':
		return p.literal("false")
	case isNull(p.b[p.off:]):
		return p.literal("null")
	default:
		_, err := p.number()
		return err
	}
}

func isNull(b []byte) bool { return len(b) > 1 && b[0] == 'n' && b[1] == 'u' }

// str reads a string. The result is part of the document if there is no escape
// in it.
func (p *parser) str() ([]byte, error) {
	if p.peek() != '"' {
		return nil, p.unexpected("a string")
	}
	p.off++
	start := p.off
	for ; p.off < len(p.b); p.off++ {
		switch p.b[p.off] {
		case '"':
			p.off++
			return p.b[start : p.off-1 : p.off-1], nil
		case '\\':
			return p.escaped(start)
		case 0:
			return nil, p.malformed("NUL in a string, write \\u0000")
		}
	}
	return nil, p.malformed("string without end")
}

// escaped is str from the first escape on.
func (p *parser) escaped(start int) ([]byte, error) {
	s := append([]byte(nil), p.b[start:p.off]...)
	for p.off < len(p.b) {
		switch c := p.b[p.off]; c {
		case '"':
			p.off++
			return s, nil
		case '\\':
			var err error
			if s, err = p.escape(s); err != nil {
				return nil, err
			}
		case 0:
			return nil, p.malformed("NUL in a string, write \\u0000")
		default:
			s = append(s, c)
			p.off++
		}
	}
	return nil, p.malformed("string without end")
}

// escape reads one escape and appends what it stands for.
func (p *parser) escape(s []byte) ([]byte, error) {
	if p.off+1 >= len(p.b) {
		return nil, p.malformed("string without end")
	}
	c := p.b[p.off+1]
	switch c {
	case '"', '\\':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'v':
		c = '\v'
	case 'u':
		return p.unicode(s)
	case '/':
		return nil, p.malformed(`escaped slash: Broker reads it as a question mark, write a plain /`)
	default:
		return nil, p.malformed("unknown escape")
	}
	p.off += 2
	return append(s, c), nil
}

// unicode reads \uXXXX, or two of them that are a surrogate pair.
func (p *parser) unicode(s []byte) ([]byte, error) {
	r, ok := p.hex4()
	if !ok {
		return nil, p.malformed(`want four hexadecimal digits after \u`)
	}
	switch {
	case r >= 0xdc00 && r < 0xe000:
		return nil, p.malformed("low surrogate without a high one before it")
	case r >= 0xd800 && r < 0xdc00:
		p.off += 6
		low, ok := p.hex4()
		if !ok || low < 0xdc00 || low >= 0xe000 {
			return nil, p.malformed("high surrogate without a low one after it")
		}
		r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
	}
	p.off += 6
	return utf8.AppendRune(s, r), nil
}

// hex4 reads the number in \uXXXX at the parser's position without moving it.
func (p *parser) hex4() (r rune, ok bool) {
	if len(p.b)-p.off < 6 || p.b[p.off] != '\\' || p.b[p.off+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.b[p.off+2:p.off+6]), 16, 16)
	return rune(n), err == nil
}
