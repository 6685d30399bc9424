package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"moonpeer/cmd/node/internal/console"
)

// The bounds of what is remembered of earlier sessions.
const (
	maxHistory      = 1_000   // lines
	maxHistoryBytes = 1 << 20 // of the file that are read; a longer one is made anew
	maxHistoryLine  = 4 << 10 // bytes of a line that is kept
)

// history is the lines that were typed, in this session and before. The zero value keeps this session's only.
type history struct {
	lines []string // of before

	mu   sync.Mutex
	file *os.File // nil: none
	last string
	fail func(error) // told once that a line could not be kept
}

// historyFile is where lines are kept: $XDG_STATE_HOME, else where the system has the user's settings. "" if neither is
// known.
func historyFile(getenv func(string) string) string {
	dir := getenv("XDG_STATE_HOME")
	if dir == "" {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return ""
		}
	}
	return filepath.Join(dir, "moonpeer", "repl_history")
}

// openHistory reads the lines that were kept, and keeps those to come. What is wrong with the file is one warning: a prompt
// works without.
func openHistory(file string, c *console.Console) *history {
	h := &history{fail: func(err error) {
		c.Logger(slog.LevelWarn).Warn(fmt.Sprintf("what is typed is not remembered: %v", err))
	}}
	if file == "" {
		h.fail(errors.New("there is no folder for it"))
		return h
	}
	if err := h.open(file); err != nil {
		h.fail(err)
	}
	return h
}

func (h *history) open(file string) error {
	text, long, err := readTail(file, maxHistoryBytes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); fitsHistory(line) {
			h.lines = append(h.lines, line)
		}
	}
	if n := len(h.lines); n > maxHistory {
		h.lines = h.lines[n-maxHistory:]
		long = long || n > 2*maxHistory
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if long {
		if err := h.shorten(file); err != nil {
			return err
		}
	}
	if h.file, err = os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	return h.file.Chmod(0o600)
}

// readTail reads the end of a file; long tells that there is more in front of it, and what is cut there is left out.
func readTail(file string, most int64) (text []byte, long bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return nil, false, fmt.Errorf("%s is no file", file)
	}
	if long = info.Size() > most; long {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return nil, false, err
		}
	}
	text, err = io.ReadAll(io.LimitReader(f, most))
	if long {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return text, long, err
}

// shorten makes the file anew, of the lines that are remembered.
func (h *history) shorten(file string) error {
	f, err := os.CreateTemp(filepath.Dir(file), "repl_history") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails when it has its name
	_, err = f.WriteString(strings.Join(h.lines, "\n") + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// fitsHistory tells whether a line is worth keeping, and can be shown again without steering the terminal.
func fitsHistory(line string) bool {
	return strings.TrimSpace(line) != "" && len(line) <= maxHistoryLine && utf8.ValidString(line) && !strings.ContainsFunc(line, unicode.IsControl)
}

// add keeps a line; false: it is not worth it, such as one that was typed again.
func (h *history) add(line string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !fitsHistory(line) || line == h.last {
		return false
	}
	h.last = line
	if h.file != nil {
		if _, err := h.file.WriteString(line + "\n"); err != nil {
			h.fail(err)
			h.file.Close()
			h.file = nil
		}
	}
	return true
}

func (h *history) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file != nil {
		h.file.Close()
		h.file = nil
	}
}
