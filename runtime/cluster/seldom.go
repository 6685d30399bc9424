package cluster

// seldom decides which of many warnings are written that others can cause as often as they like.
type seldom struct{ n uint64 }

// due counts one, and is true the first time, the tenth, the hundredth.
func (s *seldom) due() bool {
	s.n++
	n := s.n
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}
