package peering

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// Lines about connections come in bursts of at most logBurst, and one more every logEvery: who connects a thousand times
// a second must not fill the log.
const (
	logBurst = 50
	logEvery = 100 * time.Millisecond
)

// log writes a line about a connection, or counts it.
func (t *Table) log(level slog.Level, text string, args ...any) {
	if !t.opts.Env.Log.Enabled(context.Background(), level) {
		return
	}
	now := t.now()
	if n := int(now.Sub(t.lineAt) / logEvery); n > 0 {
		t.lines = max(0, t.lines-n)
		t.lineAt = t.lineAt.Add(time.Duration(n) * logEvery)
	}
	if t.lines >= logBurst {
		t.leftOut++
		return
	}
	t.lines++
	if t.leftOut > 0 {
		args = append(args, "lines left out before this one", t.leftOut)
		t.leftOut = 0
	}
	t.opts.Env.Log.Log(context.Background(), level, text, args...)
}

// maxText is how much of a text from the other end is kept.
const maxText = 200

// clip cuts a text from the other end.
func clip(text string) string {
	if len(text) > maxText {
		return strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}
