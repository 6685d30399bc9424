package apidoc

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Names returns every name that Find knows once, Zeek's included, for suggestions.
func (d *Docs) Names() []string {
	var names []string
	have := map[string]bool{}
	add := func(name string) {
		if !have[name] {
			names, have[name] = append(names, name), true
		}
	}
	for _, e := range d.Entries {
		add(e.Name)
		for _, m := range quotedName.FindAllStringSubmatch(e.From, -1) {
			if isZeek(m[1]) {
				add(m[1])
			}
		}
	}
	return names
}

// ofNamespace is a method of a namespace as people write it, EX:event.
var ofNamespace = regexp.MustCompile(`^[A-Z]\w*(?:::\w+)*:(\w+)$`)

// Find returns what somebody may mean who does not know how things are called here: a full name, else a name of Zeek's,
// else a method of something, or the last part of a name ("publish"). Modules and functions come first. Related is what
// only speaks of a name of Zeek's.
func (d *Docs) Find(name string) (found, related []*Entry) {
	if found = d.Lookup(name); found != nil {
		found = slices.Clone(found)
		slices.SortStableFunc(found, func(a, b *Entry) int { return cmp.Compare(rank(a), rank(b)) })
		return found, nil
	}
	if m := ofNamespace.FindStringSubmatch(name); m != nil {
		if found = d.Lookup("namespace:" + m[1]); found != nil {
			return found, nil
		}
	}
	if found, related = d.Zeek(name); found != nil {
		return found, related
	}
	if path, ok := strings.CutPrefix(name, "Input::"); ok && path != "" && !strings.ContainsRune(path, ':') {
		return d.Lookup(logEvent), nil
	}
	for _, e := range d.Entries {
		if e.Short == name || e.Kind == Method && isMethodOf(name, e.Short) || e.Kind == Event && strings.HasSuffix(e.Name, "::"+name) {
			found = append(found, e)
		}
	}
	return found, nil
}

// isMethodOf tells whether name is a method of something, found:on. What stands in front of a double colon is a module of
// Zeek's, and another one's function is not ours.
func isMethodOf(name, method string) bool {
	of, ok := strings.CutSuffix(name, ":"+method)
	return ok && !strings.HasSuffix(of, ":")
}

// logEvent is the entry of the events that lines of a log raise.
const logEvent = "Input::<path>"

// rank orders things that have one name.
func rank(e *Entry) int {
	return slices.Index([]Kind{Module, Function, Event, Method, Class, Field, Alias, Topic}, e.Kind)
}

// ranked is an entry with how well it fits.
type ranked struct {
	e     *Entry
	score int
}

// best sorts by score, equal ones as the files have them, and leaves out those without any.
func best(all []ranked) []ranked {
	all = slices.DeleteFunc(all, func(r ranked) bool { return r.score <= 0 })
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(b.score, a.score) })
	return all
}

func entriesOf(all []ranked) []*Entry {
	var out []*Entry
	for _, r := range all {
		out = append(out, r.e)
	}
	return out
}

// Zeek returns what stands here for something of Zeek's, such as "Broker::publish", "&create_expire" or "zeek_init": what
// comes from there, and apart from that what only speaks of it.
func (d *Docs) Zeek(name string) (from, related []*Entry) {
	if name = strings.TrimSuffix(name, "()"); strings.Trim(name, "&:") == "" {
		return nil, nil
	}
	var all []ranked
	for _, e := range d.Entries {
		all = append(all, ranked{e, e.fromZeek(name)})
	}
	all = best(all)
	if len(all) == 0 {
		return d.likeZeek(name), nil
	}
	n := slices.IndexFunc(all, func(r ranked) bool { return r.score < all[0].score })
	if n < 0 {
		n = len(all)
	}
	return entriesOf(all[:n]), entriesOf(all[n:])
}

var quotedName = regexp.MustCompile("`([^`]+)`")

// isZeek tells whether a name can only be one of Zeek's, or an event.
func isZeek(name string) bool { return strings.Contains(name, "::") || strings.HasPrefix(name, "&") }

// mentions returns how many names a text has in backquotes, and whether one of them is name.
func mentions(text, name string) (n int, has bool) {
	for _, m := range quotedName.FindAllStringSubmatch(text, -1) {
		n++
		has = has || strings.EqualFold(m[1], name)
	}
	return n, has
}

// fromZeek rates whether an entry is what Zeek calls name; 0: it is not.
func (e *Entry) fromZeek(name string) (score int) {
	last := name[strings.LastIndexAny(name, ":&")+1:]
	n, has := mentions(e.From, name)
	if has {
		score = 10
		if strings.HasPrefix(e.From, "ours") || strings.HasPrefix(e.From, "Moonpeer") {
			score = 3
		} else if n == 1 {
			score++ // not one of several that come together
		}
	} else if _, has = mentions(e.Text, name); has && isZeek(name) {
		score = 2
	}
	if score > 0 && strings.EqualFold(e.Short, last) {
		score += 20
	}
	return score
}

// likeZeek finds what has the same name here without saying so: Broker::default_port is broker.options.default_port,
// Broker::PEER_INVALID broker.error.PEER_INVALID.
func (d *Docs) likeZeek(name string) []*Entry {
	module, last, ok := strings.Cut(name, "::")
	if !ok {
		return nil
	}
	for _, of := range []string{".", ":", ".options.", ".error."} {
		if found := d.Lookup(strings.ToLower(module) + of + last); found != nil {
			return found
		}
	}
	return nil
}

// Search returns what says all words of a text, in names rather than in summaries rather than anywhere else. Where nothing says
// all, it is what says the most, if that is more than half of them.
func (d *Docs) Search(text string) []*Entry {
	words := strings.Fields(strings.ToLower(text))
	byHits := make([][]ranked, len(words)+1) // by how many words an entry says
	for _, e := range d.Entries {
		hits, score := e.says(words)
		byHits[hits] = append(byHits[hits], ranked{e, score})
	}
	for n := len(words); 2*n > len(words); n-- {
		if found := best(byHits[n]); len(found) > 0 {
			return entriesOf(found)
		}
	}
	return nil
}

// says tells how many of the words an entry says, and rates where.
func (e *Entry) says(words []string) (hits, score int) {
	fields := e.searched()
	for _, w := range words {
		if i := slices.IndexFunc(fields, func(f string) bool { return strings.Contains(f, w) }); i >= 0 {
			hits++
			score += len(fields) - i
		}
	}
	return hits, score
}

// searched is what an entry says in lower case, what counts most first.
func (e *Entry) searched() []string {
	rest := []string{e.Text, e.Raises, e.From, e.Type}
	for _, p := range e.Params {
		rest = append(rest, p.Name, p.Type, p.Text)
	}
	for _, r := range e.Returns {
		rest = append(rest, r.Name, r.Type, r.Text)
	}
	var code []string
	for _, x := range e.Examples {
		code = append(code, x.Code)
	}
	fields := []string{e.Name, e.Summary(), strings.Join(rest, "\n"), strings.Join(code, "\n")}
	for i := range fields {
		fields[i] = strings.ToLower(fields[i])
	}
	return fields
}
