package convert

// Adopt makes the records in a stored value records of this VM. All work without, as a record changes hands when a
// script next sees it; but until then it keeps the VM alive that it came from. A hot reload calls it for what it
// hands over.
func (s *Space) Adopt(st Stored) {
	switch ref := st.Ref.(type) {
	case *Record:
		if ref.space == s {
			return // also the end of a record inside itself
		}
		ref.in(s)
		for _, field := range ref.vals {
			s.Adopt(field)
		}
	case *goRecord:
		ref.in(s)
	case Container:
		if t := ref.ContainerType(); t.Elem != nil && t.Elem.holdsRecords() {
			ref.Each(func(_ []byte, v Stored) bool {
				s.Adopt(v)
				return true
			})
		}
	}
}

// holdsRecords reports whether there may be records in a value of type t.
func (t *Type) holdsRecords() bool {
	switch t.Kind {
	case KindAny, KindRecord:
		return true
	case KindTable, KindVector:
		return t.Elem.holdsRecords()
	}
	return false
}
