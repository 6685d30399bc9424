package script

import (
	"slices"
	"strings"
)

// Nearest returns the candidate that name most likely meant, or "" when none is near: about a third of its letters
// may be wrong, missing, too many or swapped, and a candidate that merely goes on where name ends is near. Of
// equally near ones the first in alphabetical order is taken.
func Nearest(name string, candidates []string) string {
	best, bestAt := "", len(name)/3+2
	sorted := slices.Clone(candidates)
	slices.Sort(sorted)
	for _, c := range sorted {
		if c == name {
			continue
		}
		d := Distance(strings.ToLower(name), strings.ToLower(c))
		if len(name) >= 2 && strings.HasPrefix(c, name) {
			d = 1
		}
		if d < bestAt && d < len(c) {
			best, bestAt = c, d
		}
	}
	return best
}

// DidYouMean returns what to add to a message about an unknown name: " (did you mean x?)" or "".
func DidYouMean(name string, candidates []string) string {
	if n := Nearest(name, candidates); n != "" {
		return " (did you mean " + n + "?)"
	}
	return ""
}

// NearEvent is DidYouMean for an event's name, among those that somebody handles.
func (d *Domain) NearEvent(name string) string {
	var names []string
	d.Events(func(e *Event) {
		if e.Wanted() {
			names = append(names, e.Name)
		}
	})
	return DidYouMean(name, names)
}

// maxNameLen bounds the work for a name that comes from outside.
const maxNameLen = 64

// Distance is the number of letters to insert, delete, replace or swap with their neighbour.
func Distance(a, b string) int {
	if len(a) > maxNameLen || len(b) > maxNameLen {
		return maxNameLen
	}
	var rows [3][maxNameLen + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
