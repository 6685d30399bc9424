package script

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Reports writes what a node says about itself and its scripts: errors and warnings for a person, one line
// each, tracebacks indented below. A message that repeats is written the first time and then at 10, 100, 1,000,
// …, with its count. Messages of one kind (the same format, the same handler) that differ are written up to a
// number and then at powers of ten as well, so that nobody fills a disk or the memory by sending other texts.
type Reports struct {
	w        io.Writer
	kinds    map[string]*kind
	Errors   uint64
	Warnings uint64
	Scripts  uint64 // errors of scripts, which Errors counts too
	// Hook, when set, sees each message instead of w: level is "error", "warning" or "info".
	Hook func(level, text string)
	// Watch, when set, is called with each message before it is written.
	Watch func(level, text string)
}

// kind is what messages have in common whose texts may differ.
type kind struct {
	texts map[[sha256.Size]byte]uint64 // how often each came, by its hash: others may choose texts, and their length
	more  uint64                       // those that came when texts was full
}

const (
	maxKinds = 1024    // kinds that are told apart; our code and the scripts make them, nobody outside
	maxKey   = 256     // bytes of a kind's name
	maxTexts = 100     // different messages of one kind that are told apart and written
	maxText  = 4 << 10 // bytes of one message
	maxName  = 100     // bytes of a name or topic from outside, in a message
)

// NewReports returns reports that are written to w.
func NewReports(w io.Writer) *Reports { return &Reports{w: w, kinds: map[string]*kind{}} }

// ScriptError reports an error of a script: "error: file:line: message (label)", then the traceback.
func (r *Reports) ScriptError(message, label, traceback string) {
	r.scriptError(message, label, "", traceback)
}

// scriptError is ScriptError with what is shown behind the label and does not make it another message.
func (r *Reports) scriptError(message, label, from, traceback string) {
	r.Errors++
	r.Scripts++
	message = clip(message, maxText)
	times, show := r.count("error of "+label, message)
	if !show {
		return
	}
	if label+from != "" {
		message += " (" + label + from + ")"
	}
	text := Printable(message + times)
	if traceback != "" && times == "" {
		for line := range strings.SplitSeq(clip(strings.TrimSpace(traceback), maxText), "\n") {
			text += "\n  " + Printable(line)
		}
	}
	r.write("error", text)
}

// Errorf reports an error that is not a script's.
func (r *Reports) Errorf(format string, args ...any) {
	r.Errors++
	r.counted("error", format, args)
}

// Warnf reports what should not go unnoticed.
func (r *Reports) Warnf(format string, args ...any) {
	r.Warnings++
	r.counted("warning", format, args)
}

// Script writes what a script reports itself, each time: the caller limits the rate.
func (r *Reports) Script(level, text string) {
	switch level {
	case "error":
		r.Errors++
	case "warning":
		r.Warnings++
	}
	r.write(level, Printable(text))
}

// Infof reports what is worth one line.
func (r *Reports) Infof(format string, args ...any) {
	r.counted("info", format, args)
}

// counted writes a message if its turn is come. Its kind is the format, with the place in a script where it begins
// with one: "%s: …".
func (r *Reports) counted(level, format string, args []any) {
	text := clip(fmt.Sprintf(format, args...), maxText)
	name := format
	if strings.HasPrefix(format, "%s: ") && len(args) > 0 {
		name += fmt.Sprint(" ", args[0])
	}
	if times, show := r.count(name, text); show {
		r.write(level, Printable(text+times))
	}
}

// count notes one more message and tells whether it is to be written, and with which words about those that were not.
func (r *Reports) count(name, text string) (times string, show bool) {
	name = name[:min(len(name), maxKey)]
	k := r.kinds[name]
	if k == nil && len(r.kinds) >= maxKinds {
		name = "" // all further ones are of one kind
		k = r.kinds[name]
	}
	if k == nil {
		k = &kind{texts: map[[sha256.Size]byte]uint64{}}
		r.kinds[name] = k
	}
	sum := sha256.Sum256([]byte(text))
	n := k.texts[sum]
	switch {
	case n == 0 && len(k.texts) >= maxTexts:
		k.more++
		return fmt.Sprintf(" (%d of this kind now)", maxTexts+k.more), power(maxTexts + k.more)
	case n == 0:
		k.texts[sum] = 1
		if len(k.texts) == maxTexts {
			times = " (further ones of this kind are only counted)"
		}
		return times, true
	}
	n++
	k.texts[sum] = n
	return fmt.Sprintf(" (%d times now)", n), power(n)
}

// power tells whether n is 1, 10, 100, …
func power(n uint64) bool {
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}

// write writes a text that is printable, but for the line ends of a traceback.
func (r *Reports) write(level, text string) {
	if r.Watch != nil {
		r.Watch(level, text)
	}
	if r.Hook != nil {
		r.Hook(level, text)
		return
	}
	fmt.Fprintf(r.w, "%s: %s\n", level, text)
}

// Clip cuts a name or topic that comes from outside to what a message may hold of it.
func Clip[T string | []byte](name T) string { return clip(name, maxName) }

// Name shows a name from outside: as it is if it looks like one, else quoted, and cut where it is long.
func Name[T string | []byte](name T) string {
	text := Clip(name)
	odd := func(c rune) bool {
		return c != '_' && c != ':' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
	}
	if text == "" || strings.ContainsFunc(text, odd) {
		return fmt.Sprintf("%q", text)
	}
	return text
}

// clip cuts a text after about most bytes, between two characters, and tells its length.
func clip[T string | []byte](text T, most int) string {
	if len(text) <= most {
		return string(text)
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return fmt.Sprintf("%s… (%d bytes)", string(text[:n]), len(text))
}

// Printable makes one line of a text, cut if it is too long, with control characters and what is not UTF-8 shown as
// \xNN: texts may hold what an attacker sent, who must neither begin a line that looks like ours nor steer a terminal.
func Printable(text string) string {
	text = clip(text, maxText+maxKey) // room for the words behind a message that was cut before
	if utf8.ValidString(text) && !strings.ContainsFunc(text, control) {
		return text
	}
	var b strings.Builder
	for i, c := range text {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case control(c):
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// control tells characters that steer a terminal, or the order in which it shows others.
func control(c rune) bool {
	return c < ' ' && c != '\t' || c >= 0x7f && c <= 0x9f || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
}
