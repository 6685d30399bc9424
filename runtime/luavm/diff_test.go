package luavm

import (
	"strings"
	"testing"
)

// differences compares what both implementations print for a script whose output has a line "@@name" before that of each
// part. It returns the number of parts and of lines.
func differences(t *testing.T, options Options, seed uint64, src string) (parts, lines int) {
	t.Helper()
	want := splitParts(runReference(t, src))
	got := splitParts(runOurs(t, options, src))
	reported := 0
	for name, w := range want {
		parts++
		lines += strings.Count(w, "\n")
		if got[name] == w {
			continue
		}
		if reported++; reported <= 3 {
			t.Errorf("seed %d, part %s\nours:\n%s\nreference:\n%s\nprogram:\n%s", seed, name, got[name], w, programPart(src, name))
		}
	}
	if reported > 3 {
		t.Errorf("seed %d: %d more parts differ", seed, reported-3)
	}
	return parts, lines
}

func splitParts(out string) map[string]string {
	parts := map[string]string{}
	name := "before the first"
	for line := range strings.Lines(out) {
		if n, ok := strings.CutPrefix(line, "@@"); ok {
			name = strings.TrimSpace(n)
			parts[name] = ""
			continue
		}
		parts[name] += line
	}
	return parts
}

// programPart returns the text of one part of a script of whole programs, or the whole script.
func programPart(src, name string) string {
	_, rest, ok := strings.Cut(src, "io.write('@@"+name+"\\n')")
	if !ok {
		return src
	}
	part, _, _ := strings.Cut(rest, "io.write('@@")
	return part
}

func TestDifferential(t *testing.T) {
	needReference(t)
	t.Parallel()
	// Programs recurse up to 90 levels of a few calls each; the reference's limit is far higher.
	roomy := Options{CallDepth: 2000, MaxSource: 1 << 20, Budget: 1_000_000_000}
	tiny := roomy
	tiny.registrySize, tiny.registryStep = coroutineRegistrySize, 1
	programs := func(seed uint64) string { return programScript(seed, 60, false) }
	for _, c := range []struct {
		name     string
		options  Options
		seeds    int
		parts    string
		generate func(seed uint64) string
	}{
		{"logic", roomy, 3, "statements", func(seed uint64) string { return logicScript(seed, 400) }},
		{"assignments", roomy, 3, "blocks", func(seed uint64) string { return assignmentScript(seed, 400) }},
		{"programs", roomy, 4, "programs", programs},
		{"programs on tiny stacks", tiny, 1, "programs", programs},
		{"programs with many constants", roomy, 1, "programs", func(seed uint64) string { return programScript(seed, 60, true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, parts, source, lines := seeds(t, c.seeds), 0, 0, 0
			for seed := range uint64(n) {
				src := c.generate(seed)
				p, l := differences(t, c.options, seed, src)
				parts, source, lines = parts+p, source+strings.Count(src, "\n"), lines+l
			}
			t.Logf("seeds 0 to %d: %d %s, %d lines of source, %d lines of output compared", n-1, parts, c.parts, source, lines)
		})
	}
}
