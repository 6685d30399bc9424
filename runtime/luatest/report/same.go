package report

import (
	"fmt"
	"strings"

	"moonpeer/runtime/luatest"
)

// cause is what failures of several tests have in common that are one mistake: an error in a file that they all use, often
// one that keeps it from being loaded.
type cause struct {
	message, file string
	line          int
}

// known is the failure that has shown a cause first.
type known struct {
	number int
	seed   uint64
}

// maxCause bounds what is remembered of a failure: it is kept until the end. Longer ones are shown again.
const maxCause = 4 << 10

// causeOf returns what r has in common with others: its place is outside of the test's own file, or its message tells of
// one that is, as that of sim.node does about a policy which it can't load.
func causeOf(r *luatest.Result) (c cause, shared bool) {
	f := r.Failure
	if f == nil || len(f.Message)+len(f.File) > maxCause {
		return cause{}, false
	}
	if f.File != "" && f.File != r.File {
		return cause{f.Message, f.File, f.Line}, true
	}
	file, _ := luatest.SplitPlace(f.Message)
	return cause{message: f.Message}, strings.HasSuffix(file, ".lua") && !strings.HasSuffix(file, r.File)
}

// as tells which failure before has had the same cause; "": none.
func (p *Pretty) as(r *luatest.Result, number int) string {
	c, shared := causeOf(r)
	if !shared {
		return ""
	}
	before, ok := p.known[c]
	if !ok {
		p.known[c] = known{number, r.RepeatSeed()}
		return ""
	}
	text := fmt.Sprintf("as %d)", before.number)
	if r.RepeatSeed() != before.seed {
		text += fmt.Sprintf(", seed %d", r.RepeatSeed())
	}
	return text
}

// short is a failure of which all is said; several of them stand close together.
func (p *Pretty) short(head, as string) string {
	text := p.o.Style.Bold(head+":") + " " + as + "\n"
	if !p.asBefore {
		text = "\n" + text
	}
	p.asBefore = true
	return text
}
