package luatest

import (
	"strconv"
	"strings"
)

// SplitPlace reads the "file:line:" that a text begins with; line is 0 if it does not.
func SplitPlace(text string) (file string, line int) {
	text, _, _ = strings.Cut(text, "\n")
	for from := 0; ; {
		i := strings.IndexByte(text[from:], ':')
		if i < 0 {
			return "", 0
		}
		i += from
		digits, _, _ := strings.Cut(text[i+1:], ":")
		if n, err := strconv.Atoi(strings.TrimSpace(digits)); err == nil && n > 0 && i > 0 {
			return text[:i], n
		}
		from = i + 1
	}
}
