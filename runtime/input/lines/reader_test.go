package lines

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonpeer/runtime/input"
	"moonpeer/runtime/input/ahead"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// drain reads lines until there are no more, as "number:text" joined by |; too long ones as "number!".
func drain(t *testing.T, r *Reader, wake <-chan struct{}) (string, error) {
	t.Helper()
	var got []string
	for {
		text, n, err := r.Next()
		switch {
		case err == nil:
			got = append(got, fmt.Sprintf("%d:%s", n, text))
		case err == ErrTooLong:
			got = append(got, fmt.Sprintf("%d!", n))
		case err == ahead.ErrWait && wake != nil:
			<-wake
		default:
			return strings.Join(got, "|"), err
		}
	}
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLines(t *testing.T) {
	t.Parallel()
	x := strings.Repeat("x", 200000)
	tests := []struct {
		name, text string
		max        int
		want       string
	}{
		{"nothing", "", 10, ""},
		{"one", "a\n", 10, "1:a"},
		{"no end of line at the end", "a\nb", 10, "1:a|2:b"},
		{"empty lines", "\n\na\n\n", 10, "1:|2:|3:a|4:"},
		{"CRLF", "a\r\nb\rc\r\n", 10, "1:a|2:b\rc"},
		{"at the limit", "0123456789\nb\n", 10, "1:0123456789|2:b"},
		{"one beyond", "0123456789X\nb\n", 10, "1!|2:b"},
		{"one beyond, at the end", "a\n0123456789X", 10, "1:a|2!"},
		{"over many buffers", x + "\nb\n", 300000, "1:" + x + "|2:b"},
		{"too long over many buffers", x + "\nb\n" + x, 100000, "1!|2:b|3!"},
		{"default limit", strings.Repeat("x", 1<<20) + "\n" + strings.Repeat("x", 1<<20+1) + "\nb", 0,
			"1:" + strings.Repeat("x", 1<<20) + "|2!|3:b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wake := make(chan struct{}, 1000)
			o := Options{MaxLine: tt.max, Wake: func() { wake <- struct{}{} }}
			open := map[string]func() (*Reader, error){
				"file":       func() (*Reader, error) { return Open(write(t, "f", []byte(tt.text)), o) },
				"compressed": func() (*Reader, error) { return Open(write(t, "f", zipped(t, tt.text)), o) },
				"reader":     func() (*Reader, error) { return New("stdin", strings.NewReader(tt.text), o), nil },
				"gzip on a reader": func() (*Reader, error) {
					return New("stdin", bytes.NewReader(zipped(t, tt.text)), o), nil
				},
			}
			for name, f := range open {
				r, err := f()
				if err != nil {
					t.Fatal(err)
				}
				got, err := drain(t, r, wake)
				if got != tt.want || err != io.EOF {
					t.Errorf("%s: got %.80q, %v, want %.80q, EOF", name, got, err, tt.want)
				}
				if _, _, err := r.Next(); err != io.EOF {
					t.Errorf("%s: after the end: got %v, want EOF", name, err)
				}
				if err := errors.Join(r.Close(), ignoreClosed(r.Close())); err != nil {
					t.Errorf("%s: close: %v", name, err)
				}
			}
		})
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	r, err := Open(write(t, "f", zipped(t, strings.Repeat("x", 16<<20))), Options{MaxLine: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := drain(t, r, nil); got != "1!" || err != io.EOF {
		t.Errorf("got %q, %v", got, err)
	}
	if cap(r.buf) > 1<<20 {
		t.Errorf("buffer of %d bytes for lines of 1000", cap(r.buf))
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	whole := zipped(t, strings.Repeat("hello, this is a line\n", 5000))
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 0xff
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"cut", whole[:len(whole)/2], "compressed data ends in the middle"},
		{"checksum", damaged, "compressed data is damaged"},
		{"header", []byte{0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, "broken gzip header"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "f.gz", tt.content)
			r, err := Open(path, Options{})
			if err == nil {
				defer r.Close()
				_, err = drain(t, r, nil)
			}
			var at *input.Error
			if !errors.As(err, &at) || at.File != path || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s: … %s", err, path, tt.want)
			}
		})
	}
	if _, err := Open(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: got %v", err)
	}
	if _, err := Open("no/such/file", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}

func TestPipeWaits(t *testing.T) {
	t.Parallel()
	pr, pw := io.Pipe()
	wake := make(chan struct{}, 100)
	r := New("stdin", pr, Options{Wake: func() { wake <- struct{}{} }})
	defer r.Close()
	if _, _, err := r.Next(); err != ahead.ErrWait {
		t.Fatalf("got %v, want to wait", err)
	}
	fmt.Fprint(pw, "one\ntw")
	<-wake
	if text, _, err := r.Next(); string(text) != "one" || err != nil {
		t.Fatalf("got %q, %v, want one", text, err)
	}
	if _, _, err := r.Next(); err != ahead.ErrWait {
		t.Fatalf("half a line: got %v, want to wait", err)
	}
	fmt.Fprint(pw, "o\n")
	<-wake
	if text, n, err := r.Next(); string(text) != "two" || n != 2 || err != nil {
		t.Fatalf("got %d:%q, %v, want 2:two", n, text, err)
	}
	if done, total := r.Progress(); done != 8 || total != -1 {
		t.Errorf("progress: got %d of %d, want 8 of -1", done, total)
	}
}

func TestCloseWhileWaiting(t *testing.T) {
	t.Parallel()
	pr, pw := io.Pipe()
	defer pw.Close()
	r := New("stdin", pr, Options{})
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
