package wirejson

import (
	"math"
	"strconv"
)

// number is a JSON number. Broker tells integers from reals by their spelling,
// so both are kept apart: 1 is no real and 1.0 no count.
type number struct {
	text []byte // of a real, nil for an integer
	neg  bool
	mag  uint64
}

// isReal reports whether the number was written with a point or exponent, or
// is nan.
func (n number) isReal() bool { return n.text != nil }

// real returns the nearest double; beyond the range that is an infinity.
func (n number) real() float64 {
	f, _ := strconv.ParseFloat(string(n.text), 64)
	return f
}

// count returns an integer that is not negative.
func (n number) count() (uint64, bool) { return n.mag, !n.isReal() && (!n.neg || n.mag == 0) }

// integer returns an integer of 64 bits with sign.
func (n number) integer() (int64, bool) {
	switch {
	case n.isReal():
		return 0, false
	case n.neg:
		return -int64(n.mag), n.mag <= 1<<63
	}
	return int64(n.mag), n.mag <= math.MaxInt64
}

// number reads a number. Besides JSON's it takes, as Broker does, a plus sign,
// a point with digits on one side only, and nan.
func (p *parser) number() (number, error) {
	if p.peek() == 'n' {
		if err := p.literal("nan"); err != nil {
			return number{}, err
		}
		return number{text: []byte("nan")}, nil
	}
	var n number
	start := p.off
	if c := p.peek(); c == '-' || c == '+' {
		n.neg = c == '-'
		p.off++
	}
	first := p.off
	overflow := p.digits(&n.mag)
	whole := p.off - first
	if whole > 1 && p.b[first] == '0' {
		p.off = first
		return n, p.malformed("number with a leading zero: Broker reads it as octal, write it in decimal")
	}
	fraction, point := 0, p.peek() == '.'
	if point {
		p.off++
		at := p.off
		p.digits(nil)
		fraction = p.off - at
	}
	if whole+fraction == 0 {
		p.off = start
		return n, p.unexpected("a value")
	}
	exponent, err := p.exponent()
	if err != nil {
		return n, err
	}
	if point || exponent {
		n.text = p.b[start:p.off]
		return n, nil
	}
	if overflow || n.neg && n.mag > 1<<63 {
		p.off = start
		return n, p.malformed("integer of more than 64 bits")
	}
	return n, nil
}

// digits reads decimal digits into mag, if it is not nil, and reports whether
// they do not fit.
func (p *parser) digits(mag *uint64) (overflow bool) {
	for ; p.off < len(p.b); p.off++ {
		c := p.b[p.off] - '0'
		if c > 9 {
			return overflow
		}
		if mag == nil {
			continue
		}
		next := *mag*10 + uint64(c)
		if *mag > math.MaxUint64/10 || next < *mag {
			overflow = true
		}
		*mag = next
	}
	return overflow
}

// exponent reads an exponent and reports whether there is one.
func (p *parser) exponent() (bool, error) {
	if c := p.peek(); c != 'e' && c != 'E' {
		return false, nil
	}
	p.off++
	if c := p.peek(); c == '-' || c == '+' {
		p.off++
	}
	at := p.off
	p.digits(nil)
	if p.off == at {
		return true, p.unexpected("a digit of the exponent")
	}
	return true, nil
}
