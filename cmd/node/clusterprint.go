package main

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The bounds of what is looked at to find out whether scripts have changed. What lies beyond counts as unchanged; of a folder
// the files come first, and then what is below.
const (
	maxPrintedEntries = 20_000
	maxPrintedBytes   = 64 << 20
	maxPrintedFile    = 256<<10 + 1 // a larger one is not loaded
)

// fingerprint is a sum of files.
type fingerprint struct {
	sum     hash.Hash
	folders []string // that are in it
	entries int      // that may follow
	bytes   int64    // that may follow
}

// fingerprint stands for the layout, the settings, and all that the scripts' files, and what they may require, contain.
func (p *clusterPlan) fingerprint() [sha256.Size]byte {
	f := &fingerprint{sum: sha256.New(), entries: maxPrintedEntries, bytes: maxPrintedBytes}
	f.sum.Write(p.text)
	f.file(string(p.c.Config))
	for _, script := range p.scripts {
		info, err := os.Stat(script)
		switch {
		case err != nil: // a bundled policy has no files
		case info.IsDir():
			f.folder(script)
		default:
			f.file(script)
			f.folder(filepath.Dir(script))
		}
	}
	if p.c.Config != "" {
		if config, err := loadConfig(string(p.c.Config)); err == nil {
			for _, dir := range config.Node.Path {
				f.folder(dir)
			}
		}
	}
	return [sha256.Size]byte(f.sum.Sum(nil))
}

// folder adds the Lua files of a folder and of those below it. Hidden folders have none of a policy's.
func (f *fingerprint) folder(dir string) {
	for dirs := []string{filepath.Clean(dir)}; len(dirs) > 0; dirs = dirs[1:] {
		dir := dirs[0]
		entries, err := os.ReadDir(dir)
		if err != nil || slices.Contains(f.folders, dir) {
			continue
		}
		f.folders = append(f.folders, dir)
		for _, e := range entries {
			if f.entries--; f.entries < 0 {
				return
			}
			path := filepath.Join(dir, e.Name())
			switch {
			case e.IsDir() && !strings.HasPrefix(e.Name(), "."):
				dirs = append(dirs, path)
			case strings.HasSuffix(e.Name(), ".lua"):
				f.file(path)
			}
		}
	}
}

// file adds a file; one that is none, or can't be read, is like one that is not there.
func (f *fingerprint) file(path string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() { // to open a pipe may wait for ever
		return
	}
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, min(maxPrintedFile, f.bytes)))
	if err != nil {
		return
	}
	f.bytes -= int64(len(text))
	fmt.Fprintf(f.sum, "%q %d\n", path, len(text))
	f.sum.Write(text)
}
