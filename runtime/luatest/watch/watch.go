// Package watch waits until files below some folders change: `--watch` runs tests again then.
//
//	w, err := watch.Open(folders) // before the first run: what changes during a run counts
//	defer w.Close()
//	for {
//		run()
//		changed, err := w.Next(ctx)
//	}
//
// The system says that something has happened (fsnotify); what has changed is found by comparing the folders with what
// they held before. So it does not matter in how many steps an editor replaces a file, and nothing is lost when there were
// too many events. Folders made later are watched too. A file that was touched has changed, one whose permissions have
// changed has not. A change may be told twice, never not at all.
//
// Left out are names that begin with "." or "#" or end in "~", which editors and version control make, and what lies below
// folders called so. Symbolic links are not followed, other than the folders given.
//
// A Watcher is used by one goroutine; Close may be called from any. It has one goroutine, fsnotify's, which Close ends.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	quietFor = 100 * time.Millisecond // with nothing happening, a save is over; people do not notice that long
	atMost   = 2 * time.Second        // after which somebody who writes all the time is no longer waited for
)

// Watcher waits for changes of files.
type Watcher struct {
	folders []string
	fs      *fsnotify.Watcher
	events  <-chan fsnotify.Event
	errors  <-chan error
	after   func(time.Duration) <-chan time.Time
	known   map[string]stamp // files by name, as they were told of last
}

// stamp tells one content of a file from another.
type stamp struct {
	size int64
	mod  time.Time
}

// Open begins to watch folders and all those in them.
func Open(folders []string) (*Watcher, error) { return open(folders, time.After) }

func open(folders []string, after func(time.Duration) <-chan time.Time) (*Watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	w := &Watcher{folders: slices.Clone(folders), fs: notify, events: notify.Events, errors: notify.Errors, after: after}
	if w.known, err = w.scan(); err != nil {
		return nil, errors.Join(err, notify.Close())
	}
	return w, nil
}

// Close ends watching, and with it a Next that waits. It may be called again.
func (w *Watcher) Close() error { return w.fs.Close() }

// Next waits until files have changed, come or gone since Open or the last Next, and nothing more happens for a moment. It
// returns their names in order, each beginning with the folder as it was given. Errors: that of ctx, os.ErrClosed, a
// folder that is gone or cannot be read, a limit of the system.
func (w *Watcher) Next(ctx context.Context) (changed []string, err error) {
	for {
		written, err := w.settle(ctx)
		if err != nil {
			return nil, err
		}
		now, err := w.scan()
		if err != nil {
			return nil, err
		}
		changed := differences(w.known, now, written)
		w.known = now
		if len(changed) > 0 {
			return changed, nil
		}
	}
}

// settle waits for something to happen and for the quiet after it. It returns the names that were written to: their
// files have changed even if they look as before, for a clock of files may be coarse.
func (w *Watcher) settle(ctx context.Context) (written map[string]bool, err error) {
	written = map[string]bool{}
	var quiet, late <-chan time.Time // nil while nothing has happened
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case e, ok := <-w.events:
			if !ok {
				return nil, os.ErrClosed
			}
			if ignored(filepath.Base(e.Name)) {
				continue
			}
			if e.Has(fsnotify.Write) || e.Has(fsnotify.Create) {
				written[filepath.Clean(e.Name)] = true
			}
		case err, ok := <-w.errors:
			if !ok {
				return nil, os.ErrClosed
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) { // which scan makes up for
				return nil, fmt.Errorf("watch: %w", err)
			}
		case <-quiet:
			return written, nil
		case <-late:
			return written, nil
		}
		quiet = w.after(quietFor)
		if late == nil {
			late = w.after(atMost)
		}
	}
}

// differences returns the names that came, went, look different or were written to.
func differences(before, now map[string]stamp, written map[string]bool) []string {
	changed := map[string]bool{}
	for name, s := range now {
		if old, ok := before[name]; !ok || old.size != s.size || !old.mod.Equal(s.mod) || written[name] {
			changed[name] = true
		}
	}
	for name := range before {
		if _, ok := now[name]; !ok {
			changed[name] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// scan returns the files that there are, and watches each folder that it finds.
func (w *Watcher) scan() (map[string]stamp, error) {
	files := map[string]stamp{}
	for _, f := range w.folders {
		info, err := os.Stat(f)
		if err == nil && !info.IsDir() {
			err = &fs.PathError{Op: "open", Path: f, Err: syscall.ENOTDIR}
		}
		if err == nil {
			err = w.scanFolder(filepath.Clean(f), files)
		}
		if err != nil {
			return nil, fmt.Errorf("watch: %w", err)
		}
	}
	return files, nil
}

// scanFolder adds a folder's files. It watches first and reads then: what comes in between is seen twice rather than not
// at all.
func (w *Watcher) scanFolder(folder string, files map[string]stamp) error {
	if err := w.add(folder); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(folder, e.Name())
		switch {
		case ignored(e.Name()):
		case e.IsDir():
			err = w.scanFolder(name, files)
		case e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0:
			var info fs.FileInfo
			if info, err = e.Info(); err == nil {
				files[name] = stamp{info.Size(), info.ModTime()}
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // gone since it was listed: there is an event of that
			return err
		}
	}
	return nil
}

// add watches a folder; once more does no harm, and a folder that was replaced by another needs it.
func (w *Watcher) add(folder string) error {
	err := w.fs.Add(folder)
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%s: more folders than the system lets this user watch: raise fs.inotify.max_user_watches, or name fewer", folder)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", folder, err)
	}
	return err
}

// ignored tells whether a name is one that editors and version control make for themselves.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." && name != ".." || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~")
}
