package pattern

// Host is told of a match's work and failure. Its methods are called during Match; to end a match they panic.
type Host interface {
	// Steps is told of n more steps, of a few nanoseconds each, now and then.
	Steps(n int)
	// Fail is told what is wrong with the pattern. It must not return.
	Fail(message string)
}

const (
	// MaxCaptures is how many captures a pattern may have.
	MaxCaptures = 32

	maxNesting     = 10_000 // items that wait for the rest of the pattern to match
	stepsPerReport = 1024
	escape         = '%'

	unfinished = -1 // lengths of captures
	position   = -2
)

type capture struct{ start, length int }

// Matcher holds one match of a pattern in a subject.
type Matcher struct {
	Subject string
	Pattern string // without the ^ of an anchored one

	host     Host
	level    int // captures so far
	nesting  int
	steps    int
	captures [MaxCaptures]capture
}

// New returns a matcher. The caller cuts off the ^ of an anchored pattern and then tries only one place.
func New(subject, pattern string, host Host) Matcher {
	return Matcher{Subject: subject, Pattern: pattern, host: host, steps: stepsPerReport}
}

// Match matches the whole pattern at an offset of the subject. It returns where the match ends, -1 for none.
func (m *Matcher) Match(at int) int {
	m.level = 0
	m.nesting = 0
	return m.match(at, 0)
}

// Captures returns how many captures the last match has, 0 when the pattern has none.
func (m *Matcher) Captures() int { return m.level }

// Capture returns the i-th capture from 0, as offsets, or the offset of a position capture.
// from and to are those of the match, which is the capture 0 of a pattern without any.
func (m *Matcher) Capture(i, from, to int) (start, end int, isPosition bool) {
	if i >= m.level {
		if i != 0 {
			m.host.Fail("invalid capture index")
		}
		return from, to, false
	}
	switch c := m.captures[i]; c.length {
	case unfinished:
		m.host.Fail("unfinished capture")
		return 0, 0, false
	case position:
		return c.start, c.start, true
	default:
		return c.start, c.start + c.length, false
	}
}

// HasSpecials tells whether a pattern is more than plain text.
func HasSpecials(pattern string) bool {
	for i := range len(pattern) {
		switch pattern[i] {
		case '^', '$', '*', '+', '?', '.', '(', '[', escape, '-':
			return true
		}
	}
	return false
}
