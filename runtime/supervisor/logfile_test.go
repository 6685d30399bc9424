package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// reports notes what a file has to say.
type reports []string

func (r *reports) add(err error, lost uint64) {
	if err != nil {
		*r = append(*r, "lost")
		return
	}
	*r = append(*r, fmt.Sprint("mended ", lost))
}

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.log")
	var said reports
	l := openLogFile(path, 100, time.Hour, said.add)
	for i := range 25 {
		fmt.Fprintf(writer{l}, "line %04d\n", i) // 10 bytes
	}
	l.close()
	l = openLogFile(path, 100, time.Hour, said.add)
	for i := range 6 {
		fmt.Fprintf(writer{l}, "next %04d\n", i)
	}
	l.close()
	old, now := read(t, path+".1"), read(t, path)
	if len(old) != 100 || !strings.HasPrefix(old, "line 0020\n") || now != "next 0005\n" || len(said) > 0 {
		t.Errorf("%q, then %q; %q", old, now, said)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode())
	}
}

type writer struct{ l *logFile }

func (w writer) Write(p []byte) (int, error) {
	w.l.write(p)
	return len(p), nil
}

// TestRotationRefused has a folder where the old file should go. Nothing is lost, and the file is not tried again with
// every line.
func TestRotationRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.log")
	if err := os.MkdirAll(filepath.Join(path+".1", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	var said reports
	l := openLogFile(path, 100, time.Hour, said.add)
	for i := range 25 {
		fmt.Fprintf(writer{l}, "line %04d\n", i)
	}
	size := l.size
	l.close()
	if n := strings.Count(read(t, path), "\n"); n != 25 || size > 100 || !slices.Equal(said, reports{"lost"}) {
		t.Errorf("%d lines, %q", n, said)
	}
}

// TestMended has the file's folder come and go.
func TestMended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "out.log")
	var said reports
	l := openLogFile(path, 100, 0, said.add)
	l.write([]byte("one\n"))
	l.write([]byte("two\n"))
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	l.write([]byte("three\n"))
	l.write([]byte("four\n"))
	l.close()
	if got := read(t, path); got != "three\nfour\n" {
		t.Errorf("the file has %q", got)
	}
	if want := (reports{"lost", "mended 8"}); !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

// TestRetry does not try to open with every line what can't be opened.
func TestRetry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "out.log")
	var said reports
	l := openLogFile(path, 100, time.Hour, said.add)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	l.write([]byte("one\n"))
	if _, err := os.Stat(path); err == nil || l.lost != 4 || !slices.Equal(said, reports{"lost"}) {
		t.Errorf("%v, %d bytes lost, %q", err, l.lost, said)
	}
}
