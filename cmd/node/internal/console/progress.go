package console

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	progressDelay = 500 * time.Millisecond // short work shows no line at all
	progressEvery = 100 * time.Millisecond
)

// Progress is the line that tells how far a long read has come. The nil Progress does nothing.
type Progress struct {
	c     *Console
	what  string
	now   func() time.Time
	start time.Time
	next  time.Time // nothing is drawn before
}

// Progress returns a progress line about what, or nil when standard error is no terminal. now is time.Now, or a
// test's clock.
func (c *Console) Progress(what string, now func() time.Time) *Progress {
	if !c.err.tty {
		return nil
	}
	start := now()
	return &Progress{c: c, what: Clean(what), now: now, start: start, next: start.Add(progressDelay)}
}

// Update shows that done bytes of total were read; total 0 means that it is not known. It is cheap to call often.
func (p *Progress) Update(done, total int64) {
	if now, ok := p.due(); ok {
		p.c.draw(p.text(done, total, now.Sub(p.start)))
	}
}

// due reports whether it is time to draw, and takes the time if it is.
func (p *Progress) due() (now time.Time, ok bool) {
	if p == nil {
		return now, false
	}
	now = p.now()
	if now.Before(p.next) {
		return now, false
	}
	p.next = now.Add(progressEvery)
	return now, true
}

// Share shows that a share of the work, 0 to 1, is done.
func (p *Progress) Share(share float64) {
	if _, ok := p.due(); ok {
		p.c.draw(fmt.Sprintf("%s: %.0f %%", p.what, 100*share))
	}
}

// Done erases the line.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	p.c.erase()
}

func (p *Progress) text(done, total int64, took time.Duration) string {
	rate := float64(done) / took.Seconds()
	if total <= 0 || done > total {
		return fmt.Sprintf("%s: %s, %s/s", p.what, size(float64(done)), size(rate))
	}
	left := "?"
	if rate > 0 {
		left = time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second).String()
	}
	percent := 100 * float64(done) / float64(total)
	return fmt.Sprintf("%s: %.0f %% of %s, %s/s, %s left", p.what, percent, size(float64(total)), size(rate), left)
}

// draw replaces the progress line. It waits while something else has not ended its line.
func (c *Console) draw(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.midLine {
		return
	}
	if width := c.err.width(); width > 0 && utf8.RuneCountInString(text) >= width {
		text = string([]rune(text)[:width-1])
	}
	c.erase()
	c.line = utf8.RuneCountInString(text)
	fmt.Fprint(c.err.w, text)
}

// erase removes the progress line with nothing but blanks, which every terminal understands. c.mu is held.
func (c *Console) erase() {
	if c.line > 0 {
		fmt.Fprint(c.err.w, "\r"+strings.Repeat(" ", c.line)+"\r")
		c.line = 0
	}
}

// size prints a number of bytes with three digits at most.
func size(bytes float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if bytes < 999.5 {
			if bytes < 9.95 && unit != "B" {
				return fmt.Sprintf("%.1f %s", bytes, unit)
			}
			return fmt.Sprintf("%.0f %s", bytes, unit)
		}
		bytes /= 1000
	}
	return fmt.Sprintf("%.1f TB", bytes)
}
