package convert

import (
	"fmt"
	"strings"

	"moonpeer/runtime/script"
)

// records finds the record types that a type may name. A nil one knows none.
type records interface {
	// record returns the place of a record's name, making it for a full name (Module::name) that is not known
	// yet, and nil for a single word that is not known.
	record(name string) *recordRef
	// recordNames returns the known names, for suggestions.
	recordNames() []string
}

// ParseType reads a type: a word (bool count int real string addr subnet port time interval enum any),
// set[addr, port], table[addr] of count, vector of string, tuple[addr, port] or a record's name, and a ? behind it
// for a place that may be unset. A record's full name may be declared later; a single word must be known.
//
// This function knows no records; [Space.ParseType] does.
func ParseType(text string) (*Type, error) { return parseType(text, nil) }

// ParseKeyType reads the element type of a set or the key type of a map: what stands between the brackets of
// set[…], so that "addr, port" is a composite key.
func ParseKeyType(text string) (*Type, error) { return parseKeyType(text, nil) }

// ParseSignature reads the arguments of an event: types separated by commas, each with a name and a colon in front
// or without, as in "src: addr, n: count, note: string?". [Space.ParseSignature] knows records, too.
func ParseSignature(text string) (*Signature, error) { return parseSignature(text, nil) }

func parseType(text string, known records) (*Type, error) {
	p := parser{text: text, records: known}
	t, err := p.place()
	if err == nil {
		err = p.end()
	}
	return t, p.wrap("type", err)
}

func parseKeyType(text string, known records) (*Type, error) {
	p := parser{text: text, records: known}
	t, err := p.columns()
	if err == nil {
		err = p.end()
	}
	return t, p.wrap("type", err)
}

func parseSignature(text string, known records) (*Signature, error) {
	p := parser{text: text, records: known}
	args, err := p.args()
	if err != nil {
		return nil, p.wrap("signature", err)
	}
	return NewSignature(args...), nil
}

// parser reads one text. It keeps no token: each method skips blanks and reads what it wants.
type parser struct {
	text    string
	pos     int
	depth   int
	records records
}

// maxTypeDepth bounds the nesting of a type that a script writes.
const maxTypeDepth = 20

func (p *parser) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q: %w", what, p.text, err)
}

func (p *parser) blanks() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// take skips blanks and reads c if it comes next.
func (p *parser) take(c byte) bool {
	p.blanks()
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *parser) want(c byte, after string) error {
	if p.take(c) {
		return nil
	}
	return fmt.Errorf("want %q after %s, got %s", c, after, p.rest())
}

// rest describes what comes next, for messages.
func (p *parser) rest() string {
	p.blanks()
	if p.pos == len(p.text) {
		return "the end"
	}
	return fmt.Sprintf("%q", p.text[p.pos:min(len(p.text), p.pos+20)])
}

func (p *parser) end() error {
	if p.blanks(); p.pos == len(p.text) {
		return nil
	}
	return fmt.Errorf("unexpected %s", p.rest())
}

// word reads a name; words joined by "::" are one.
func (p *parser) word() string {
	p.blanks()
	start := p.pos
	for p.pos < len(p.text) {
		if isWordByte(p.text[p.pos]) {
			p.pos++
		} else if next := p.pos + 2; p.pos > start && strings.HasPrefix(p.text[p.pos:], "::") &&
			next < len(p.text) && isWordByte(p.text[next]) {
			p.pos = next
		} else {
			break
		}
	}
	return p.text[start:p.pos]
}

func (p *parser) args() ([]Arg, error) {
	var args []Arg
	if p.end() == nil {
		return nil, nil
	}
	for {
		a, err := p.arg()
		if err != nil {
			return nil, fmt.Errorf("argument #%d: %w", len(args)+1, err)
		}
		args = append(args, a)
		if p.take(',') {
			continue
		}
		if err := p.end(); err != nil {
			return nil, fmt.Errorf("%w after argument #%d", err, len(args))
		}
		return args, nil
	}
}

func (p *parser) arg() (Arg, error) {
	start := p.pos
	name := p.word()
	if name == "" || !p.take(':') {
		name, p.pos = "", start
	} else if !isFieldName(name) {
		return Arg{}, fmt.Errorf("%q is not a name", name)
	}
	t, err := p.place()
	return Arg{Name: name, Type: t}, err
}

// place reads a type that may be optional as a whole.
func (p *parser) place() (*Type, error) {
	t, err := p.typ()
	if err == nil && p.take('?') {
		t = Option(t)
	}
	return t, err
}

func (p *parser) typ() (*Type, error) {
	if p.depth++; p.depth > maxTypeDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxTypeDepth)
	}
	defer func() { p.depth-- }()
	switch word := p.word(); word {
	case "":
		return nil, fmt.Errorf("want a type, got %s", p.rest())
	case "set":
		key, err := p.brackets(word)
		return &Type{Kind: KindSet, Key: key}, err
	case "table":
		key, err := p.brackets(word)
		if err != nil {
			return nil, err
		}
		elem, err := p.of("table[…]")
		return &Type{Kind: KindTable, Key: key, Elem: elem}, err
	case "vector":
		elem, err := p.of(word)
		return &Type{Kind: KindVector, Elem: elem}, err
	case "tuple":
		key, err := p.brackets(word)
		if err == nil && key.Kind != KindTuple {
			key = &Type{Kind: KindTuple, Columns: []*Type{key}}
		}
		return key, err
	default:
		return p.named(word)
	}
}

func (p *parser) of(after string) (*Type, error) {
	start := p.pos
	if p.word() != "of" {
		p.pos = start
		return nil, fmt.Errorf("want \"of\" and a type after %s, got %s", after, p.rest())
	}
	return p.typ()
}

func (p *parser) brackets(after string) (*Type, error) {
	if err := p.want('[', after); err != nil {
		return nil, err
	}
	key, err := p.columns()
	if err != nil {
		return nil, err
	}
	return key, p.want(']', after+"["+key.String())
}

// columns reads key types. What has an identity or can change is no key.
func (p *parser) columns() (*Type, error) {
	var cols []*Type
	for {
		t, err := p.typ()
		if err != nil {
			return nil, err
		}
		switch t.Kind {
		case KindSet, KindTable, KindVector, KindRecord:
			return nil, fmt.Errorf("%s can't be a key: keys are single words and tuples of them", t)
		}
		cols = append(cols, t)
		if !p.take(',') {
			return keyOf(cols), nil
		}
	}
}

func (p *parser) named(word string) (*Type, error) {
	for _, t := range scalars {
		if t.Kind.String() == word {
			return t, nil
		}
	}
	if p.records != nil {
		if ref := p.records.record(word); ref != nil {
			return &Type{Kind: KindRecord, ref: ref}, nil
		}
	}
	return nil, p.unknown(word)
}

// otherNames are words of other languages for our types.
var otherNames = map[string]string{
	"boolean": "bool", "number": "count, int or real", "integer": "int", "unsigned": "count", "uint": "count",
	"uint64": "count", "int64": "int", "double": "real", "float": "real", "str": "string", "text": "string",
	"address": "addr", "ip": "addr", "network": "subnet", "net": "subnet", "cidr": "subnet", "timestamp": "time",
	"timespan": "interval", "duration": "interval", "map": "table[…] of …", "list": "vector of …",
	"array": "vector of …", "record": "the record's name", "enum_value": "enum", "pattern": "string",
}

func (p *parser) unknown(word string) error {
	if other := otherNames[strings.ToLower(word)]; other != "" {
		return fmt.Errorf("unknown type %q (write %s)", word, other)
	}
	known := kindWords[:KindRecord]
	if p.records != nil {
		known = append(append([]string{}, known...), p.records.recordNames()...)
	}
	return fmt.Errorf("unknown type %q%s", word, script.DidYouMean(word, known))
}
