package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/node"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		code   int
		stderr string
	}{
		{"success", nil, 0, ""},
		{"failure", errors.New("it broke"), 1, "error: it broke\n"},
		{"several", errors.Join(errors.New("a"), errors.New("b")), 1, "error: a\nerror: b\n"},
		{"already said", errReported, 1, ""},
		{"usage", usagef("run", "no"), 2, "error: no\nRun \"moonpeer run --help\" to see what is possible.\n"},
		{"usage without command", usagef("", "no"), 2, "error: no\nRun \"moonpeer --help\" to see what is possible.\n"},
		{"interrupted", errors.Join(errors.New("it broke"), node.ErrInterrupted), 130, "error: it broke\nerror: " + node.ErrInterrupted.Error() + "\n"},
		{"a script's choice", fmt.Errorf("ended: %w", &node.ExitError{Code: 7}), 7, ""},
		{"a script's choice and a failure", errors.Join(errors.New("it broke"), &node.ExitError{Code: 7}), 7, "error: it broke\n"},
		{"a script chose success", &node.ExitError{Code: 0}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			inv := &invocation{program: "moonpeer", console: console.New(&stdout, &stderr, os.Getenv)}
			if got := inv.exitCode(tt.err); got != tt.code {
				t.Errorf("got %d, want %d", got, tt.code)
			}
			if got := stderr.String(); got != tt.stderr || stdout.Len() > 0 {
				t.Errorf("got %q, want %q", got, tt.stderr)
			}
		})
	}
}

// TestNoSuccessByWrapping: the system keeps eight bits of an exit code, and 256 must not become success.
func TestNoSuccessByWrapping(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	inv := &invocation{console: console.New(&stderr, &stderr, os.Getenv)}
	for _, code := range []int{256, -1, 512} {
		if got := inv.exitCode(&node.ExitError{Code: code}); got != exitFailed {
			t.Errorf("%d: got %d, want %d", code, got, exitFailed)
		}
	}
}

func TestProgramName(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"/usr/bin/mine.exe", "version", "x"}, nil, &stdout, &stderr); code != exitUsage {
		t.Errorf("got %d, want %d", code, exitUsage)
	}
	if want := `Run "mine version --help"`; !strings.Contains(stderr.String(), want) {
		t.Errorf("got %q, want %q in it", stderr.String(), want)
	}
}

func TestSplitRest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		words     string
		own, rest string
	}{
		{"run a b", "run a b", ""},
		{"run a -- b --pcap x -- c", "run a", "b --pcap x -- c"},
		{"run a --", "run a", ""},
		{"check -- -a.lua", "check -- -a.lua", ""},
	}
	for _, tt := range tests {
		own, rest := splitRest(strings.Fields(tt.words))
		if !slices.Equal(own, strings.Fields(tt.own)) || !slices.Equal(rest, strings.Fields(tt.rest)) {
			t.Errorf("%s: got %q and %q, want %q and %q", tt.words, own, rest, tt.own, tt.rest)
		}
	}
}

func TestVersionInfo(t *testing.T) {
	t.Parallel()
	build := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"},
	}}
	if got := newVersionInfo(build, true); got.Version != "v1.2.3" || got.Revision != "abc+" {
		t.Errorf("got %+v", got)
	}
	if got := newVersionInfo(nil, false); got.Version != "(devel)" || got.Go == "" || got.OS == "" || got.Arch == "" {
		t.Errorf("without build information: got %+v", got)
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want finding
	}{
		{"a/init.lua:12: unexpected symbol\n  near x", finding{File: "a/init.lua", Line: 12, Message: "unexpected symbol\n  near x"}},
		{`C:\p\a.lua:3: bad`, finding{File: `C:\p\a.lua`, Line: 3, Message: "bad"}},
		{`script "x": no such file`, finding{Message: `script "x": no such file`}},
		{"a.lua:99999999999999999999: huge", finding{Message: "a.lua:99999999999999999999: huge"}},
	}
	for _, tt := range tests {
		tt.want.text = tt.text
		if got := newFinding(errors.New(tt.text)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	signals, released := make(chan os.Signal), make(chan struct{})
	var did []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		heed(signals, released, func() { did = append(did, "stop") }, func(code int) { did = append(did, fmt.Sprint("exit ", code)) })
	}()
	signals <- os.Interrupt
	signals <- os.Interrupt
	close(released)
	<-done
	if want := []string{"stop", "exit 130"}; !slices.Equal(did, want) {
		t.Errorf("got %q, want %q", did, want)
	}
}

func TestStoppableReleases(t *testing.T) {
	t.Parallel()
	ctx, release := stoppable(t.Context())
	if ctx.Err() != nil {
		t.Errorf("ended before any signal: %v", ctx.Err())
	}
	release()
	if ctx.Err() == nil {
		t.Error("released, and the context goes on")
	}
}
