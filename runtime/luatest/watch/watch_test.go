package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// atOnce is a clock for tests that have done everything before they ask: the first event is enough.
func atOnce(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

// tree makes a folder with a.lua, sub/b.lua and .git/index, and returns it.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a.lua", "sub/b.lua", ".git/index"} {
		write(t, filepath.Join(dir, name), "return 1")
	}
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(t, os.WriteFile(name, []byte(text), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, after func(time.Duration) <-chan time.Time, folders ...string) *Watcher {
	t.Helper()
	w, err := open(folders, after)
	must(t, err)
	t.Cleanup(func() {
		for range 2 {
			if err := w.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
	})
	return w
}

func TestNext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(t *testing.T, dir string)
		want []string
	}{
		{"written", func(t *testing.T, dir string) { write(t, dir+"/a.lua", "return 2, 3") }, []string{"a.lua"}},
		{"written in a folder", func(t *testing.T, dir string) { write(t, dir+"/sub/b.lua", "") }, []string{"sub/b.lua"}},
		{"new", func(t *testing.T, dir string) { write(t, dir+"/c.lua", "") }, []string{"c.lua"}},
		{"removed", func(t *testing.T, dir string) { must(t, os.Remove(dir+"/a.lua")) }, []string{"a.lua"}},
		{"renamed", func(t *testing.T, dir string) { must(t, os.Rename(dir+"/a.lua", dir+"/z.lua")) }, []string{"a.lua", "z.lua"}},
		{"touched", func(t *testing.T, dir string) {
			must(t, os.Chtimes(dir+"/a.lua", time.Time{}, time.Unix(1, 0)))
		}, []string{"a.lua"}},
		{"two", func(t *testing.T, dir string) {
			write(t, dir+"/sub/b.lua", "x")
			write(t, dir+"/a.lua", "y")
		}, []string{"a.lua", "sub/b.lua"}},
		{"replaced by renaming", func(t *testing.T, dir string) {
			write(t, dir+"/a.lua.tmp", "return 2")
			must(t, os.Rename(dir+"/a.lua.tmp", dir+"/a.lua"))
		}, []string{"a.lua"}},
		{"replaced, with a backup", func(t *testing.T, dir string) {
			write(t, dir+"/4913", "")
			must(t, os.Remove(dir+"/4913"))
			must(t, os.Rename(dir+"/a.lua", dir+"/a.lua~"))
			write(t, dir+"/a.lua", "return 22")
		}, []string{"a.lua"}},
		{"new folder", func(t *testing.T, dir string) { write(t, dir+"/new/deep/c.lua", "") }, []string{"new/deep/c.lua"}},
		{"folder renamed", func(t *testing.T, dir string) { must(t, os.Rename(dir+"/sub", dir+"/moved")) }, []string{"moved/b.lua", "sub/b.lua"}},
		{"folder removed", func(t *testing.T, dir string) { must(t, os.RemoveAll(dir+"/sub")) }, []string{"sub/b.lua"}},
		{"nothing that counts, then something", func(t *testing.T, dir string) {
			must(t, os.Chmod(dir+"/sub/b.lua", 0o600))
			write(t, dir+"/.git/index", "x")
			write(t, dir+"/#a.lua#", "x")
			write(t, dir+"/.hidden/c.lua", "x")
			must(t, os.Mkdir(dir+"/empty", 0o755))
			write(t, dir+"/a.lua", "return 2")
		}, []string{"a.lua"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t)
			w := opened(t, atOnce, dir)
			tt.do(t, dir)
			got, err := w.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if got[i], err = filepath.Rel(dir, got[i]); err != nil {
					t.Fatal(err)
				}
				got[i] = filepath.ToSlash(got[i])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNextAgain: the same watcher goes on, also in folders and files that came after it.
func TestNextAgain(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	w := opened(t, atOnce, dir)
	file := filepath.Join(dir, "new", "c.lua")
	steps := []func(){
		func() { write(t, file, "1") },
		func() { write(t, file, "22") },
		func() {
			write(t, file+".tmp", "333")
			must(t, os.Rename(file+".tmp", file))
		},
		func() { write(t, file, "4444") },
		func() { must(t, os.RemoveAll(filepath.Dir(file))) },
		func() { write(t, file, "55555") },
		func() { write(t, file, "666666") },
	}
	for i, step := range steps {
		step()
		for {
			changed, err := w.Next(t.Context())
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			if slices.Contains(changed, file) && current(w, file) { // an earlier step may be told of again before
				break
			}
		}
	}
}

// current tells whether what the watcher knows of a file is how it is.
func current(w *Watcher, file string) bool {
	info, err := os.Stat(file)
	s, known := w.known[file]
	if err != nil {
		return !known
	}
	return known && s.size == info.Size() && s.mod.Equal(info.ModTime())
}

// TestNamesBeginAsGiven: names are those that a user would type.
func TestNamesBeginAsGiven(t *testing.T) {
	dir := tree(t)
	t.Chdir(dir)
	for folder, want := range map[string]string{".": "a.lua", "sub": filepath.Join("sub", "b.lua"), "./sub/": filepath.Join("sub", "b.lua")} {
		w := opened(t, atOnce, folder)
		write(t, want, "return 2")
		if got, err := w.Next(t.Context()); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q and %v, want %q", folder, got, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	for name, want := range map[string]error{"none": fs.ErrNotExist, "a.lua": nil} {
		if w, err := Open([]string{dir, filepath.Join(dir, name)}); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %v and %v, want %v", name, w, err, want)
		}
	}

	w := opened(t, atOnce, filepath.Join(dir, "sub"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "sub")))
	if _, err := w.Next(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder gone: got %v, want %v", err, fs.ErrNotExist)
	}

	w = opened(t, atOnce, dir)
	must(t, w.Close())
	if _, err := w.Next(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed: got %v, want %v", err, os.ErrClosed)
	}
}

// TestSettle plays events on a virtual clock.
func TestSettle(t *testing.T) {
	t.Parallel()
	at := func(ms ...int) (all []time.Duration) {
		for _, m := range ms {
			all = append(all, time.Duration(m)*time.Millisecond)
		}
		return all
	}
	every50 := make([]int, 100)
	for i := range every50 {
		every50[i] = 50 * i
	}
	tests := []struct {
		name  string
		file  string
		times []time.Duration
		want  time.Duration // when it settles; 0: never
	}{
		{"one", "a.lua", at(0), quietFor},
		{"late", "a.lua", at(5000), 5*time.Second + quietFor},
		{"a burst", "a.lua", at(0, 60, 120, 130), 130*time.Millisecond + quietFor},
		{"two bursts", "a.lua", at(0, 500), quietFor},
		{"without end", "a.lua", at(every50...), atMost},
		{"nothing that counts", ".a.lua.swp", at(every50...), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				events := make(chan fsnotify.Event)
				w := &Watcher{events: events, errors: make(chan error), after: time.After}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				begin := time.Now()
				go func() {
					for _, at := range tt.times {
						select {
						case <-time.After(time.Until(begin.Add(at))):
						case <-ctx.Done():
							return
						}
						select {
						case events <- fsnotify.Event{Name: "x/" + tt.file, Op: fsnotify.Write}:
						case <-ctx.Done():
							return
						}
					}
				}()
				written, err := w.settle(ctx)
				took := time.Since(begin)
				cancel()
				if tt.want == 0 {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v and %v, want it to wait for ever", written, err)
					}
					return
				}
				if err != nil || took != tt.want || !written[filepath.Join("x", tt.file)] {
					t.Errorf("got %v and %v after %v, want %v", written, err, took, tt.want)
				}
			})
		})
	}
}

// TestOverflow: when the system has lost events, the folders are looked at; another error ends it.
func TestOverflow(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for err, want := range map[error]error{fsnotify.ErrEventOverflow: nil, broken: broken} {
		errs := make(chan error, 1)
		errs <- err
		w := &Watcher{events: make(chan fsnotify.Event), errors: errs, after: atOnce}
		if _, got := w.settle(t.Context()); !errors.Is(got, want) {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}

// TestWrittenAlike: a file that was written to and looks as before has changed.
func TestWrittenAlike(t *testing.T) {
	t.Parallel()
	same := map[string]stamp{"a": {1, time.Unix(1, 0)}, "b": {1, time.Unix(1, 0)}}
	if got := differences(same, same, map[string]bool{"a": true, "gone": true}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %q, want a", got)
	}
}
