package container

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// inHook is a table whose hooks a test replaces after it was made.
func inHook(t *testing.T, o Options) (tb *Table, told *[]string, expire *func(string) int64, change *func(Change, string)) {
	told, expire, change = new([]string), new(func(string) int64), new(func(Change, string))
	o.Values = true
	o.OnExpire = func(key []byte, _ Value) int64 {
		*told = append(*told, "ask "+string(key))
		if *expire != nil {
			return (*expire)(string(key))
		}
		return 0
	}
	o.OnChange = func(what Change, key []byte, _, _ Value) {
		*told = append(*told, fmt.Sprintf("%v %s", what, key))
		if *change != nil {
			(*change)(what, string(key))
		}
	}
	return mustTable(t, o), told, expire, change
}

func TestOnExpireMayDoAnything(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(t *testing.T, tb *Table, key string) int64
		told []string // after the three entries a, b, c have become overdue at 200
		left []string
	}{
		{"nothing", func(*testing.T, *Table, string) int64 { return 0 },
			[]string{"ask a", "expired a", "ask b", "expired b", "ask c", "expired c"}, nil},
		{"see that the entry is still there", func(t *testing.T, tb *Table, key string) int64 {
			if v, ok := tb.Get([]byte(key), 200); !ok || v.Bits == 0 {
				t.Errorf("%s is not there: %v %v", key, v, ok)
			}
			return 0
		}, []string{"ask a", "expired a", "ask b", "expired b", "ask c", "expired c"}, nil},
		{"see that others that are overdue are gone", func(t *testing.T, tb *Table, key string) int64 {
			if key != "c" && tb.Has([]byte("c"), 200) {
				t.Error("c is visible")
			}
			if got := contents(tb, 200); len(got) != 1 || got[0][:1] != key {
				t.Errorf("%s: walks over %q", key, got)
			}
			return 0
		}, []string{"ask a", "expired a", "ask b", "expired b", "ask c", "expired c"}, nil},
		{"remove the entry", func(_ *testing.T, tb *Table, key string) int64 {
			tb.Remove([]byte(key), 200)
			return 100
		}, []string{"ask a", "removed a", "ask b", "removed b", "ask c", "removed c"}, nil},
		{"remove another", func(_ *testing.T, tb *Table, key string) int64 {
			tb.Remove([]byte("b"), 200)
			return 0
		}, []string{"ask a", "expired b", "expired a", "ask c", "expired c"}, nil},
		{"give the entry a value", func(_ *testing.T, tb *Table, key string) int64 {
			tb.Set([]byte(key), Value{Bits: 9}, 200)
			return 0
		}, []string{"ask a", "changed a", "expired a", "ask b", "changed b", "expired b", "ask c", "changed c", "expired c"}, nil},
		{"put the entry there anew", func(_ *testing.T, tb *Table, key string) int64 {
			tb.Remove([]byte(key), 200)
			tb.Set([]byte(key), Value{Bits: 9}, 200)
			return 0
		}, []string{"ask a", "removed a", "new a", "ask b", "removed b", "new b", "ask c", "removed c", "new c"},
			[]string{"a=9", "b=9", "c=9"}},
		{"put another there", func(_ *testing.T, tb *Table, key string) int64 {
			tb.Set([]byte("x"+key), Value{Bits: 9}, 200)
			return 0
		}, []string{"ask a", "new xa", "expired a", "ask b", "new xb", "expired b", "ask c", "new xc", "expired c"},
			[]string{"xa=9", "xb=9", "xc=9"}},
		{"replace another that is overdue", func(_ *testing.T, tb *Table, key string) int64 {
			tb.Set([]byte("c"), Value{Bits: 9}, 200)
			return 0
		}, []string{"ask a", "expired c", "new c", "expired a", "ask b", "changed c", "expired b"}, []string{"c=9"}},
		{"clear", func(_ *testing.T, tb *Table, key string) int64 {
			tb.Clear()
			return 100
		}, []string{"ask a"}, nil},
		{"sweep", func(t *testing.T, tb *Table, key string) int64 {
			if tb.Expire(200, 100) {
				t.Error("a sweep inside a hook has more to do")
			}
			tb.Len(200)
			return 0
		}, []string{"ask a", "expired a", "ask b", "expired b", "ask c", "expired c"}, nil},
		{"exchange the contents", func(t *testing.T, tb *Table, key string) int64 {
			o := mustTable(t, Options{Values: true})
			o.Set([]byte("new"), Value{Bits: 7}, 200)
			if err := tb.Swap(o, 200); err != nil {
				t.Error(err)
			}
			return 0
		}, []string{"ask a"}, []string{"new=7"}},
	}
	for _, tt := range tests {
		for how, run := range map[string]func(tb *Table){
			"sweep": func(tb *Table) { tb.Expire(200, 1000) },
			"walk":  func(tb *Table) { contents(tb, 200); tb.Expire(200, 1000) },
			"reads": func(tb *Table) {
				for _, k := range []string{"a", "b", "c"} {
					tb.Has([]byte(k), 200)
				}
			},
		} {
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				t.Parallel()
				tb, told, expire, _ := inHook(t, Options{Expiry: OnWrite, Interval: Fixed(100)})
				for i, k := range []string{"a", "b", "c"} {
					tb.Set([]byte(k), Value{Bits: uint64(i) + 1}, 1)
				}
				*expire = func(key string) int64 { return tt.do(t, tb, key) }
				*told = nil
				run(tb)
				if !slices.Equal(*told, tt.told) {
					t.Errorf("hooks: got %q, want %q", *told, tt.told)
				}
				wantContents(t, tb, 200, tt.left...)
			})
		}
	}
}

// TestOverdueEntriesOfOtherContents: what is visible while OnExpire runs is the entry it is asked about, not one in
// the same place of contents that it has put there.
func TestOverdueEntriesOfOtherContents(t *testing.T) {
	t.Parallel()
	tb, told, expire, _ := inHook(t, Options{Expiry: OnWrite, Interval: Fixed(100)})
	o, _, _, _ := inHook(t, Options{Expiry: OnWrite, Interval: Fixed(100)})
	tb.Set([]byte("a"), Value{}, 1)
	o.Set([]byte("old"), Value{}, 1)
	*expire = func(key string) int64 {
		if key == "a" {
			if err := tb.Swap(o, 200); err != nil || tb.Has([]byte("old"), 200) {
				t.Errorf("an overdue entry is visible; %v", err)
			}
		}
		return 0
	}
	*told = nil
	tb.Expire(200, 100)
	if want := []string{"ask a", "ask old", "expired old"}; !slices.Equal(*told, want) {
		t.Errorf("got %q, want %q", *told, want)
	}
}

func TestOnChangeIsNotCalledFromInsideItself(t *testing.T) {
	t.Parallel()
	tb, told, _, change := inHook(t, Options{})
	*change = func(what Change, key string) {
		if len(*told) > 10 {
			t.Fatal("called from inside itself")
		}
		switch what {
		case New:
			tb.Set([]byte(key+"x"), Value{}, 1)
			tb.Set([]byte(key), Value{Bits: 5}, 1)
		case Removed:
			tb.Set([]byte(key), Value{Bits: 6}, 1)
		}
	}
	tb.Set([]byte("a"), Value{}, 1)
	wantContents(t, tb, 1, "a=5", "ax=0")
	tb.Remove([]byte("a"), 1)
	wantContents(t, tb, 1, "ax=0", "a=6")
	if want := []string{"new a", "removed a"}; !slices.Equal(*told, want) {
		t.Errorf("got %q, want %q", *told, want)
	}
}

func TestOnChangeLeavesTheOverdueToOthers(t *testing.T) {
	t.Parallel()
	tb, told, _, change := inHook(t, Options{Expiry: OnCreate, Interval: Fixed(100)})
	tb.Set([]byte("old"), Value{}, 1)
	tb.Set([]byte("older"), Value{}, 1)
	*change = func(what Change, key string) {
		if what != New {
			return
		}
		if tb.Has([]byte("old"), 200) {
			t.Error("an overdue entry is visible in a hook")
		}
		tb.Set([]byte("older"), Value{Bits: 1}, 200)
	}
	*told = nil
	tb.Set([]byte("a"), Value{}, 200)
	tb.Expire(200, 10)
	// older is asked about, as OnExpire does not run; that it expired is not told, as OnChange does.
	if want := []string{"new a", "ask older", "ask old", "expired old"}; !slices.Equal(*told, want) {
		t.Errorf("got %q, want %q", *told, want)
	}
	wantContents(t, tb, 200, "a=0", "older=1")
}

func TestAssignmentToWhatAHookHasPutThere(t *testing.T) {
	t.Parallel()
	tb, told, _, change := inHook(t, Options{Expiry: OnCreate, Interval: Fixed(100)})
	tb.Set([]byte("a"), Value{}, 1)
	*change = func(what Change, key string) {
		if what == Expired {
			tb.Set([]byte(key), Value{Bits: 1}, 200)
		}
	}
	*told = nil
	if old, found := tb.Set([]byte("a"), Value{Bits: 2}, 200); !found || old.Bits != 1 {
		t.Errorf("got %v, %v, want what the hook has put there", old, found)
	}
	if want := []string{"ask a", "expired a", "changed a"}; !slices.Equal(*told, want) {
		t.Errorf("got %q, want %q", *told, want)
	}
	wantContents(t, tb, 200, "a=2")
}

func TestMaxSize(t *testing.T) {
	t.Parallel()
	tb, told, _, change := inHook(t, Options{MaxSize: 2})
	for _, k := range []string{"a", "b", "a", "c"} {
		tb.Set([]byte(k), Value{}, 1)
	}
	if want := []string{"new a", "new b", "changed a", "new c", "removed a"}; !slices.Equal(*told, want) || tb.Dropped() != 1 {
		t.Errorf("got %q and %d dropped, want %q", *told, tb.Dropped(), want)
	}
	*change = func(what Change, key string) {
		if what == Removed {
			tb.Set([]byte("again "+key), Value{}, 1)
		}
	}
	tb.Set([]byte("d"), Value{}, 1)
	wantContents(t, tb, 1, "d=0", "again b=0")
	if tb.Dropped() != 3 {
		t.Errorf("got %d dropped, want 3", tb.Dropped())
	}
}

func TestMaxSizeExpiresWhatIsOverdueAnyway(t *testing.T) {
	t.Parallel()
	tb, told, _, _ := inHook(t, Options{MaxSize: 1, Expiry: OnCreate, Interval: Fixed(100)})
	tb.Set([]byte("a"), Value{}, 1)
	tb.Set([]byte("b"), Value{}, 200)
	if want := []string{"new a", "new b", "ask a", "expired a"}; !slices.Equal(*told, want) || tb.Dropped() != 0 {
		t.Errorf("got %q and %d dropped, want %q", *told, tb.Dropped(), want)
	}
}

// TestHooksThatDoAnything lets both hooks do whatever the table can do, at random. What is promised then is that
// neither is called from inside itself, that OnExpire is asked about entries that are there and overdue, once each
// time they are, and that the table stays whole.
func TestHooksThatDoAnything(t *testing.T) {
	t.Parallel()
	for seed := *firstSeed; seed < *firstSeed+4; seed++ {
		for _, e := range []Expiry{OnCreate, OnWrite, OnRead} {
			t.Run(fmt.Sprintf("seed %d, expiry %d", seed, e), func(t *testing.T) {
				t.Parallel()
				wildHooks(t, rand.New(rand.NewPCG(seed, 2)), e)
			})
		}
	}
}

func wildHooks(t *testing.T, r *rand.Rand, e Expiry) {
	var tb *Table
	now, serial := int64(1), uint64(0)
	inExpire, inChange := false, false
	finished := map[uint64]bool{} // values whose entries were let go by OnExpire
	var act func(n int)
	o := Options{Values: true, Expiry: e, Interval: Fixed(200), MaxSize: 2000}
	o.OnExpire = func(key []byte, v Value) int64 {
		if inExpire || finished[v.Bits] {
			t.Fatalf("OnExpire for %q: inside itself %v, asked before %v", key, inExpire, finished[v.Bits])
		}
		inExpire = true
		defer func() { inExpire = false }()
		act(r.IntN(3))
		if r.IntN(3) == 0 {
			return r.Int64N(100) + 1
		}
		finished[v.Bits] = true
		return 0
	}
	o.OnChange = func(what Change, _ []byte, old, _ Value) {
		if inChange {
			t.Fatal("OnChange inside itself")
		}
		inChange = true
		defer func() { inChange = false }()
		act(r.IntN(3))
	}
	key := func() []byte { return []byte(fmt.Sprint(r.IntN(3000))) }
	put := func() {
		serial++
		tb.Set(key(), Value{Bits: serial}, now)
	}
	act = func(n int) {
		for range n {
			switch r.IntN(40) {
			case 0:
				if r.IntN(50) == 0 {
					tb.Clear()
				}
			case 1, 2, 3:
				it := tb.Iter()
				for range r.IntN(8) {
					it.Next(now)
				}
			case 4, 5, 6, 7, 8, 9:
				tb.Remove(key(), now)
			case 10, 11, 12, 13, 14:
				tb.Has(key(), now)
			case 15:
				tb.Expire(now, 10)
			case 16:
				tb.Len(now)
			case 17:
				if r.IntN(50) == 0 {
					o := mustTable(t, Options{Values: true})
					tb.Swap(o, now)
				}
			default:
				put()
			}
		}
	}
	tb = mustTable(t, o)
	for i := range 10000 {
		act(1)
		now += r.Int64N(2)
		if i%50 == 0 {
			now += r.Int64N(60)
			check(t, tb)
		}
	}
	check(t, tb)
}

// TestEnd: an entry that somebody else ends is told as expired, and on_expire is not asked.
func TestEnd(t *testing.T) {
	var told []string
	tb, err := NewTable(Options{Values: true, Expiry: OnCreate, Interval: Fixed(10), OnExpire: func([]byte, Value) int64 { t.Error("asked"); return 1 },
		OnChange: func(what Change, key []byte, old, now Value) { told = append(told, what.String()+" "+string(key)) }})
	if err != nil {
		t.Fatal(err)
	}
	tb.Set([]byte("a"), Value{Bits: 1}, 1)
	tb.Set([]byte("b"), Value{Bits: 1}, 1)
	if !tb.End([]byte("a"), 2) || tb.End([]byte("a"), 2) || tb.End([]byte("c"), 2) {
		t.Error("End does not say what was there")
	}
	if got := strings.Join(told, ", "); got != "new a, new b, expired a" || tb.Has([]byte("a"), 2) || !tb.Has([]byte("b"), 2) {
		t.Errorf("told %s", got)
	}
}
