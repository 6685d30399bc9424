package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"moonpeer/runtime/control"
	"moonpeer/runtime/script"
	"moonpeer/store"
)

// survey is what the nodes below the state directory have of stores.
type survey struct {
	nodes []surveyed
}

// surveyed is one node of it.
type surveyed struct {
	name   string
	client *control.Client // nil: it does not run, or can't be asked
	open   []store.Info    // as it says
	kept   []string        // names of what is on disk
	failed *control.Error  // what it answered instead
}

func (s *survey) close() {
	for _, n := range s.nodes {
		if n.client != nil {
			n.client.Close()
		}
	}
}

// survey asks the nodes that are named, or all, what they have, and looks into their folders.
func (f *reachFlags) survey(ctx context.Context, inv *invocation, names []string) (*survey, error) {
	known, err := f.names(ctx, inv)
	if err != nil {
		return nil, err
	}
	more, err := f.storing()
	if err != nil {
		return nil, err
	}
	for _, name := range more {
		if !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	control.Sort(known, func(name string) control.Known { return control.Known{Name: name} })
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no node is called %q%s", name, likely(name, known, f.State))
		}
	}
	if len(known) == 0 {
		return nil, f.nobody(known)
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout())
	defer cancel()
	s := &survey{}
	for _, name := range known {
		if len(names) == 0 || slices.Contains(names, name) {
			s.nodes = append(s.nodes, surveyed{name: name})
		}
	}
	done := make(chan struct{})
	for i := range s.nodes {
		go func() {
			f.look(ctx, &s.nodes[i])
			done <- struct{}{}
		}()
	}
	for range s.nodes {
		<-done
	}
	return s, nil
}

// look asks one node, and looks into its folder.
func (f *reachFlags) look(ctx context.Context, n *surveyed) {
	n.kept = keptStores(filepath.Join(f.State, n.name))
	c, err := control.Find(ctx, filepath.Join(f.State, n.name))
	if err != nil {
		return
	}
	n.client = c
	if err := c.Call(ctx, "store.list", nil, &n.open); err != nil && !errors.As(err, &n.failed) {
		n.failed = &control.Error{Code: control.CodeInternal, Message: err.Error()}
	}
}

// storing lists the nodes that have stores on disk, also those that have never run with --state.
func (f *reachFlags) storing() (names []string, err error) {
	folders, err := filepath.Glob(filepath.Join(globEscape(f.State), "*", "stores"))
	for _, dir := range folders {
		if len(keptStores(filepath.Dir(dir))) > 0 {
			names = append(names, filepath.Base(filepath.Dir(dir)))
		}
	}
	return names, err
}

// globEscape has a path mean itself in a pattern.
func globEscape(path string) string {
	if os.PathSeparator == '\\' {
		return path // which has no escapes there
	}
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}

// keptStores lists the stores in a node's folder. What was put aside is none.
func keptStores(nodeDir string) (names []string) {
	entries, err := os.ReadDir(filepath.Join(nodeDir, "stores"))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		name, err := url.PathUnescape(e.Name())
		if err == nil && e.IsDir() && filepath.Base(storeDir(nodeDir, name)) == e.Name() && !setAside.MatchString(e.Name()) {
			names = append(names, name)
		}
	}
	return names
}

// setAside matches the folders that quarantine has renamed.
var setAside = regexp.MustCompile(`\.corrupt-\d{8}T\d{6}Z(-\d+)?$`)

func (f *reachFlags) folder(node, name string) string {
	return storeDir(filepath.Join(f.State, node), name)
}

// located is a store that was found: with a client it is of a running node, with an address of one elsewhere, else a folder.
type located struct {
	node    string
	name    string
	client  *control.Client
	address string
	dir     string
	master  bool
	running bool // the folder's node runs, and has not opened it
}

func (l *located) close() {
	if l.client != nil {
		l.client.Close()
	}
}

// String is what messages call it.
func (l *located) String() string { return fmt.Sprintf("store %q of %s", l.name, l.node) }

// locate finds a store by its name: open on a running node, a master before a clone, else in a node's folder.
func (f *storeFlags) locate(ctx context.Context, inv *invocation, name string) (*located, error) {
	var names []string
	if f.Node != "" {
		if _, addresses := split([]string{f.Node}); len(addresses) > 0 {
			return &located{node: f.Node, name: name, address: f.Node, master: true}, nil
		}
		names = []string{f.Node}
	}
	s, err := f.survey(ctx, inv, names)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if l := s.open(name); l != nil {
		return l, nil
	}
	var kept []surveyed
	for _, n := range s.nodes {
		if slices.Contains(n.kept, name) {
			kept = append(kept, n)
		}
	}
	switch len(kept) {
	case 0:
		return nil, s.missing(name)
	case 1:
		if n := kept[0]; n.failed != nil {
			return nil, fmt.Errorf("%s: %s", n.name, n.failed.Message)
		}
		return &located{node: kept[0].name, name: name, dir: f.folder(kept[0].name, name), master: true, running: kept[0].client != nil}, nil
	}
	var of []string
	for _, n := range kept {
		of = append(of, n.name)
	}
	return nil, fmt.Errorf("store %q is on the disks of %s: choose one with --node", name, strings.Join(of, ", "))
}

// open takes the client of the node that has a store open, a master before a clone.
func (s *survey) open(name string) *located {
	var at *surveyed
	master := false
	for i := range s.nodes {
		for _, info := range s.nodes[i].open {
			if info.Name == name && (at == nil || info.Master && !master) {
				at, master = &s.nodes[i], info.Master
			}
		}
	}
	if at == nil {
		return nil
	}
	l := &located{node: at.name, name: name, client: at.client, master: master}
	at.client = nil
	return l
}

// missing says that there is no store of a name.
func (s *survey) missing(name string) error {
	var all []string
	for _, n := range s.nodes {
		all = append(all, n.kept...)
		for _, i := range n.open {
			all = append(all, i.Name)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	hint := script.DidYouMean(name, all)
	switch {
	case hint != "":
	case len(all) == 0:
		hint = ": no node here has any"
	default:
		hint = " (there are: " + strings.Join(all, ", ") + ")"
	}
	err := fmt.Errorf("no store is called %q%s", script.Clip(name), hint)
	for _, n := range s.nodes {
		if n.failed != nil {
			err = errors.Join(err, fmt.Errorf("%s could not be asked: %s", n.name, n.failed.Message))
		}
	}
	return err
}

// change locates a store that is to be changed: one of a running node.
func (f *storeFlags) change(ctx context.Context, inv *invocation, name string) (*located, error) {
	l, err := f.locate(ctx, inv, name)
	switch {
	case err != nil:
		return nil, err
	case l.running:
		return nil, fmt.Errorf("%s is not open: no script has opened it since the node was started, and only an open one is changed", l)
	case l.dir != "":
		return nil, fmt.Errorf("%s can't be changed: the node does not run; start it first", l)
	}
	return l, nil
}
