package convert

import "strings"

// nearest returns the candidate that name was most likely meant to be, "" if none is near. Of two equally near
// ones the first is taken; a candidate that merely goes on where name ends counts as near, as resp_h for resp.
func nearest(name string, candidates []string) string {
	best, bestAt := "", len(name)/3+2
	for _, c := range candidates {
		if c == name {
			continue
		}
		d := distance(strings.ToLower(name), strings.ToLower(c))
		if len(name) >= 2 && strings.HasPrefix(c, name) {
			d = 1
		}
		if d < bestAt && d < len(c) {
			best, bestAt = c, d
		}
	}
	return best
}

// didYouMean returns what to add to a message about an unknown name.
func didYouMean(name string, candidates []string) string {
	if n := nearest(name, candidates); n != "" {
		return " (did you mean " + n + "?)"
	}
	return ""
}

// maxNameLen bounds the work for a name that comes from outside.
const maxNameLen = 64

// distance is the number of letters to insert, delete, replace or swap with their neighbour.
func distance(a, b string) int {
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
