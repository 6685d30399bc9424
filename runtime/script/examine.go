package script

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/script/internal/analysis"
)

// Finding is something a look at a file shows before its lines run: a misspelt name, a wrong number of arguments, a
// comparison that can never be true. As an error it is what [Domain.Load] joins.
type Finding = analysis.Finding

// SetDefinitions tells what the predefined names are, as the editor definitions have it, so that files can be checked
// for more than names. docs is called when the first file has been loaded. A module calls this in Open.
func (d *Domain) SetDefinitions(docs func() (*apidoc.Docs, error)) { d.loader.docs = docs }

// Findings returns what is merely suspicious in the files of a domain that checks ([Options.Check]); one that does
// not warns about it.
func (d *Domain) Findings() []Finding { return d.loader.findings }

// examine returns the errors that can be seen without running the file: its syntax, and names that nobody has
// declared. The rest of its findings come from check.
func (ld *loader) examine(file string, src []byte) (errs []error) {
	if _, err := ld.d.opts.Cache.compile(file, string(src)); err != nil {
		return []error{err}
	}
	chunk, err := analysis.Parse(file, src)
	if err != nil {
		return []error{err}
	}
	ld.examined = append(ld.examined, chunk)
	for _, f := range chunk.Names(ld.world()) {
		errs = append(errs, f)
	}
	return errs
}

// check looks at what the files that were examined do with their names, and returns the errors: of those that came
// before, the ones that it does not explain better, and its own. What is wrong for sure is an error when the domain only
// checks or is strict, else a warning. What may be meant is for who checks, but for handlers of events that nobody declares.
func (ld *loader) check(before []error) (errs []error) {
	chunks := ld.examined
	ld.examined = nil
	docs, err := ld.definitions()
	if err != nil {
		return append(before, err)
	}
	errs = before
	for _, f := range ld.look(chunks, docs, len(before) == 0) {
		switch {
		case !ld.d.opts.Check && (!ld.d.opts.Strict || f.Severity == analysis.Warning):
			ld.d.Reports.Warnf("%s", f)
		case f.Severity == analysis.Warning:
			ld.findings = append(ld.findings, f)
		default:
			errs = slices.DeleteFunc(errs, func(e error) bool { return isLoadError(e) && strings.HasPrefix(e.Error(), f.Place()) })
			errs = append(errs, f)
		}
	}
	return errs
}

func isLoadError(err error) bool {
	var load *LoadError
	return errors.As(err, &load)
}

// look returns the findings in chunks. complete tells whether all that they declare is declared.
func (ld *loader) look(chunks []*analysis.Chunk, docs *apidoc.Docs, complete bool) (found []Finding) {
	w := ld.world()
	w.Event, w.Events, w.Complete = ld.d.signature, ld.d.declared, complete
	w.API = ld.d.opts.Cache.definitions(docs)
	if !complete {
		written := analysis.Declarations(chunks, w)
		w.Event = func(name string) (string, bool) {
			if signature, ok := ld.d.signature(name); ok {
				return signature, true
			}
			signature, ok := written[name]
			return signature, ok
		}
	}
	for _, c := range chunks {
		for _, f := range c.Check(w) {
			if ld.d.opts.Check || f.Severity == analysis.Error { // a node does not ask at each start whether it was meant
				found = append(found, f)
			}
		}
	}
	if complete && !ld.d.ready {
		found = append(found, ld.checkHandled(chunks, w)...)
	}
	return found
}

// checkHandled looks at the events that have handlers.
func (ld *loader) checkHandled(chunks []*analysis.Chunk, w *analysis.World) []Finding {
	var handled []analysis.Handled
	ld.d.Events(func(e *Event) {
		if len(e.handlers) == 0 {
			return
		}
		file, line := splitPlace(e.handlers[0].Place)
		handled = append(handled, analysis.Handled{Name: e.Name, File: file, Line: line})
	})
	found := analysis.Undeclared(chunks, w, handled)
	if ld.d.opts.Check {
		found = append(found, analysis.Unraised(chunks, w, handled)...)
	}
	return found
}

// splitPlace divides file:line.
func splitPlace(place string) (file string, line int) {
	at := strings.LastIndexByte(place, ':')
	if at < 0 {
		return place, 0
	}
	line, err := strconv.Atoi(place[at+1:])
	if err != nil {
		return place, 0
	}
	return place[:at], line
}

// definitions returns what SetDefinitions has said; nil: nothing.
func (ld *loader) definitions() (*apidoc.Docs, error) {
	if ld.docs == nil {
		return nil, nil
	}
	return ld.docs()
}

// world is what files are looked at against before they run.
func (ld *loader) world() *analysis.World {
	return &analysis.World{
		Known:   func(name string) bool { return ld.known[name] },
		Global:  func(name string) string { return DidYouMean(name, ld.globals) },
		Near:    DidYouMean,
		Members: ld.members,
	}
}

// members returns the names that a predefined module has, nil for what is none.
func (ld *loader) members(module string) []string {
	if lib := ld.lazy[module]; lib != nil {
		return lib.members()
	}
	return ld.fields[module]
}

// signature returns what an event takes, as it is declared.
func (d *Domain) signature(name string) (string, bool) {
	ev := d.Lookup(name)
	if ev == nil || !ev.Declared() {
		return "", false
	}
	return ev.Sig.String(), true
}

// declared returns the names of the events that somebody declares.
func (d *Domain) declared() (names []string) {
	d.Events(func(e *Event) {
		if e.Declared() {
			names = append(names, e.Name)
		}
	})
	return names
}
