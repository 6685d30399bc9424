package zeeklog

import (
	"bytes"
	"errors"
	"fmt"
)

// headerError ends the input: nothing that follows can be read.
type headerError struct{ error }

// Bounds on what a log may make us keep.
const (
	maxFields = 4096 // of a header
	maxNames  = 512  // of a JSON log: a record has a place for each that ever appeared
	maxPaths  = 256
	maxPath   = 256 // bytes
	maxName   = 256 // bytes of a field's name, in JSON
	maxQuoted = 80  // bytes of a bad value in a message
)

var errNoLog = headerError{errors.New(`not a Zeek log: the first line is neither "#separator …" nor a JSON object`)}

// parser makes items of lines. The first line that is not empty decides which format it is.
type parser struct {
	path string
	tsv  *tsv
	json *jsonLog
}

// line reads one line. ok is false for lines that are no records, and with any error.
func (p *parser) line(text []byte) (it item, ok bool, err error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return item{}, false, nil
	}
	if p.tsv == nil && p.json == nil {
		switch text[0] {
		case '#':
			p.tsv = newTSV(p.path)
		case '{':
			p.json = &jsonLog{path: p.path}
		default:
			return item{}, false, errNoLog
		}
	}
	switch {
	case p.json != nil:
		it, err = p.json.record(text)
	case text[0] == '#':
		return item{}, false, p.tsv.header(text)
	default:
		it, err = p.tsv.record(text)
	}
	return it, err == nil, err
}

// quoted is a value for a message.
func quoted(text []byte) string {
	if len(text) > maxQuoted {
		return fmt.Sprintf("%q...", text[:maxQuoted])
	}
	return fmt.Sprintf("%q", text)
}
