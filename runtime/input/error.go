package input

import "strconv"

// Error is something wrong with an input, and where.
type Error struct {
	File   string
	Line   int   // from 1; 0: not a line
	Offset int64 // byte where the bad item begins; -1: the file as a whole. Of a compressed file, uncompressed
	Err    error
}

// Error returns file:line: cause, or file: offset n: cause.
func (e *Error) Error() string {
	switch {
	case e.Line > 0:
		return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Err.Error()
	case e.Offset >= 0:
		return e.File + ": offset " + strconv.FormatInt(e.Offset, 10) + ": " + e.Err.Error()
	}
	return e.File + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
