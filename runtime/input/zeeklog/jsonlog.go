package zeeklog

import (
	"errors"
	"fmt"

	"moonpeer/net/broker"
)

// maxDepth is how deep objects and arrays may lie in each other.
const maxDepth = 32

// jsonLog reads one JSON object per line.
type jsonLog struct {
	path  string
	types map[string]*growing // by path
	vals  []jsonValue         // of the line under way

	names  map[string]string // seen before
	joined []byte
}

// growing is the layout of one path, with all names that have appeared.
type growing struct {
	layout *layout
	cols   []column
	byName map[string]int
}

// jsonValue is a value under its whole name; one without a name is not part of the record.
type jsonValue struct {
	name string
	data broker.Data
}

// record reads a line.
func (l *jsonLog) record(text []byte) (item, error) {
	in, err := newScanner(text)
	if err != nil {
		return item{}, err
	}
	if in.next().kind != '{' {
		return item{}, errors.New("want one JSON object")
	}
	l.vals = l.vals[:0]
	if err := l.object(in, "", 1); err != nil {
		return item{}, err
	}
	it, err := l.special()
	if err != nil {
		return it, err
	}
	g, err := l.grow(it.path)
	if err != nil {
		return it, err
	}
	it.typ, it.rec = g.layout.typ, g.layout.blank()
	for _, v := range l.vals {
		if i, ok := g.byName[v.name]; ok {
			g.layout.set(it.rec, i, v.data)
		}
	}
	g.layout.nameProtocols(it.rec)
	return it, nil
}

// special looks for the path and the time of the record.
func (l *jsonLog) special() (it item, err error) {
	it.path = l.path
	for i := range l.vals {
		switch v := &l.vals[i]; v.name {
		case "_path":
			if s, ok := v.data.(broker.String); ok {
				it.path, v.name = string(s), ""
			}
		case "ts":
			if v.data.Kind() == broker.KindNone {
				continue
			}
			if it.time, it.timed = v.data.(broker.Timestamp); !it.timed {
				return it, fmt.Errorf("field ts: %s is no time: want seconds, milliseconds or ISO 8601",
					quoted([]byte(broker.Text(v.data))))
			}
		}
	}
	return it, nil
}

// object reads keys and values up to the closing brace. The keys of an object in an object are joined with a dot.
func (l *jsonLog) object(in *scanner, prefix string, depth int) error {
	if depth > maxDepth {
		return errors.New("objects are nested too deep")
	}
	for in.more('}') {
		key := in.key()
		if len(key) == 0 {
			return errors.New("a key is empty")
		}
		if len(l.vals) >= maxNames {
			return fmt.Errorf("more than %d fields", maxNames)
		}
		if len(prefix)+len(key) > maxName {
			return fmt.Errorf("field %s%s: the name is longer than %d bytes", prefix, quoted(key), maxName)
		}
		name := l.name(prefix, key)
		tok := in.next()
		if tok.kind == '{' {
			if err := l.object(in, name+".", depth+1); err != nil {
				return err
			}
			continue
		}
		d, err := jsonData(in, name, tok, depth)
		if err != nil {
			return err
		}
		l.vals = append(l.vals, jsonValue{name, d})
	}
	return nil
}

// name joins the parts of a name; the same name is the same string, as long as there are not too many.
func (l *jsonLog) name(prefix string, key []byte) string {
	l.joined = append(append(l.joined[:0], prefix...), key...)
	if name, ok := l.names[string(l.joined)]; ok {
		return name
	}
	name := string(l.joined)
	if l.names == nil {
		l.names = map[string]string{}
	}
	if len(l.names) < 2*maxNames {
		l.names[name] = name
	}
	return name
}

// grow returns the layout of a path with all names of the line in it.
func (l *jsonLog) grow(path string) (*growing, error) {
	g := l.types[path]
	if g == nil {
		if path == "" || len(path) > maxPath || len(l.types) >= maxPaths {
			return nil, fmt.Errorf("_path %s: want at most %d paths of 1 to %d bytes", quoted([]byte(path)), maxPaths, maxPath)
		}
		g = &growing{layout: newLayout(path, nil), byName: map[string]int{}}
		if l.types == nil {
			l.types = map[string]*growing{}
		}
		l.types[path] = g
	}
	known := len(g.cols)
	for _, v := range l.vals {
		if _, ok := g.byName[v.name]; ok || v.name == "" {
			continue
		}
		if len(g.cols) >= maxNames {
			g.forget(known)
			return nil, fmt.Errorf("field %s is one more than the %d a log may have", quoted([]byte(v.name)), maxNames)
		}
		g.byName[v.name] = len(g.cols)
		g.cols = append(g.cols, column{name: v.name})
	}
	if len(g.cols) > known {
		g.layout = newLayout(path, g.cols)
	}
	return g, nil
}

// forget takes back all names but the first n.
func (g *growing) forget(n int) {
	for _, c := range g.cols[n:] {
		delete(g.byName, c.name)
	}
	g.cols = g.cols[:n]
}
