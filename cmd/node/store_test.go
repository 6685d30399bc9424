package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/runtime/node"
	"moonpeer/store/journal"
	"moonpeer/store/pebblebackend"
)

// nowhere takes what a backend says, which is nothing of interest here.
type nowhere struct{}

func (nowhere) Put(step.Input) {}

// keep makes a store in a node's folder below state.
func keep(t *testing.T, state, node, name string, entries ...[2][]byte) (dir string) {
	t.Helper()
	dir = storeDir(filepath.Join(state, node), name)
	b, err := pebblebackend.Open(pebblebackend.Options{Dir: dir, Inbox: nowhere{}})
	if err != nil {
		t.Fatal(err)
	}
	var ops []byte
	for _, e := range entries {
		ops = journal.AppendPut(ops, e[0], e[1], 0)
	}
	b.Commit(1, journal.AppendPosition(ops, 7, 8), true)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command runs one command line in this process.
func command(t *testing.T, code int, words ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	if got := run(t.Context(), append([]string{"node"}, words...), strings.NewReader(""), &out, &err); got != code {
		t.Fatalf("%q: exit code %d, want %d; %s%s", words, got, code, out.String(), err.String())
	}
	return out.String(), err.String()
}

func text(s string) []byte { return wire.AppendString(nil, s) }

// TestStoresOnDisk are found whatever their names are.
func TestStoresOnDisk(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "a [b] *")
	entry := [2][]byte{text("k"), text("v")}
	names := []string{"plain", "a/b", "..", ".hidden", "x%2Fy", "ünïcode", "a b", "x.corrupt-1"}
	for _, name := range names {
		keep(t, state, "n1", name, entry)
	}
	keep(t, state, "n2", "plain", entry)
	if err := os.Rename(keep(t, state, "n2", "gone"), storeDir(filepath.Join(state, "n2"), "gone")+".corrupt-20260102T030405Z"); err != nil {
		t.Fatal(err)
	}
	out, _ := command(t, exitOK, "store", "list", "--state", state, "--json")
	got := 0
	for line := range strings.Lines(out) {
		var n nodeStores
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			t.Fatal(err)
		}
		got += len(n.Stores)
	}
	if got != len(names)+1 {
		t.Errorf("%d stores, want %d:\n%s", got, len(names)+1, out)
	}
	for _, name := range names[1:] {
		if out, _ := command(t, exitOK, "store", "get", "--state", state, "--", name, "k"); out != "v\n" {
			t.Errorf("%s: got %q", name, out)
		}
	}
	if _, err := command(t, exitFailed, "store", "get", "plain", "k", "--state", state); err != "error: store \"plain\" is on the disks of n1, n2: choose one with --node\n" {
		t.Errorf("got %s", err)
	}
	if out, _ := command(t, exitOK, "store", "get", "plain", "k", "--state", state, "--node", "n2"); out != "v\n" {
		t.Errorf("got %q", out)
	}
	if _, err := command(t, exitFailed, "store", "get", "pain", "k", "--state", state); err != "error: no store is called \"pain\" (did you mean plain?)\n" {
		t.Errorf("got %s", err)
	}
}

// TestStoreUnreadable: what is no value is shown as that, dumped as bytes, and not loaded.
func TestStoreUnreadable(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	keep(t, state, "n1", "s", [2][]byte{text("bad"), {0xff, 1}}, [2][]byte{text("good"), text("v")}, [2][]byte{{}, {}})
	if out, _ := command(t, exitOK, "store", "get", "s", "bad", "--state", state); !strings.HasPrefix(out, "(unreadable: ") {
		t.Errorf("got %s", out)
	}
	if out, _ := command(t, exitOK, "store", "keys", "s", "--state", state); out != "typed:{\"raw\":\"\"}\nbad\ngood\n" {
		t.Errorf("got %s", out)
	}
	out, err := command(t, exitFailed, "store", "dump", "s", "--state", state)
	if want := "{\"key\":{\"raw\":\"\"},\"value\":{\"raw\":\"\"}}\n{\"key\":\"bad\",\"value\":{\"raw\":\"/wE=\"}}\n{\"key\":\"good\",\"value\":\"v\"}\n"; out != want {
		t.Errorf("got %s", out)
	}
	if !strings.Contains(err, "error: 2 entries hold what is no value") {
		t.Errorf("got %s", err)
	}
}

// TestStoreVerifyDamaged names what is wrong, and ends with 1. So does all else that reads the folder.
func TestStoreVerifyDamaged(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	dir := keep(t, state, "n1", "s", [2][]byte{text("k"), bytes.Repeat([]byte("x"), 10_000)})
	tables, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if more, _ := filepath.Glob(filepath.Join(dir, "*.sst")); err != nil || len(tables)+len(more) == 0 {
		t.Fatal("there is no file to damage")
	} else {
		tables = append(tables, more...)
	}
	for _, file := range tables {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] ^= 0x55
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, stderr := command(t, exitFailed, "store", "verify", "s", "--state", state)
	if !strings.Contains(out, "damaged\n") || !strings.Contains(stderr, ": the store is damaged: ") || strings.Contains(stderr, "carrier") {
		t.Errorf("got %s%s", out, stderr)
	}
	out, stderr = command(t, exitFailed, "store", "verify", "--dir", dir, "--json")
	var f storeFindings
	if err := json.Unmarshal([]byte(out), &f); err != nil || len(f.Damage) == 0 || stderr != "" {
		t.Errorf("got %s%s", out, stderr)
	}
	if out, _ := command(t, exitOK, "store", "list", "--state", state); !strings.Contains(out, " damaged ") {
		t.Errorf("got %s", out)
	}
	if _, err := command(t, exitFailed, "store", "dump", "s", "--state", state); !strings.Contains(err, "the store is damaged") {
		t.Errorf("got %s", err)
	}
}

// TestStoreInUse: a folder that somebody has open is not read.
func TestStoreInUse(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	dir := keep(t, state, "n1", "s")
	b, err := pebblebackend.Open(pebblebackend.Options{Dir: dir, Inbox: nowhere{}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, words := range [][]string{{"verify", "s"}, {"dump", "s"}, {"get", "s", "k"}, {"list"}} {
		if _, err := command(t, exitFailed, append(append([]string{"store"}, words...), "--state", state)...); !strings.Contains(err, "store backup s PATH makes a copy") {
			t.Errorf("%q: got %s", words, err)
		}
	}
}

// TestStoreStream: parts that are missing, out of order or cut off show.
func TestStoreStream(t *testing.T) {
	t.Parallel()
	data := node.AppendStoreEntry(nil, node.StoreEntry{Key: text("k"), Value: text("v")})
	part := func(n uint64, data []byte) []byte {
		b, err := json.Marshal(node.StorePart{N: n, Data: data})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	begin := func() *storeStream {
		return &storeStream{take: func(node.StoreEntry) error { return nil }, part: func(int, int) {}}
	}
	s := begin()
	if _, err := s.add(part(1, data)); err == nil {
		t.Error("the first part is missing, and nobody says so")
	}
	s = begin()
	if _, err := s.add(part(0, data[:10])); err != nil || s.end(node.StoreRead{Parts: 1}) == nil {
		t.Error("an entry is cut off, and nobody says so")
	}
	if _, err := s.add(part(1, data[10:])); err != nil || s.end(node.StoreRead{Parts: 2}) != nil || s.end(node.StoreRead{Parts: 3}) == nil {
		t.Error("parts are counted wrongly")
	}
	if _, err := s.add([]byte("x")); err == nil {
		t.Error("no JSON was taken")
	}
	s = begin()
	s.take = func(node.StoreEntry) error { return io.ErrShortWrite }
	if _, err := s.add(part(0, data)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

// TestDumpFile: lines of all lengths, the last one without its end, and one that is too long.
func TestDumpFile(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300_000)
	in := "\n{\"key\":1,\"value\":\"" + long + "\"}\n  \n{\"key\":2,\"value\":3}"
	d := &dumpFile{name: "f", r: bufio.NewReaderSize(strings.NewReader(in), 16)}
	var got node.StoreEntries
	for {
		err := d.fill()
		got.Add(d.stream)
		d.stream = nil
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range [][]byte{text(long), wire.AppendCount(nil, 3)} {
		e, ok, err := got.Next()
		if !ok || err != nil || !bytes.Equal(e.Value, want) {
			t.Fatalf("got %d bytes, %v, want %d", len(e.Value), err, len(want))
		}
		got.Drop(e)
	}
	if d.lines < 4 || got.Left() > 0 {
		t.Errorf("%d lines, %d bytes left", d.lines, got.Left())
	}
	d = &dumpFile{name: "f", r: bufio.NewReaderSize(io.MultiReader(strings.NewReader("{\"key\":1,\"value\":1}\n"), ceaseless{}), 1<<20)}
	if err := d.fill(); err == nil || err.Error() != "f:2: a line has more than 128 MB" {
		t.Errorf("got %v", err)
	}
	if len(d.stream) == 0 {
		t.Error("the line in front of it is lost")
	}
}

// ceaseless is a line without an end.
type ceaseless struct{}

func (ceaseless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
