package console

import (
	"context"
	"io"
	"log/slog"
	"strings"
)

// Logger returns a logger for messages about the node itself, on standard error, one line each:
//
//	warning: message key=value
func (c *Console) Logger(level slog.Leveler) *slog.Logger { return LoggerTo(c.Stderr(), level) }

// LoggerTo is Logger for another output.
func LoggerTo(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(&handler{w: w, level: level})
}

type handler struct {
	w      io.Writer
	level  slog.Leveler
	prefix string // group names, each with a dot
	attrs  string // from WithAttrs, rendered
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// Handle implements slog.Handler. The record's time is left out: whoever keeps a log stamps its lines.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(levelWord(r.Level))
	b.WriteString(" ")
	b.WriteString(Clean(r.Message))
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&b, h.prefix, a)
		return true
	})
	b.WriteString("\n")
	_, err := io.WriteString(h.w, b.String())
	return err
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		writeAttr(&b, h.prefix, a)
	}
	with := *h
	with.attrs += b.String()
	return &with
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	with := *h
	if name != "" {
		with.prefix += name + "."
	}
	return &with
}

func levelWord(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error:"
	case l >= slog.LevelWarn:
		return "warning:"
	case l >= slog.LevelInfo:
		return "info:"
	}
	return "debug:"
}

func writeAttr(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range v.Group() {
			writeAttr(b, prefix, inner)
		}
		return
	}
	if a.Equal(slog.Attr{}) {
		return
	}
	text := Clean(v.String())
	if text == "" || strings.ContainsAny(text, " \"=") {
		text = `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
	}
	b.WriteString(" " + prefix + a.Key + "=" + text)
}
