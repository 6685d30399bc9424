package pattern

// match matches the pattern from p on at s. Items that may match in several ways call it for the rest.
func (m *Matcher) match(s, p int) int {
	if m.nesting++; m.nesting > maxNesting {
		m.host.Fail("pattern too complex")
	}
	end := m.items(s, p)
	m.nesting--
	return end
}

func (m *Matcher) items(s, p int) int {
	pat := m.Pattern
	for p < len(pat) {
		m.step(1)
		switch c := pat[p]; {
		case c == '(':
			if p+1 < len(pat) && pat[p+1] == ')' {
				return m.openCapture(s, p+2, position)
			}
			return m.openCapture(s, p+1, unfinished)
		case c == ')':
			return m.closeCapture(s, p+1)
		case c == '$' && p+1 == len(pat):
			if s == len(m.Subject) {
				return s
			}
			return -1
		case c == escape && p+1 < len(pat) && (pat[p+1] == 'b' || pat[p+1] == 'f' || isDigit(pat[p+1])):
			if s, p = m.special(s, p); s < 0 {
				return -1
			}
		default:
			end := m.classEnd(p)
			if end < len(pat) {
				switch pat[end] {
				case '?':
					if m.single(s, p, end) {
						if e := m.match(s+1, end+1); e >= 0 {
							return e
						}
					}
					p = end + 1
					continue
				case '*':
					return m.most(s, p, end)
				case '+':
					if !m.single(s, p, end) {
						return -1
					}
					return m.most(s+1, p, end)
				case '-':
					return m.least(s, p, end)
				}
			}
			if !m.single(s, p, end) {
				return -1
			}
			s, p = s+1, end
		}
	}
	return s
}

// special matches %b, %f and %1 to %9. It returns where subject and pattern go on, or -1.
func (m *Matcher) special(s, p int) (int, int) {
	switch c := m.Pattern[p+1]; c {
	case 'b':
		return m.balanced(s, p+2), p + 4
	case 'f':
		p += 2
		if p >= len(m.Pattern) || m.Pattern[p] != '[' {
			m.host.Fail("missing '[' after '%f' in pattern")
		}
		end := m.classEnd(p)
		var before, after byte
		if s > 0 {
			before = m.Subject[s-1]
		}
		if s < len(m.Subject) {
			after = m.Subject[s]
		}
		if m.inSet(before, p, end-1) || !m.inSet(after, p, end-1) {
			return -1, end
		}
		return s, end
	default:
		return m.same(s, int(c)-'1'), p + 2
	}
}

// most matches as many of a single-character item as possible, fewer if the rest asks for it.
func (m *Matcher) most(s, p, end int) int {
	n := 0
	for m.single(s+n, p, end) {
		n++
	}
	m.step(n)
	for ; n >= 0; n-- {
		if e := m.match(s+n, end+1); e >= 0 {
			return e
		}
	}
	return -1
}

// least matches as few as possible.
func (m *Matcher) least(s, p, end int) int {
	for {
		if e := m.match(s, end+1); e >= 0 {
			return e
		}
		if !m.single(s, p, end) {
			return -1
		}
		s++
		m.step(1)
	}
}

func (m *Matcher) openCapture(s, p, length int) int {
	if m.level >= MaxCaptures {
		m.host.Fail("too many captures")
	}
	m.captures[m.level] = capture{s, length}
	m.level++
	e := m.match(s, p)
	if e < 0 {
		m.level--
	}
	return e
}

func (m *Matcher) closeCapture(s, p int) int {
	i := m.level - 1
	for i >= 0 && m.captures[i].length != unfinished {
		i--
	}
	if i < 0 {
		m.host.Fail("invalid pattern capture")
	}
	m.captures[i].length = s - m.captures[i].start
	e := m.match(s, p)
	if e < 0 {
		m.captures[i].length = unfinished
	}
	return e
}

// same matches what an earlier capture has matched.
func (m *Matcher) same(s, i int) int {
	if i < 0 || i >= m.level || m.captures[i].length == unfinished {
		m.host.Fail("invalid capture index")
	}
	c := m.captures[i]
	if c.length == position || len(m.Subject)-s < c.length {
		return -1
	}
	m.step(c.length)
	if m.Subject[s:s+c.length] != m.Subject[c.start:c.start+c.length] {
		return -1
	}
	return s + c.length
}

// balanced matches text between a pair of delimiters, both included.
func (m *Matcher) balanced(s, p int) int {
	if p+1 >= len(m.Pattern) {
		m.host.Fail("unbalanced pattern")
	}
	open, shut := m.Pattern[p], m.Pattern[p+1]
	if s >= len(m.Subject) || m.Subject[s] != open {
		return -1
	}
	depth := 1
	for i := s + 1; i < len(m.Subject); i++ {
		switch m.Subject[i] {
		case shut:
			if depth--; depth == 0 {
				m.step(i - s)
				return i + 1
			}
		case open:
			depth++
		}
	}
	m.step(len(m.Subject) - s)
	return -1
}

func (m *Matcher) step(n int) {
	if m.steps -= n; m.steps < 0 {
		m.host.Steps(stepsPerReport - m.steps)
		m.steps = stepsPerReport
	}
}
