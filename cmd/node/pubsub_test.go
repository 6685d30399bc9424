package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/step"
	"moonpeer/net/tlsconf/tlstest"
)

// middle is a node that prints what it is told, answers, and passes on what is under /through.
const middle = `
broker.options.forward_messages = true
broker.forward("/through")
broker.subscribe("/cmd")
local T = namespace "T"
local colours = T:set("colours", "string")
colours:add("red", "green")
T:event("said", "a: addr, n: int, text: string"):on(function(a, n, text) print("said", a, n, text) end)
T:event("answer", "a: addr, i: interval, s: string, c: set[string]")
T:event("ask", ""):on(function()
  broker.publish("/out/a", "T::answer", addr "10.0.0.1", interval "1 min", "\255\27", colours)
  broker.publish_id("/out/b", "T::colours")
end)
local got = 0
T:event("many", ""):on(function() got = got + 1 print("many", got) end)
`

const loopback = "127.0.0.1:0"

func skipWithoutSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: interrupts, which a process there is not sent")
	}
}

// published runs pub to its end. That it said after a second what it waits for is left out: that is for slow machines.
func published(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	code, stdout, stderr = finish(t, append([]string{"pub", "--timeout", (processWait / 2).String()}, args...)...)
	return code, stdout, regexp.MustCompile(`(?m)^info: waiting for .*\n`).ReplaceAllString(stderr, "")
}

func TestKeepNumbers(t *testing.T) {
	t.Parallel()
	words := []string{"pub", "--rate", "5", "t", "e", "-5", "-0.25", "-1e9", "-05", "-x", "--y", "-", "1-2"}
	want := []string{"pub", "--rate", "5", "t", "e", " -5", " -0.25", " -1e9", "-05", "-x", "--y", "-", "1-2"}
	if got := keepNumbers(words); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if other := []string{"run", "-5"}; !slices.Equal(keepNumbers(other), other) {
		t.Errorf("got %q, want another command's words as they are", keepNumbers(other))
	}
}

func TestPublisherPace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rate float64
		done uint64
		want step.Time
	}{
		{0, 5, 7}, {4, 0, 7}, {4, 8, 7 + 2e9}, {3, 1, 7 + 333_333_333}, {1e-300, 1, 7 + math.MaxInt64/2},
	}
	for _, tt := range tests {
		p := publisher{flags: &pubCommand{Rate: tt.rate}, began: 7, done: tt.done}
		if got := p.due(); max(got, tt.want)-min(got, tt.want) > 1024 { // ns, where a double has no more digits
			t.Errorf("event %d at %v a second: got %d, want %d", tt.done, tt.rate, got, tt.want)
		}
	}
}

func TestPub(t *testing.T) {
	t.Parallel()
	node, address := listen(t, middle, "--listen", loopback)
	code, stdout, stderr := published(t, "--peer", address, "/cmd", "T::said", "addr:10.0.0.1", "-5", "a, b")
	if code != exitOK || stdout+stderr != "" {
		t.Errorf("exit code %d, got %q and %q, want silence", code, stdout, stderr)
	}
	node.await(node.stdout, "^said\t10.0.0.1\t-5\ta, b$")

	code, _, stderr = published(t, "--peer", address, "--peer", "quic://"+address, "--count", "5000", "/cmd", "T::many")
	if code != exitOK || stderr != "" {
		t.Errorf("exit code %d, got %q", code, stderr)
	}
	node.await(node.stdout, "^many\t5000$")

	code, _, stderr = published(t, "--peer", address, "/elsewhere", "T::many")
	if code != exitOK || stderr != "warning: no peer subscribes to \"/elsewhere\", nobody gets the event\n" {
		t.Errorf("exit code %d, got %q", code, stderr)
	}
}

// TestPubByTwoNames: the second address leads to a peer that is linked already, which no event tells.
func TestPubByTwoNames(t *testing.T) {
	t.Parallel()
	node, address := listen(t, middle, "--listen", loopback)
	_, port, _ := strings.Cut(address, ":")
	code, _, stderr := published(t, "--peer", address, "--peer", "localhost:"+port, "/cmd", "T::many")
	if code != exitOK {
		t.Errorf("exit code %d, got %q", code, stderr)
	}
	node.await(node.stdout, "^many\t1$")
}

// TestPubToSub: from the one to the other through a node that forwards.
func TestPubToSub(t *testing.T) {
	t.Parallel()
	node, address := listen(t, middle, "--listen", loopback, "--name", "middle")
	sub := start(t, "sub", "--peer", address, "--count", "2", "/through", "/other")
	node.await(node.stderr, "peer added .*node=sub")
	code, _, stderr := published(t, "--peer", address, "--count", "3", "--rate", "100", "/through/x", "T::direct", "[1, 2.5]", "null", "port:80/tcp")
	if code != exitOK || stderr != "" {
		t.Errorf("exit code %d, got %q", code, stderr)
	}
	if code := sub.end(); code != exitOK {
		t.Errorf("sub: exit code %d, want 0 after two messages; it wrote\n%s", code, sub.rest(sub.stderr))
	}
	lines := strings.Split(strings.TrimSuffix(sub.rest(sub.stdout), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q, want two lines", lines)
	}
	var got struct {
		Topic, Event, From, Node string
		Args                     []any
		Time                     float64
	}
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatalf("%v in %s", err, lines[0])
	}
	if got.Topic != "/through/x" || got.Event != "T::direct" || got.Node != "middle" || len(got.From) != 36 || got.Time < 1.6e9 {
		t.Errorf("got %s", lines[0])
	}
	if want := []any{[]any{1.0, 2.5}, nil, "80/tcp"}; !reflect.DeepEqual(got.Args, want) {
		t.Errorf("got arguments %v, want %v", got.Args, want)
	}
}

func TestSubShows(t *testing.T) {
	t.Parallel()
	node, address := listen(t, middle, "--listen", loopback, "--name", "middle")
	plain := start(t, "sub", "--peer", address, "--count", "3", "") // the question, too
	node.await(node.stderr, "peer added .*node=sub")
	text := start(t, "sub", "--peer", address, "--count", "2", "--format", "text", "/out")
	node.await(node.stderr, "peer added .*node=sub")
	if code, _, stderr := published(t, "--peer", address, "/cmd", "T::ask"); code != exitOK || stderr != "" {
		t.Fatalf("exit code %d, got %q", code, stderr)
	}
	if code := text.end(); code != exitOK {
		t.Errorf("text: exit code %d", code)
	}
	want := `/out/a T::answer(10.0.0.1, 1 min, "` + "\uFFFD" + `\u001b", ["green","red"])` + "\n" + `/out/b T::colours = ["green","red"]` + "\n"
	if got := text.rest(text.stdout); got != want {
		t.Errorf("text: got\n%swant\n%s", got, want)
	}
	event := plain.await(plain.stdout, `"T::answer"`)
	if want := `{"topic":"/out/a","event":"T::answer","args":["10.0.0.1",60,"` + "\uFFFD" + `\u001b",["green","red"]],"time":1`; !strings.HasPrefix(event, want) {
		t.Errorf("got\n%s\nwant\n%s…", event, want)
	}
	id := plain.await(plain.stdout, `"identifier"`)
	if want := `{"topic":"/out/b","identifier":"T::colours","value":["green","red"],"from":"`; !strings.HasPrefix(id, want) || !strings.HasSuffix(id, `,"node":"middle"}`) {
		t.Errorf("got\n%s\nwant\n%s…", id, want)
	}
}

// TestSubWaits: a node that is not there yet is waited for, and one that comes back is found again.
func TestSubWaits(t *testing.T) {
	t.Parallel()
	skipWithoutSignals(t)
	node, address := listen(t, middle, "--listen", loopback)
	node.interrupt()
	node.end()
	sub := start(t, "sub", "--peer", address, "/out")
	sub.await(sub.stderr, "^info: waiting for quic://"+address+"$")
	for range 2 {
		node, _ = listen(t, middle, "--listen", address)
		sub.await(sub.stderr, "^info: peer added ")
		node.interrupt()
		node.end()
		sub.await(sub.stderr, "^info: peer lost ")
	}
	sub.interrupt()
	if code := sub.end(); code != exitOK {
		t.Errorf("exit code %d, want 0 for one that was told to stop", code)
	}
}

func TestSubInterruptedBeforeCount(t *testing.T) {
	t.Parallel()
	skipWithoutSignals(t)
	node, address := listen(t, middle, "--listen", loopback)
	sub := start(t, "sub", "--peer", address, "--count", "7", "/out")
	node.await(node.stderr, "peer added .*node=sub")
	sub.interrupt()
	if code := sub.end(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	sub.await(sub.stderr, "^error: interrupted after 0 of 7 messages$")
}

// TestSubIntoClosedPipe: nothing is said about a reader that has had enough, and the peers are told goodbye.
func TestSubIntoClosedPipe(t *testing.T) {
	t.Parallel()
	skipWithoutSignals(t)
	node, address := listen(t, middle, "--listen", loopback)
	sub := start(t, "sub", "--peer", address, "/out")
	node.await(node.stderr, "peer added .*node=sub")
	sub.stdout.pipe.Close()
	if code, _, stderr := published(t, "--peer", address, "/cmd", "T::ask"); code != exitOK {
		t.Fatalf("exit code %d, got %q", code, stderr)
	}
	code, stderr := sub.end(), sub.rest(sub.stderr)
	if code != exitOK || strings.Contains(stderr, "error") {
		t.Errorf("exit code %d, got %q", code, stderr)
	}
	node.await(node.stderr, "peer lost .*node=sub .*why=goodbye")
}

// TestPubLosesPeer: the peer that goes in the middle would miss events.
func TestPubLosesPeer(t *testing.T) {
	t.Parallel()
	skipWithoutSignals(t)
	node, address := listen(t, middle, "--listen", loopback)
	pub := start(t, "pub", "--peer", address, "--rate", "50", "--count", "100000", "/cmd", "T::many")
	node.await(node.stdout, "^many\t2$")
	node.interrupt()
	if code := pub.end(); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	pub.await(pub.stderr, fmt.Sprintf(`^error: the link to quic://%s was lost after \d+ of 100000 events: \w+`, address))
}

func TestPubInterrupted(t *testing.T) {
	t.Parallel()
	skipWithoutSignals(t)
	node, address := listen(t, middle, "--listen", loopback)
	pub := start(t, "pub", "--peer", address, "--rate", "50", "--count", "100000", "/cmd", "T::many")
	node.await(node.stdout, "^many\t2$")
	pub.interrupt()
	if code := pub.end(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	pub.await(pub.stderr, `^error: interrupted after \d+ of 100000 events$`)
}

// TestPubCertificates: the flags and the file reach the link, and a certificate that is missing is told of.
func TestPubCertificates(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	own, server := pki.Options("own"), pki.Options("server")
	file := func(certificate, key, ca string) string {
		name := filepath.Join(t.TempDir(), "node.toml")
		text := fmt.Sprintf("[tls]\ncertificate = '%s'\nkeyfile = '%s'\ncafile = '%s'\n", certificate, key, ca)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	node, address := listen(t, middle, "--listen", loopback, "--config", file(server.Certificate, server.Keyfile, server.CAFile))
	tests := []struct {
		name   string
		flags  []string
		code   int
		stderr string
	}{
		{"flags", []string{"--certificate", own.Certificate, "--keyfile", own.Keyfile, "--cafile", own.CAFile}, exitOK, ""},
		{"file", []string{"--config", file(own.Certificate, own.Keyfile, own.CAFile)}, exitOK, ""},
		{"a flag over the file", []string{"--config", file("missing.pem", own.Keyfile, own.CAFile), "--certificate", own.Certificate}, exitOK, ""},
		{"none", []string{"--timeout", "5s"}, exitFailed, "was not reached within 5s: "},
		{"no such file", []string{"--certificate", "missing.pem", "--keyfile", own.Keyfile, "--cafile", own.CAFile}, exitFailed, "missing.pem"},
	}
	for _, tt := range tests {
		args := append(append([]string{"pub", "--peer", address}, tt.flags...), "/cmd", "T::many")
		code, _, stderr := finish(t, args...)
		if code != tt.code || !strings.Contains(stderr, tt.stderr) || tt.code == exitFailed && !strings.Contains(stderr, "certificate") {
			t.Errorf("%s: exit code %d, got %q", tt.name, code, stderr)
		}
	}
	node.await(node.stdout, "^many\t3$")
}
