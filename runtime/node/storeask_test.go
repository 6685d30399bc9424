package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
	"moonpeer/store"
	"moonpeer/store/membackend"
)

// asker keeps what it is answered, and may be behind.
type asker struct {
	asked
	parts  []string
	behind func() bool
}

func (a *asker) Behind() bool { return a.behind != nil && a.behind() }
func (a *asker) Part(body []byte) bool {
	if a.Behind() {
		return false
	}
	a.parts = append(a.parts, string(body))
	return true
}

// shop is a node with a disk, and its clock.
type shop struct {
	*Node
	t     testing.TB
	now   step.Time
	disks map[string]*membackend.Disk
}

const storeWall = int64(1_700_000_000e9)

func newShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{t: t, now: 1, disks: map[string]*membackend.Disk{}}
	n, err := New(Options{Name: "n", Stderr: io.Discard, Logger: slog.New(slog.DiscardHandler), Modules: func(*Node) []script.Module { return nil }}, System{
		Now: func() step.Time { return s.now }, Wall: func() int64 { return storeWall + int64(s.now) }, Rand: rand.New(rand.NewPCG(1, 2)),
		Backend: func(p StorePlace) (store.Backend, error) {
			if s.disks[p.Name] == nil {
				s.disks[p.Name] = membackend.NewDisk()
			}
			return membackend.Open(s.disks[p.Name], membackend.Options{Port: p.Port, Inbox: p.Inbox})
		}})
	if err != nil {
		t.Fatal(err)
	}
	s.Node = n
	t.Cleanup(func() { n.Close() })
	return s
}

func (s *shop) master(name, backend string) store.Store {
	s.t.Helper()
	m, err := s.Stores.Master(name, MasterOptions{Backend: backend})
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// begin asks, and turns once.
func (s *shop) begin(method string, params any) *asker {
	s.t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &asker{}
	s.Inbox().Put(step.ControlRequest{At: s.ControlPort(), Method: method, Params: body, Asker: a})
	s.turn()
	return a
}

func (s *shop) turn() {
	s.now += 1e6
	s.Turn(s.now)
}

// answer asks, and turns until there is an answer.
func (s *shop) answer(method string, params any) string {
	s.t.Helper()
	a := s.begin(method, params)
	return s.wait(a)
}

func (s *shop) wait(a *asker) string {
	s.t.Helper()
	for range 10_000 {
		if len(a.answers) > 0 {
			return a.answers[0]
		}
		s.turn()
	}
	s.t.Fatal("there is no answer")
	return ""
}

func str(s string) []byte { return wire.AppendString(nil, s) }

// entries takes the parts of an answer apart.
func (a *asker) entries(t *testing.T) (list []StoreEntry) {
	t.Helper()
	var stream StoreEntries
	for i, text := range a.parts {
		var p StorePart
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		if p.N != uint64(i) || len(p.Data) > storePart {
			t.Fatalf("part %d has number %d and %d bytes", i, p.N, len(p.Data))
		}
		stream.Add(p.Data)
		for {
			e, ok, err := stream.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			list = append(list, StoreEntry{bytes.Clone(e.Key), bytes.Clone(e.Value), e.Expiry})
			stream.Drop(e)
		}
	}
	if stream.Left() > 0 {
		t.Fatalf("%d bytes are left", stream.Left())
	}
	return list
}

func TestStoreQuestions(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if got := s.answer("store.list", nil); got != "[]" {
		t.Errorf("got %s", got)
	}
	s.master("logins", "pebble")
	for _, tt := range []struct {
		method string
		params any
		want   string
	}{
		{"store.get", StoreQuery{Store: "login", Key: str("k")}, `6 no store "login" (did you mean logins?)`},
		{"store.keys", StoreQuery{Store: ""}, `6 no store ""`},
		{"store.get", StoreQuery{Store: "logins", Key: nil}, `-32602 store.get: key: `},
		{"store.get", StoreQuery{Store: "logins", Key: []byte{0xff}}, `-32602 store.get: key: `},
		{"store.put", StoreWrite{Store: "logins", Key: str("k"), Value: []byte{5}}, `-32602 store.put: value: `},
		{"store.put", StoreWrite{Store: "logins", Key: str("k"), Value: str("v"), Expire: broker.Minute}, `{}`},
		{"store.put", StoreWrite{Store: "logins", Key: str("l"), Value: str("w")}, `{}`},
		{"store.put", StoreWrite{Store: "logins", Key: str("big"), Value: wire.AppendString(nil, strings.Repeat("x", wire.DefaultMaxFrame))}, `1 invalid_data: key and value have `},
		{"store.erase", StoreQuery{Store: "logins", Key: str("l")}, `{"found":true}`},
		{"store.erase", StoreQuery{Store: "logins", Key: str("l")}, `{"found":false}`},
		{"store.get", StoreQuery{Store: "logins", Key: str("l")}, `{"entries":0,"parts":0}`},
		{"store.get", StoreQuery{Store: "logins", Key: str("k")}, `{"entries":1,"parts":1}`},
		{"store.load", StoreQuery{Store: "x"}, `6 no store "x"`},
		{"store.feed", StoreFeed{Load: 7}, `1 the load is over`},
		{"store.backup", map[string]string{"store": "logins", "path": "/copy"}, `{}`},
		{"store.backup", map[string]string{"store": "logins", "path": "/copy"}, `1 `},
	} {
		if got := s.answer(tt.method, tt.params); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s %.100v: got %s, want %s", tt.method, tt.params, got, tt.want)
		}
	}
	a := s.begin("store.get", StoreQuery{Store: "logins", Key: str("k")})
	s.wait(a)
	got := a.entries(t)
	if len(got) != 1 || !bytes.Equal(got[0].Value, str("v")) || got[0].Expiry < storeWall+int64(broker.Minute) {
		t.Errorf("got %+v", got)
	}
	if got := s.answer("store.list", nil); !strings.HasPrefix(got, `[{"name":"logins","master":true,"backend":"pebble","state":"open","entries":1,`) {
		t.Errorf("got %s", got)
	}
	s.master("m", "memory")
	if got := s.answer("store.backup", map[string]string{"store": "m", "path": "/x"}); got != `1 store "m" is kept in memory: it can be dumped` {
		t.Errorf("got %s", got)
	}
	if _, err := s.Stores.Clone("c", store.CloneOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := s.answer("store.backup", map[string]string{"store": "c", "path": "/x"}); !strings.HasPrefix(got, `1 store "c" is a clone here`) {
		t.Errorf("got %s", got)
	}
	if got := s.answer("store.dump", StoreQuery{Store: "c"}); !strings.Contains(got, "the entries have not arrived yet") {
		t.Errorf("got %s", got)
	}
	if len(s.controls.questions) != 0 || len(s.controls.stores.reads) != 0 {
		t.Errorf("%d questions and %d readers are kept", len(s.controls.questions), len(s.controls.stores.reads))
	}
}

// TestStoreDump reads many entries and a large one, with an asker that is behind now and then, while the store changes.
func TestStoreDump(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	m := s.master("s", "memory")
	for i := range 20_000 {
		s.put(m, fmt.Sprint("key ", i), "v", 0)
	}
	s.put(m, "large", strings.Repeat("x", 300_000), broker.Hour)
	for _, method := range []string{"store.dump", "store.keys"} {
		a := s.begin(method, StoreQuery{Store: "s"})
		r := rand.New(rand.NewPCG(1, 2))
		a.behind = func() bool { return r.IntN(3) == 0 }
		turns, stalled := 0, 0
		for ; len(a.answers) == 0; turns++ {
			before := len(a.parts)
			s.turn()
			if len(a.parts) > before+1 {
				t.Fatalf("%d parts in one turn", len(a.parts)-before)
			}
			if len(a.parts) == before {
				stalled++
			}
			s.put(m, fmt.Sprint("key ", r.IntN(20_000)), strings.Repeat("y", r.IntN(100)), 0)
		}
		if stalled == 0 || turns < 20 {
			t.Errorf("%s: %d turns, %d without a part: the test is in vain", method, turns, stalled)
		}
		got := map[string]StoreEntry{}
		for _, e := range a.entries(t) {
			got[string(e.Key)] = e
		}
		large := got[string(str("large"))]
		if len(got) != 20_001 || large.Expiry == 0 || method == "store.dump" && len(large.Value) < 300_000 || method == "store.keys" && len(large.Value) > 0 {
			t.Errorf("%s: %d keys; the large one has %d bytes and expires at %d", method, len(got), len(large.Value), large.Expiry)
		}
		if strings.Contains(a.answers[0], "incomplete") {
			t.Errorf("%s: got %s", method, a.answers[0])
		}
	}
	gone := s.begin("store.dump", StoreQuery{Store: "s"})
	s.Inbox().Put(step.ControlClosed{At: s.ControlPort(), Asker: gone})
	s.turn()
	if len(s.controls.stores.reads) != 0 {
		t.Error("somebody who is gone is read for")
	}
	closed := s.begin("store.dump", StoreQuery{Store: "s"})
	m.Close()
	if got := s.wait(closed); !strings.Contains(got, "the store is closed") {
		t.Errorf("got %s", got)
	}
}

func (s *shop) put(m store.Store, k, v string, expire broker.Timespan) {
	s.t.Helper()
	r, done := m.Do(&wire.Command{Kind: wire.CmdPut, Key: str(k), Value: str(v), Expiry: expire, HasExpiry: expire != 0}, nil)
	if done && r.Err != nil {
		s.t.Fatal(r.Err)
	}
}

// TestStoreReaders: only so many read at once.
func TestStoreReaders(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.put(s.master("s", "memory"), "k", "v", 0)
	var all []*asker
	for range maxStoreReads {
		a := &asker{behind: func() bool { return true }}
		s.Inbox().Put(step.ControlRequest{At: s.ControlPort(), Method: "store.dump", Params: []byte(`{"store":"s"}`), Asker: a})
		s.turn()
		all = append(all, a)
	}
	if got := s.answer("store.keys", StoreQuery{Store: "s"}); got != "1 16 others read stores already" {
		t.Errorf("got %s", got)
	}
	for _, a := range all {
		a.behind = nil
		s.wait(a)
	}
	if got := s.answer("store.keys", StoreQuery{Store: "s"}); got != `{"entries":1,"parts":1}` {
		t.Errorf("got %s", got)
	}
}

// TestStoreReadInSteps: who says how many parts it takes gets no more.
func TestStoreReadInSteps(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	m := s.master("s", "memory")
	for i := range 10_000 {
		s.put(m, fmt.Sprint("key ", i), "v", 0)
	}
	a := s.begin("store.dump", StoreQuery{Store: "s", Parts: 2})
	for most := 2; len(a.answers) == 0; most += 3 {
		for range 10 {
			s.turn()
		}
		if len(a.parts) > most || len(a.answers) == 0 && len(a.parts) < most {
			t.Fatalf("%d parts, want %d", len(a.parts), most)
		}
		if got := s.answer("store.more", StoreMore{Read: 1, Parts: uint64(most + 3)}); got != "{}" {
			t.Fatalf("got %s", got)
		}
	}
	if n := len(a.entries(t)); n != 10_000 {
		t.Errorf("%d entries", n)
	}
}

// TestStoreLoad feeds a load pieces that are cut anywhere.
func TestStoreLoad(t *testing.T) {
	t.Parallel()
	for _, backend := range []string{"memory", "pebble"} {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			m := s.master("s", backend)
			const entries = 12_000
			end := storeWall + int64(broker.Hour)
			var stream []byte
			for i := range entries {
				e := StoreEntry{Key: str(fmt.Sprint("key ", i)), Value: str("v")}
				switch i % 3 {
				case 1:
					e.Expiry = end
				case 2:
					e.Expiry = storeWall - 1
				}
				stream = AppendStoreEntry(stream, e)
			}
			stream = AppendStoreEntry(stream, StoreEntry{Key: str("large"), Value: str(strings.Repeat("x", 1<<20))})
			l := s.begin("store.load", StoreQuery{Store: "s"})
			if len(l.parts) != 1 || l.parts[0] != `{"load":1,"loaded":0,"expired":0}` {
				t.Fatalf("got %q", l.parts)
			}
			for len(stream) > 0 {
				n := min(len(stream), 50_001)
				if got := s.answer("store.feed", StoreFeed{Load: 1, Data: stream[:n], Last: n == len(stream)}); !strings.HasPrefix(got, `{"load":1,`) {
					t.Fatalf("got %s", got)
				}
				if m.Outstanding() > store.MaxWrites/2 {
					t.Fatalf("%d writes wait", m.Outstanding())
				}
				stream = stream[n:]
			}
			if got, want := s.wait(l), fmt.Sprintf(`{"loaded":%d,"expired":%d}`, entries*2/3+1, entries/3); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if n, _ := m.Len(); n != entries*2/3+1 {
				t.Errorf("%d entries", n)
			}
			w := m.(*openStore).Machine.(store.Walker)
			if _, at, err := w.Look(str("key 1")); at != end {
				t.Errorf("expires at %d, want %d (%v)", at, end, err)
			}
			if got := s.answer("store.feed", StoreFeed{Load: 1}); got != "1 the load is over" {
				t.Errorf("got %s", got)
			}
			if len(s.controls.stores.loads) != 0 {
				t.Error("it is kept")
			}
		})
	}
}

// TestStoreLoadFails: what goes wrong ends a load, and is told.
func TestStoreLoadFails(t *testing.T) {
	t.Parallel()
	good := AppendStoreEntry(nil, StoreEntry{Key: str("k"), Value: str("v")})
	for what, tt := range map[string]struct {
		data []byte
		want string
	}{
		"cut off":   {good[:len(good)-1], `{"loaded":0,"expired":0,"failed":"the last entry is cut off"}`},
		"no key":    {AppendStoreEntry(good, StoreEntry{Value: str("v")}), `{"loaded":1,"expired":0,"failed":"entry 2: `},
		"no value":  {AppendStoreEntry(good, StoreEntry{Key: str("v"), Value: []byte{5, 200}}), `{"loaded":1,"expired":0,"failed":"entry 2: `},
		"too large": {append(good, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), `{"loaded":1,"expired":0,"failed":"key and value have 4294967295 bytes`},
		"nothing":   {nil, `{"loaded":0,"expired":0}`},
	} {
		s := newShop(t)
		s.master("s", "pebble")
		l := s.begin("store.load", StoreQuery{Store: "s"})
		s.answer("store.feed", StoreFeed{Load: 1, Data: tt.data, Last: true})
		if got := s.wait(l); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: got %s, want %s", what, got, tt.want)
		}
	}
	s := newShop(t)
	m := s.master("s", "pebble")
	l := s.begin("store.load", StoreQuery{Store: "s"})
	m.Close()
	s.answer("store.feed", StoreFeed{Load: 1, Data: good})
	if got := s.wait(l); !strings.Contains(got, `"failed":"shutting_down: `) {
		t.Errorf("closed: got %s", got)
	}
	s.master("s", "pebble")
	gone := s.begin("store.load", StoreQuery{Store: "s"})
	s.Inbox().Put(step.ControlClosed{At: s.ControlPort(), Asker: gone})
	s.turn()
	if len(s.controls.stores.loads) != 0 {
		t.Error("a load is kept whose asker is gone")
	}
	s.disks["s"].Break(fmt.Errorf("no room"))
	l = s.begin("store.load", StoreQuery{Store: "s"})
	s.answer("store.feed", StoreFeed{Load: 3, Data: good, Last: true})
	if got := s.wait(l); !strings.Contains(got, `"failed":"backend_failure: `) {
		t.Errorf("a disk that fails: got %s", got)
	}
}

// BenchmarkStoreLoad has the loop write entries that are fed as fast as it takes them.
func BenchmarkStoreLoad(b *testing.B) {
	var piece []byte
	for i := range 1000 {
		piece = AppendStoreEntry(piece, StoreEntry{Key: str(fmt.Sprint("key ", i)), Value: str("some value")})
	}
	s := newShop(b)
	s.master("s", "pebble")
	s.begin("store.load", StoreQuery{Store: "s"})
	for b.Loop() {
		s.answer("store.feed", StoreFeed{Load: 1, Data: piece})
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "entries/s")
}
