package node

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNextEpoch: runs of a node are in order, whatever its clock says.
func TestNextEpoch(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state", "worker-1")
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	const ms = int64(time.Millisecond)
	for _, step := range []struct {
		wall int64
		want uint64
	}{
		{1000*ms + 999_999, 1000}, {1000 * ms, 1001}, {5000 * ms, 5000}, {0, 5001}, {-7, 5002}, {5001 * ms, 5003}, {6000 * ms, 6000},
	} {
		if got := NextEpoch(dir, step.wall, log); got != step.want {
			t.Errorf("at %d ms: epoch %d, want %d", step.wall/ms, got, step.want)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "epoch")); err != nil || strings.TrimSpace(string(b)) == "" {
			t.Fatal(err)
		}
	}
	if said.Len() > 0 {
		t.Errorf("it warns: %s", &said)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("it leaves %v, %v", entries, err)
	}
}

// TestDamagedEpoch: the start time does, with a warning, and the next run is in order again.
func TestDamagedEpoch(t *testing.T) {
	t.Parallel()
	write := func(text string) func(t *testing.T, file string) {
		return func(t *testing.T, file string) {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, damage := range map[string]func(t *testing.T, file string){
		"empty": write(""), "cut": write("\n"), "text": write("soon\n"), "negative": write("-1\n"), "two": write("1\n2\n"),
		"the largest number there is": write("18446744073709551615\n"), "too large": write("99999999999999999999999"),
		"huge": write(strings.Repeat("1", 1<<20)),
	} {
		dir := t.TempDir()
		var said bytes.Buffer
		log := slog.New(slog.NewTextHandler(&said, nil))
		damage(t, filepath.Join(dir, "epoch"))
		now := 7000 * int64(time.Millisecond)
		if got := NextEpoch(dir, now, log); got != 7000 || strings.Count(said.String(), "level=WARN") != 1 || said.Len() > 1000 {
			t.Errorf("%s: epoch %d, said %s", name, got, &said)
		}
		said.Reset()
		if got := NextEpoch(dir, now, log); got != 7001 || said.Len() > 0 {
			t.Errorf("%s: the next epoch is %d, said %s", name, got, &said)
		}
	}
}

// TestEpochThatCantBeKept: a node without a disk has an epoch, and says what is wrong.
func TestEpochThatCantBeKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "epoch"), 0o755); err != nil {
		t.Fatal(err)
	}
	for at, warnings := range map[string]int{filepath.Join(dir, "file"): 2, dir: 2} {
		var said bytes.Buffer
		if got := NextEpoch(at, 7e9, slog.New(slog.NewTextHandler(&said, nil))); got != 7000 || strings.Count(said.String(), "level=WARN") != warnings {
			t.Errorf("%s: epoch %d, said %s", at, got, &said)
		}
		if _, err := os.Stat(filepath.Join(at, "epoch.new")); err == nil {
			t.Errorf("%s: a file is left", at)
		}
	}
}
