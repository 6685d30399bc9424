package pattern

// classEnd returns where the single-character item at p ends.
func (m *Matcher) classEnd(p int) int {
	pat := m.Pattern
	switch pat[p] {
	case escape:
		if p+1 >= len(pat) {
			m.host.Fail("malformed pattern (ends with '%')")
		}
		return p + 2
	case '[':
		i := p + 1
		if i < len(pat) && pat[i] == '^' {
			i++
		}
		for first := true; first || i >= len(pat) || pat[i] != ']'; first = false {
			if i >= len(pat) {
				m.host.Fail("malformed pattern (missing ']')")
			}
			i++
			if pat[i-1] == escape && i < len(pat) {
				i++ // also a ]
			}
		}
		return i + 1
	}
	return p + 1
}

// single tells whether the character at s matches the item between p and end.
func (m *Matcher) single(s, p, end int) bool {
	if s >= len(m.Subject) {
		return false
	}
	c := m.Subject[s]
	switch k := m.Pattern[p]; k {
	case '.':
		return true
	case escape:
		return inClass(c, m.Pattern[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	default:
		return k == c
	}
}

// inSet tells whether c is in the set that begins with the [ at p and ends with the ] at end.
func (m *Matcher) inSet(c byte, p, end int) bool {
	pat := m.Pattern
	found := true
	if pat[p+1] == '^' {
		found = false
		p++
	}
	for p++; p < end; p++ {
		switch {
		case pat[p] == escape:
			p++
			if inClass(c, pat[p]) {
				return found
			}
		case p+2 < end && pat[p+1] == '-':
			if pat[p] <= c && c <= pat[p+2] {
				return found
			}
			p += 2
		case pat[p] == c:
			return found
		}
	}
	return !found
}

// Classes of characters, as C's ctype.h has them for ASCII.
const (
	letter = 1 << iota
	control
	digit
	lower
	punctuation
	space
	upper
	hexDigit
)

var classes = func() (t [256]uint8) {
	for i := range 128 {
		c := byte(i)
		set := func(in bool, class uint8) {
			if in {
				t[i] |= class
			}
		}
		isLower, isUpper := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z'
		alnum := isLower || isUpper || isDigit(c)
		set(isLower || isUpper, letter)
		set(c < ' ' || c == 0x7f, control)
		set(isDigit(c), digit)
		set(isLower, lower)
		set(' ' < c && c < 0x7f && !alnum, punctuation)
		set(c == ' ' || '\t' <= c && c <= '\r', space)
		set(isUpper, upper)
		set(isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' && alnum, hexDigit)
	}
	return t
}()

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// inClass tells whether c is in the class that a letter after % denotes; any other character is itself.
func inClass(c, class byte) bool {
	var mask uint8
	switch class | 0x20 {
	case 'a':
		mask = letter
	case 'c':
		mask = control
	case 'd':
		mask = digit
	case 'l':
		mask = lower
	case 'p':
		mask = punctuation
	case 's':
		mask = space
	case 'u':
		mask = upper
	case 'w':
		mask = letter | digit
	case 'x':
		mask = hexDigit
	case 'z':
		if class == 'z' || class == 'Z' {
			return (c == 0) == (class == 'z')
		}
	}
	if mask == 0 || !isLetter(class) {
		return c == class
	}
	return (classes[c]&mask != 0) == (class&0x20 != 0)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
