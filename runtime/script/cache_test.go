package script

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestCache: domains that load one file share what is compiled and nothing else; a file that has changed is compiled anew.
func TestCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.lua")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var cache Cache
	load := func() (string, error) {
		var out strings.Builder
		d, err := New(Options{Cache: &cache, Stdout: &out})
		if err != nil {
			return "", err
		}
		err = d.Load([]string{file})
		return out.String(), err
	}
	write("local n = 0 local function f() n = n + 1 return n end f() print(f())")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				if got, err := load(); got != "2\n" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	if len(cache.files) != 1 {
		t.Errorf("%d files are kept", len(cache.files))
	}
	write("print 'new'")
	if got, err := load(); got != "new\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	write("print(")
	for range 2 {
		if _, err := load(); err == nil || !strings.Contains(err.Error(), "p.lua:1: syntax error") {
			t.Errorf("got %v", err)
		}
	}
	write("print 'a'\nerror 'here'")
	for range 2 {
		if _, err := load(); err == nil || !strings.Contains(err.Error(), "p.lua:2: here") {
			t.Errorf("got %v", err)
		}
	}
}

// TestCacheBound: what is kept has a bound.
func TestCacheBound(t *testing.T) {
	var c Cache
	text := "--" + strings.Repeat("x", 200<<10)
	for i := range 100 {
		if _, err := c.compile("f.lua", fmt.Sprint(text, i)); err != nil {
			t.Fatal(err)
		}
	}
	if c.size > maxCached || len(c.files) == 0 {
		t.Errorf("%d bytes of %d files", c.size, len(c.files))
	}
}
