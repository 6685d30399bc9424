package broker

import (
	"slices"
	"sort"
	"strings"
)

// Filter is what an endpoint subscribes to: topic prefixes, sorted, none of
// which covers another. The zero value matches nothing; a filter with the
// empty prefix matches everything. What a peer announces need not be in this
// form; NewFilter brings it there without changing what it matches.
type Filter []string

// NewFilter returns the filter that matches what any of prefixes matches.
func NewFilter(prefixes ...string) Filter {
	sorted := slices.Clone(prefixes)
	slices.Sort(sorted)
	f := sorted[:0]
	for _, p := range sorted {
		// The prefixes of p sort before p, and nothing between them and p
		// is without them: the last one kept is the only candidate.
		if len(f) == 0 || !strings.HasPrefix(p, f[len(f)-1]) {
			f = append(f, p)
		}
	}
	return f
}

// Add adds a prefix and reports whether the filter changed. A prefix that is
// covered already changes nothing; one that covers others replaces them.
func (f *Filter) Add(prefix string) bool {
	if f.Match(prefix) {
		return false
	}
	from := sort.SearchStrings(*f, prefix)
	to := from
	for to < len(*f) && strings.HasPrefix((*f)[to], prefix) {
		to++
	}
	*f = slices.Replace(*f, from, to, prefix)
	return true
}

// Remove removes a prefix and reports whether it was there. Prefixes that
// adding it replaced do not come back: whoever needs that keeps the list of
// subscriptions and makes a NewFilter.
func (f *Filter) Remove(prefix string) bool {
	i, ok := slices.BinarySearch(*f, prefix)
	if ok {
		*f = slices.Delete(*f, i, i+1)
	}
	return ok
}

// Match reports whether one of the prefixes starts the topic.
func (f Filter) Match(topic string) bool {
	i := sort.Search(len(f), func(i int) bool { return f[i] > topic })
	return i > 0 && strings.HasPrefix(topic, f[i-1])
}

// MatchBytes is Match for a topic that still lies in a frame.
func (f Filter) MatchBytes(topic []byte) bool {
	i := sort.Search(len(f), func(i int) bool { return f[i] > string(topic) })
	return i > 0 && len(f[i-1]) <= len(topic) && string(topic[:len(f[i-1])]) == f[i-1]
}

// Equal reports whether two filters hold the same prefixes.
func (f Filter) Equal(g Filter) bool { return slices.Equal(f, g) }
