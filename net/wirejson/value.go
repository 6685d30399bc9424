package wirejson

import (
	"math"

	"moonpeer/net/broker"
)

// noKind stands for a type that has not been seen.
const noKind = broker.Kind(0xff)

// member names one member of a value object.
type member uint8

const (
	otherMember member = iota
	typeMember
	dataMember
	topicMember
	messageTypeMember
	numMembers
)

func memberOf(name []byte) member {
	switch string(name) {
	case "@data-type":
		return typeMember
	case "data":
		return dataMember
	case "topic":
		return topicMember
	case "type":
		return messageTypeMember
	}
	return otherMember
}

// value reads a value object, and what else a message has if m is not nil.
// How data is read depends on @data-type: where the type comes first, as from
// every encoder we know, data is read in passing; else it is read over, and
// read again at the end.
func (p *parser) value(m *Message) (broker.Data, error) {
	start := p.off
	if p.peek() != '{' {
		return nil, p.clash(start, "want an object with @data-type and data")
	}
	var (
		d    broker.Data
		kind = noKind
		late = -1 // where data begins that came before its type
		seen [numMembers]bool
	)
	err := p.object(func(name []byte) (err error) {
		which := memberOf(name)
		if which == otherMember || seen[which] {
			return p.skip()
		}
		seen[which] = true
		switch {
		case which == typeMember:
			kind, err = p.typeName()
		case which == dataMember && kind != noKind:
			d, err = p.content(kind)
		case which == dataMember:
			late = p.off
			err = p.skip()
		case which == topicMember && m != nil:
			m.Topic, m.HasTopic, err = p.maybeString()
		case which == messageTypeMember && m != nil:
			m.Type, _, err = p.maybeString()
		default:
			err = p.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case kind == noKind:
		return nil, p.clash(start, "no @data-type in the object")
	case kind == broker.KindNone:
		return broker.None{}, nil
	case !seen[dataMember]:
		return nil, p.clash(start, "no data in the object")
	case late < 0:
		return d, nil
	}
	again := parser{b: p.b, off: late, depth: p.depth + 1}
	return again.content(kind)
}

// typeName reads the content of @data-type.
func (p *parser) typeName() (broker.Kind, error) {
	start := p.off
	if p.peek() == '"' {
		name, err := p.str()
		if err != nil {
			return noKind, err
		}
		for k, n := range typeNames {
			if n == string(name) {
				return broker.Kind(k), nil
			}
		}
	}
	return noKind, p.clash(start, "@data-type is not the name of a type")
}

// maybeString reads a string, or skips another value.
func (p *parser) maybeString() (string, bool, error) {
	if p.peek() != '"' {
		return "", false, p.skip()
	}
	s, err := p.str()
	return string(s), err == nil, err
}

// content reads the data of a value of kind k.
func (p *parser) content(k broker.Kind) (broker.Data, error) {
	switch k {
	case broker.KindBoolean:
		return p.boolean()
	case broker.KindCount, broker.KindInteger, broker.KindReal:
		return p.numeric(k)
	case broker.KindSet, broker.KindVector:
		return p.sequence(k)
	case broker.KindTable:
		return p.table()
	case broker.KindNone:
		return broker.None{}, p.skip()
	}
	return p.textual(k)
}

func (p *parser) boolean() (broker.Data, error) {
	switch p.peek() {
	case 't':
		return broker.Boolean(true), p.literal("true")
	case 'f':
		return broker.Boolean(false), p.literal("false")
	}
	return nil, p.clash(p.off, "want true or false for a boolean")
}

func (p *parser) numeric(k broker.Kind) (broker.Data, error) {
	start := p.off
	switch c := p.peek(); {
	case k == broker.KindReal && isNull(p.b[p.off:]):
		return broker.Real(math.NaN()), p.literal("null")
	case c == '"' || c == '{' || c == '[' || c == 't' || c == 'f' || isNull(p.b[p.off:]):
		return nil, p.clash(start, "want a number for a "+k.String())
	}
	n, err := p.number()
	if err != nil {
		return nil, err
	}
	switch k {
	case broker.KindCount:
		if v, ok := n.count(); ok {
			return broker.Count(v), nil
		}
		return nil, p.clash(start, "a count is written without sign, point and exponent")
	case broker.KindInteger:
		if v, ok := n.integer(); ok {
			return broker.Integer(v), nil
		}
		return nil, p.clash(start, "an integer is written without point and exponent and has 63 bits and a sign")
	}
	if !n.isReal() {
		return nil, p.clash(start, "a real is written with a point or exponent, as in 42.0")
	}
	return broker.Real(n.real()), nil
}

// textual reads the kinds that are strings in JSON.
func (p *parser) textual(k broker.Kind) (d broker.Data, err error) {
	start := p.off
	if p.peek() != '"' {
		return nil, p.clash(start, "want a string for a "+k.String())
	}
	s, err := p.str()
	if err != nil {
		return nil, err
	}
	text := string(s)
	switch k {
	case broker.KindString:
		return broker.String(text), nil
	case broker.KindEnum:
		return broker.Enum(text), nil
	case broker.KindAddress:
		d, err = broker.ParseAddress(text)
	case broker.KindSubnet:
		d, err = broker.ParseSubnet(text)
	case broker.KindPort:
		d, err = broker.ParsePort(text)
	case broker.KindTimestamp:
		d, err = broker.ParseTimestamp(text)
	case broker.KindTimespan:
		d, err = broker.ParseTimespan(text)
	}
	if err != nil {
		return nil, p.clash(start, err.Error())
	}
	return d, nil
}

// sequence reads a set or vector.
func (p *parser) sequence(k broker.Kind) (broker.Data, error) {
	if p.peek() != '[' {
		return nil, p.clash(p.off, "want an array for a "+k.String())
	}
	var elems []broker.Data
	err := p.array(func() error {
		d, err := p.value(nil)
		elems = append(elems, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	if k == broker.KindVector {
		return broker.Vector(elems), nil
	}
	set, err := broker.SortSet(elems)
	if err != nil {
		return nil, errDuplicate
	}
	return set, nil
}

func (p *parser) table() (broker.Data, error) {
	if p.peek() != '[' {
		return nil, p.clash(p.off, "want an array for a table")
	}
	var items []broker.TableItem
	err := p.array(func() error {
		it, err := p.tableItem()
		items = append(items, it)
		return err
	})
	if err != nil {
		return nil, err
	}
	table, err := broker.SortTable(items)
	if err != nil {
		return nil, errDuplicate
	}
	return table, nil
}

// tableItem reads an object with key and value.
func (p *parser) tableItem() (it broker.TableItem, err error) {
	start := p.off
	if p.peek() != '{' {
		return it, p.clash(start, "want an object with key and value in a table")
	}
	err = p.object(func(name []byte) (err error) {
		switch {
		case string(name) == "key" && it.Key == nil:
			it.Key, err = p.value(nil)
		case string(name) == "value" && it.Value == nil:
			it.Value, err = p.value(nil)
		default:
			err = p.skip()
		}
		return err
	})
	if err == nil && (it.Key == nil || it.Value == nil) {
		err = p.clash(start, "no key or no value in an item of a table")
	}
	return it, err
}
