package luavm

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm/internal/rewrite"
)

// Coverage counts how often the statements of files are executed, in any number of VMs ([Options].Coverage). Its
// methods may be called from any goroutine, but Files only while none of these VMs runs Lua.
type Coverage struct {
	name func(file string) (string, bool)

	mu    sync.Mutex
	texts map[coveredKey]*covered
}

// NewCoverage makes a Coverage. For the name under which a file is loaded, name returns that under which it is counted,
// and whether it is at all; nil: all files, each under its own. It is called on the goroutines of the VMs.
func NewCoverage(name func(file string) (string, bool)) *Coverage {
	if name == nil {
		name = func(file string) (string, bool) { return file, true }
	}
	return &Coverage{name: name, texts: map[coveredKey]*covered{}}
}

// CoveredFile is what is known of one text of a file.
type CoveredFile struct {
	Name      string
	Text      string
	Lines     []CoveredLine     // those on which something begins that can be executed, in their order
	Functions []CoveredFunction // in the order of their lines
	Loaded    bool              // by some VM, and not only added
	TooLarge  bool              // there was no room for counters in it: it ran, but no lines are known
}

// CoveredLine is a line on which one or several statements begin, or conditions of elseif and until.
type CoveredLine struct {
	Line   int
	Count  uint64 // executions of the first of them
	Parts  int    // how many there are
	Missed int    // how many of them were never executed
}

// CoveredFunction is a function in a file. Name is what its definition calls it, or empty.
type CoveredFunction struct {
	Name  string
	Line  int
	Count uint64 // calls
}

// Add makes a file known that perhaps nobody loads: then its counts are 0. The error is a *SyntaxError.
func (c *Coverage) Add(name, src string) error {
	if _, ok := c.name(name); !ok {
		return nil
	}
	_, err := c.text(name, src, defaultMaxSource)
	return err
}

// Files returns all files in the order of their names. A file of which several texts were loaded, as it was changed
// meanwhile, is there once for each, in the order in which they came.
func (c *Coverage) Files() []CoveredFile {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*covered, 0, len(c.texts))
	for _, t := range c.texts {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *covered) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.order, b.order))
	})
	files := make([]CoveredFile, len(all))
	for i, t := range all {
		files[i] = t.file()
	}
	return files
}

type coveredKey struct{ name, text string }

// covered is one text of a file and what was counted of it. Each VM counts in a tally of its own, which is added up when
// the VM is closed or gone.
type covered struct {
	coveredKey
	order  int
	proto  *lua.FunctionProto // with counters that belong to nobody; nil: there was no room
	sites  rewrite.Sites
	closed []uint64            // executions of each site in VMs that are no more; nil: there was none
	open   map[*tally]struct{} // of the others
	loaded bool
}

// tally is what one VM counts of one text. It must not lead to the VM, which would never be freed.
type tally struct {
	covered *covered
	counts  []uint64 // of each site
}

// counting is what a VM has of a Coverage.
type counting struct {
	protos  map[boundKey]*lua.FunctionProto // with its own counters
	tallies *[]*tally
}

// boundKey is a text and the name that stands for it in messages.
type boundKey struct {
	covered *covered
	name    string
}

// text returns what is kept of a text, which is compiled when it comes first.
func (c *Coverage) text(name, src string, limit int) (*covered, error) {
	counted, _ := c.name(name)
	key := coveredKey{counted, src}
	c.mu.Lock()
	t := c.texts[key]
	c.mu.Unlock()
	if t != nil {
		return t, nil
	}
	proto, sites, err := compileCounted(name, src, limit)
	if err != nil {
		if _, err := compile(name, src, limit); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other := c.texts[key]; other != nil { // of another VM, meanwhile
		return other, nil
	}
	t = &covered{coveredKey: key, order: len(c.texts), proto: proto, sites: sites, open: map[*tally]struct{}{}}
	c.texts[key] = t
	return t, nil
}

// open returns a chunk with counters for a VM that loads it, or nil if there are to be none. The error is a *SyntaxError.
func (c *Coverage) open(vm *VM, name, src string) (*lua.FunctionProto, error) {
	if c == nil {
		return nil, nil
	}
	if _, ok := c.name(name); !ok {
		return nil, nil
	}
	t, err := c.text(name, src, vm.options.MaxSource)
	if err != nil {
		return nil, err
	}
	key := boundKey{t, name}
	if known := vm.counting.protos[key]; known != nil {
		return known, nil
	}
	y := c.tally(t)
	if t.proto == nil {
		return nil, nil
	}
	if vm.counting.protos == nil {
		vm.counting = counting{protos: map[boundKey]*lua.FunctionProto{}, tallies: new([]*tally)}
		runtime.AddCleanup(vm, c.close, vm.counting.tallies) // many a VM is not closed but dropped
	}
	*vm.counting.tallies = append(*vm.counting.tallies, y)
	proto := bind(t.proto, name, y.counts, &vm.counter)
	vm.counting.protos[key] = proto
	return proto, nil
}

// tally begins to count a text for another VM.
func (c *Coverage) tally(t *covered) *tally {
	y := &tally{covered: t, counts: make([]uint64, len(t.sites.Lines))}
	c.mu.Lock()
	defer c.mu.Unlock()
	t.loaded = true
	if t.proto != nil {
		t.open[y] = struct{}{}
	}
	return y
}

// close adds up what a VM has counted.
func (c *Coverage) close(tallies *[]*tally) {
	if c == nil || tallies == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, y := range *tallies {
		t := y.covered
		if t.closed == nil {
			t.closed = make([]uint64, len(y.counts))
		}
		y.addTo(t.closed)
		delete(t.open, y)
	}
	*tallies = nil
}

func (y *tally) addTo(counts []uint64) {
	for i, n := range y.counts {
		counts[i] += n
	}
}

func (t *covered) file() CoveredFile {
	counts := make([]uint64, len(t.sites.Lines))
	copy(counts, t.closed)
	for y := range t.open {
		y.addTo(counts)
	}
	f := CoveredFile{Name: t.name, Text: t.text, Loaded: t.loaded, TooLarge: t.proto == nil}
	f.Lines = coveredLines(t.sites.Lines, counts)
	for _, fn := range t.sites.Functions {
		f.Functions = append(f.Functions, CoveredFunction{Name: fn.Name, Line: fn.Line, Count: counts[fn.Site]})
	}
	slices.SortStableFunc(f.Functions, func(a, b CoveredFunction) int { return cmp.Compare(a.Line, b.Line) })
	return f
}

// coveredLines adds up the sites of each line. On a line they have the order of their numbers.
func coveredLines(sites []int, counts []uint64) []CoveredLine {
	byLine := make([]int, 0, len(sites)) // sites
	for site, line := range sites {
		if line > 0 {
			byLine = append(byLine, site)
		}
	}
	slices.SortStableFunc(byLine, func(a, b int) int { return cmp.Compare(sites[a], sites[b]) })
	var lines []CoveredLine
	for _, site := range byLine {
		if n := len(lines); n == 0 || lines[n-1].Line != sites[site] {
			lines = append(lines, CoveredLine{Line: sites[site], Count: counts[site]})
		}
		last := &lines[len(lines)-1]
		last.Parts++
		if counts[site] == 0 {
			last.Missed++
		}
	}
	return lines
}
