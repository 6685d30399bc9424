package testnode

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
)

// output is what a process writes to one of its streams, line by line. All methods may be called by any goroutine.
type output struct {
	mu    sync.Mutex
	lines []string
	ended bool
	next  int           // where the next await begins to look
	news  chan struct{} // closed and replaced when lines or ended change
}

func newOutput() *output { return &output{news: make(chan struct{})} }

// read takes lines until r ends. A last line without a line feed counts.
func (o *output) read(r io.Reader) {
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadString('\n')
		if line != "" {
			o.add(strings.TrimRight(line, "\r\n"))
		}
		if err != nil {
			break
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.tell()
}

func (o *output) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, line)
	o.tell()
}

// tell wakes who waits. The lock is held.
func (o *output) tell() {
	close(o.news)
	o.news = make(chan struct{})
}

var (
	errLate  = errors.New("it did not come in time")
	errEnded = errors.New("the process has ended")
)

// await returns the next line that fits, behind the one that the last await returned.
func (o *output) await(fits func(string) bool, patience time.Duration) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, err := o.wait(o.next, fits, patience)
	if err != nil {
		return "", err
	}
	o.next = i + 1
	return o.lines[i], nil
}

// first returns the first line of all that fits, and is no await.
func (o *output) first(fits func(string) bool, patience time.Duration) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, err := o.wait(0, fits, patience)
	if err != nil {
		return "", err
	}
	return o.lines[i], nil
}

// wait returns the number of the first line from i on that fits. The lock is held but for while it waits.
func (o *output) wait(i int, fits func(string) bool, patience time.Duration) (int, error) {
	err := o.until(patience, func() bool {
		for ; i < len(o.lines); i++ {
			if fits(o.lines[i]) {
				return true
			}
		}
		return false
	})
	return i, err
}

// until returns when done does, which it asks again whenever there is news, or with an error. The lock is held but for
// while it waits.
func (o *output) until(patience time.Duration, done func() bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for !done() {
		if o.ended {
			return errEnded
		}
		news := o.news
		o.mu.Unlock()
		var err error
		select {
		case <-news:
		case <-late.C:
			err = errLate
		}
		o.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

// atLeast waits until there are n lines, or until that can't be any more, and returns all there are.
func (o *output) atLeast(n int, patience time.Duration) []string {
	o.mu.Lock()
	o.until(patience, func() bool { return len(o.lines) >= n })
	o.mu.Unlock()
	return o.all()
}

// all returns a copy of what was written so far.
func (o *output) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.lines...)
}

// shown is how many lines of an output a failure shows from its beginning and from its end.
const shown = 40

// String is the output for people.
func (o *output) String() string {
	lines := o.all()
	if n := len(lines) - 2*shown; n > 0 {
		lines = append(append(lines[:shown:shown], "…"), lines[shown+n:]...)
	}
	return "  " + strings.Join(lines, "\n  ")
}
