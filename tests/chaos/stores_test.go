package chaos

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"moonpeer/net/wire"
	"moonpeer/store/pebblebackend"
	"moonpeer/tests/testnode"
)

var (
	storeKills = flag.Int("store.kills", 12, "how many times TestStoreKills kills the master")
	storeSeed  = flag.Uint64("store.seed", 1, "seed of TestStoreKills")
)

//go:embed stores.lua
var storesScript string

// TestStoreKills kills a master with SIGKILL at random points while it and a clone write durably. After each kill its
// folder is read: every acknowledged write is there, whole, and no other is there in part. In the end each write of the
// clone has been applied exactly once, though the clone had to send many of them again.
func TestStoreKills(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: killing a master while it writes, as -short leaves it out")
	}
	state := t.TempDir()
	r := rand.New(rand.NewPCG(*storeSeed, 1))
	master := func(run, listen string) *testnode.Node {
		return testnode.Start(t, testnode.Options{Name: "master", Script: storesScript, Flags: []string{"--state", state, "--listen", listen}, Args: []string{"master", run}})
	}
	m := master("0", "127.0.0.1:0")
	at := m.Address()
	clone := testnode.Start(t, testnode.Options{Name: "clone", Script: storesScript, Flags: []string{"--peer", at}, Args: []string{"clone"}})
	kept := &keptStore{t: t, dir: filepath.Join(state, "master", "stores", "s")}
	for run := range *storeKills {
		acks := 1 + r.IntN(40)*r.IntN(40)
		m.AwaitLines(acks)
		m.Kill()
		kept.check(strconv.Itoa(run), m.Lines())
		name := strconv.Itoa(run + 1)
		if run == *storeKills-1 {
			name = "last"
		}
		m = master(name, at)
	}
	if code := clone.Wait(); code != 0 {
		t.Fatalf("the clone ended with %d", code)
	}
	var told struct{ Acked, Maybe, Won, Counter, There int }
	lines := clone.Lines()
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &told); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills: %+v, %d writes of the master acknowledged", *storeKills, told, kept.acked)
	if told.Counter < told.Acked || told.Counter > told.Acked+told.Maybe || told.Acked == 0 {
		t.Errorf("the counter is %d: %d increments were acknowledged, %d uncertain", told.Counter, told.Acked, told.Maybe)
	}
	for _, line := range clone.Reports() {
		if strings.HasPrefix(line, "error:") {
			t.Error(line)
		}
	}
	m.Stop()
}

// keptStore reads what a killed master has left.
type keptStore struct {
	t     *testing.T
	dir   string
	acked int
	have  map[string]string
}

// check compares what is there with what was acknowledged in a run.
func (k *keptStore) check(run string, acks []string) {
	k.t.Helper()
	b, err := pebblebackend.Open(pebblebackend.Options{Dir: k.dir, ReadOnly: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		k.t.Fatal(err)
	}
	defer b.Close()
	k.have = map[string]string{}
	if err := b.Load(k); err != nil {
		k.t.Fatal(err)
	}
	last := 0
	done := map[int]bool{}
	for _, a := range acks {
		n, err := strconv.Atoi(a)
		if err != nil {
			continue
		}
		done[n], last = true, max(last, n)
		k.acked++
	}
	for n := range done {
		got, there := k.have[fmt.Sprintf("%s-%d", run, n)]
		switch {
		case n%10 == 0:
			if _, there = k.have[fmt.Sprintf("%s-%d", run, n-5)]; there {
				k.t.Errorf("run %s: %d was erased and is there", run, n-5)
			}
		case n%10 == 5: // it may have been erased
		case !there:
			k.t.Errorf("run %s: %d was acknowledged and is not there", run, n)
		case got != content(n):
			k.t.Errorf("run %s: %d has another value", run, n)
		}
	}
	for key, got := range k.have {
		if n, ok := strings.CutPrefix(key, run+"-"); ok {
			if i, err := strconv.Atoi(n); err == nil && got != content(i) {
				k.t.Errorf("run %s: %s is there in part", run, key)
			}
		}
	}
}

// content is what stores.lua writes.
func content(n int) string { return strings.Repeat(strconv.Itoa(n)+";", 1+n%300) }

// Entry implements store.Loader.
func (k *keptStore) Entry(key, value []byte, _ int64) error {
	d, err := wire.DecodeData(key)
	if err != nil {
		return err
	}
	v, err := wire.DecodeData(value)
	if err != nil {
		return err
	}
	k.have[fmt.Sprint(d)] = fmt.Sprint(v)
	return nil
}

// Writer implements store.Loader.
func (k *keptStore) Writer(_, _ []byte) error { return nil }

// Position implements store.Loader.
func (k *keptStore) Position(_, _ uint64) error { return nil }
