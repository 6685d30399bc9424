package wirejson

import (
	"bytes"
	"fmt"

	"moonpeer/net/broker"
)

// Errors with texts that go to clients. ErrNotArray and ErrNotString have
// Zeek's words.
var (
	// ErrNotObject: the document is JSON, but not an object.
	ErrNotObject error = &broker.Error{Code: broker.TypeClash, Context: "expected a JSON object"}
	// ErrNotArray: the list of subscriptions is none.
	ErrNotArray error = &broker.Error{Code: broker.DeserializationFailed, Context: "subscriptions not an array"}
	// ErrNotString: one of the subscriptions is not a string.
	ErrNotString error = &broker.Error{Code: broker.DeserializationFailed, Context: "individual subscription not a string"}
)

// errDuplicate is for sets and tables; the words are Broker's.
var errDuplicate error = &broker.Error{Code: broker.DeserializationFailed, Context: "failed to parse data"}

// malformed is an error at the parser's position.
func (p *parser) malformed(why string) error { return p.fail(broker.InvalidJSON, p.off, why) }

// clash is an error about the value that starts at off.
func (p *parser) clash(off int, why string) error { return p.fail(broker.TypeClash, off, why) }

// fail says line and column, both from 1, the column in bytes.
func (p *parser) fail(code broker.Code, off int, why string) error {
	before := p.b[:min(off, len(p.b))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &broker.Error{Code: code, Context: fmt.Sprintf("line %d, column %d: %s", line, column, why)}
}
