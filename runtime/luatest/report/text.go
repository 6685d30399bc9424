package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

// maxPiece is how much of a text script.Printable takes without cutting it.
const maxPiece = 4 << 10

// whole is script.Printable of a text of any length.
func whole(text string) string {
	var b strings.Builder
	for len(text) > maxPiece {
		n := maxPiece
		for n > maxPiece-utf8.UTFMax && !utf8.RuneStart(text[n]) {
			n--
		}
		b.WriteString(script.Printable(text[:n]))
		text = text[n:]
	}
	b.WriteString(script.Printable(text))
	return b.String()
}

// printable returns the lines of a text fit for a terminal, at most so many (0: all), and how many more there are. show is
// script.Printable, or whole.
func printable(text string, most int, show func(string) string) (lines []string, more int) {
	text = strings.TrimRight(text, "\r\n")
	if text == "" {
		return nil, 0
	}
	for line := range strings.SplitSeq(text, "\n") {
		if most > 0 && len(lines) == most {
			return lines, 1 + strings.Count(text, "\n") - most
		}
		lines = append(lines, show(strings.TrimSuffix(line, "\r")))
	}
	return lines, 0
}

// firstLine is what a message says in short.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	return script.Printable(strings.TrimSuffix(line, "\r"))
}

// title is a test's full name, or its file's for a result that is about a file as a whole.
func title(r *luatest.Result) string {
	if len(r.Names) == 0 {
		return script.Printable(r.File)
	}
	return script.Printable(r.Name())
}

// message is what a failure says; there is always something to say.
func message(r *luatest.Result) string {
	if r.Failure == nil || r.Failure.Message == "" {
		return r.Outcome.String()
	}
	return r.Failure.Message
}

// again is the command that repeats one test: by its place, and where others have that too by its name as well, if it can be
// typed.
func again(program string, flags []string, r *luatest.Result) string {
	path, name := r.File, r.Name()
	exact := name == ""
	if !exact && r.Line > 0 {
		path, exact = fmt.Sprintf("%s:%d", path, r.Line), !r.Shared
	}
	words := []string{program, "test", quoted(script.Printable(path))}
	if !exact && !strings.ContainsFunc(name, unprintable) {
		words = append(words, "--filter", quoted("/^"+regexp.QuoteMeta(name)+"$/"))
	}
	for _, f := range flags {
		words = append(words, quoted(script.Printable(f)))
	}
	return fmt.Sprintf("%s --seed %d", strings.Join(words, " "), r.RepeatSeed())
}

func unprintable(c rune) bool { return c == utf8.RuneError || !unicode.IsPrint(c) }

// quoted is a word for a shell: as it is, or in double quotes, which all shells know, or where those would not do as POSIX
// has it.
func quoted(word string) string {
	odd := func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_-./:=,+@", c)
	}
	switch {
	case word != "" && !strings.ContainsFunc(word, odd):
		return word
	case !strings.ContainsAny(word, "\"$`\\!%"):
		return `"` + word + `"`
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// padded fills a text up with blanks.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// place is where a test begins.
func place(r *luatest.Result) string {
	if r.Line == 0 {
		return script.Printable(r.File)
	}
	return fmt.Sprintf("%s:%d", script.Printable(r.File), r.Line)
}
