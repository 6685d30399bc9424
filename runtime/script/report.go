package script

import (
	"fmt"
	"io"
	"strings"
)

// Reports writes what a node says about itself and its scripts: errors and warnings for a person, one line
// each, tracebacks indented below. A message that repeats is written the first time and then at 10, 100, 1,000,
// …, with its count; the number of messages told apart is bounded.
type Reports struct {
	w        io.Writer
	seen     map[string]uint64
	Errors   uint64
	Warnings uint64
	Scripts  uint64 // errors of scripts, which Errors counts too
	// Hook, when set, sees each message instead of w: level is "error", "warning" or "info".
	Hook func(level, text string)
}

const (
	maxDistinct = 4096    // messages that are told apart
	maxOfOne    = 100     // errors of one handler that are written, whatever they say
	maxText     = 4 << 10 // bytes of one message
)

// NewReports returns reports that are written to w.
func NewReports(w io.Writer) *Reports { return &Reports{w: w, seen: map[string]uint64{}} }

// ScriptError reports an error of a script: "error: file:line: message (label)", then the traceback.
func (r *Reports) ScriptError(message, label, traceback string) {
	r.Errors++
	r.Scripts++
	if label != "" {
		message += " (" + label + ")"
	}
	n, show := r.count(message)
	if all, _ := r.count("errors of " + label); all > maxOfOne && !power(all) {
		return // texts that vary, such as with a number in them, are no reason to fill a disk
	}
	if !show {
		return
	}
	if n > 1 {
		r.write("error", fmt.Sprintf("%s (%d times now)", message, n))
		return
	}
	if traceback != "" {
		message += "\n  " + strings.ReplaceAll(strings.TrimSpace(traceback), "\n", "\n  ")
	}
	r.write("error", message)
}

// Errorf reports an error that is not a script's.
func (r *Reports) Errorf(format string, args ...any) {
	r.Errors++
	r.repeated("error", fmt.Sprintf(format, args...))
}

// Warnf reports what should not go unnoticed.
func (r *Reports) Warnf(format string, args ...any) {
	r.Warnings++
	r.repeated("warning", fmt.Sprintf(format, args...))
}

// Script writes what a script reports itself, each time: the caller limits the rate.
func (r *Reports) Script(level, text string) {
	switch level {
	case "error":
		r.Errors++
	case "warning":
		r.Warnings++
	}
	r.write(level, text)
}

// Infof reports what is worth one line.
func (r *Reports) Infof(format string, args ...any) {
	r.repeated("info", fmt.Sprintf(format, args...))
}

func (r *Reports) repeated(level, text string) {
	n, show := r.count(text)
	if !show {
		return
	}
	if n > 1 {
		text = fmt.Sprintf("%s (%d times now)", text, n)
	}
	r.write(level, text)
}

// count notes one more occurrence and tells whether it is to be shown.
func (r *Reports) count(text string) (n uint64, show bool) {
	if len(r.seen) >= maxDistinct {
		clear(r.seen)
	}
	r.seen[text]++
	n = r.seen[text]
	return n, power(n)
}

// power tells whether n is 1, 10, 100, …
func power(n uint64) bool {
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}

func (r *Reports) write(level, text string) {
	text = printable(text)
	if r.Hook != nil {
		r.Hook(level, text)
		return
	}
	fmt.Fprintf(r.w, "%s: %s\n", level, text)
}

// printable cuts a text that is too long and shows control characters as \xNN: what scripts report may hold what an
// attacker sent, and terminals obey.
func printable(text string) string {
	if len(text) > maxText {
		text = fmt.Sprintf("%s… (%d bytes)", text[:maxText], len(text))
	}
	if !strings.ContainsFunc(text, control) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if control(c) {
			fmt.Fprintf(&b, `\x%02x`, c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

func control(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c <= 0x9f }
