package container

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// moment is something done to a table at a time, and what comes of it: the answer, then what the hooks were told.
type moment struct {
	at   int64
	do   string
	want string
}

// scripted is a table whose hooks write down what they are told.
type scripted struct {
	tb   *Table
	told []string
	keep map[string]int64 // what OnExpire answers, once
}

func newScripted(t *testing.T, o Options) *scripted {
	s := &scripted{keep: map[string]int64{}}
	o.OnChange = func(what Change, key []byte, old, now Value) {
		if what == New || what == Changed {
			old = now
		}
		s.told = append(s.told, fmt.Sprintf("%v %s=%d", what, key, old.Bits))
	}
	o.OnExpire = func(key []byte, v Value) int64 {
		k := s.keep[string(key)]
		delete(s.keep, string(key))
		s.told = append(s.told, fmt.Sprintf("ask %s=%d", key, v.Bits))
		return k
	}
	s.tb = mustTable(t, o)
	return s
}

func (s *scripted) do(at int64, what string) string {
	f := strings.Fields(what)
	key, n := "", int64(0)
	if len(f) > 1 {
		key = f[1]
	}
	if len(f) > 2 {
		fmt.Sscan(f[2], &n)
	}
	s.told = nil
	var answer any
	switch f[0] {
	case "set":
		_, answer = s.tb.Set([]byte(key), Value{Bits: uint64(n)}, at)
	case "has":
		answer = s.tb.Has([]byte(key), at)
	case "get":
		v, ok := s.tb.Get([]byte(key), at)
		answer = fmt.Sprint(v.Bits, ok)
	case "remove":
		_, answer = s.tb.Remove([]byte(key), at)
	case "len":
		answer = s.tb.Len(at)
	case "each":
		answer = strings.Join(contents(s.tb, at), ",")
	case "expire":
		answer = s.tb.Expire(at, 1000)
	case "next":
		answer = s.tb.NextExpiry()
		if answer == int64(Never) {
			answer = "never"
		}
	case "rebase":
		s.tb.Rebase(at)
		answer = "ok"
	case "keep":
		s.keep[key] = n
		answer = "ok"
	}
	return strings.Join(append([]string{fmt.Sprint(answer)}, s.told...), "; ")
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		expiry Expiry
		script []moment
	}{
		{"strictly later than the interval", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{1, "next", "102"},
			{101, "has a", "true"},
			{101, "expire", "false"},
			{102, "expire", "false; ask a=1; expired a=1"},
			{102, "next", "never"},
		}},
		{"created: kept on overwrite", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "set a 2", "true; changed a=2"},
			{102, "has a", "false; ask a=2; expired a=2"},
		}},
		{"created: kept on read", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "get a", "1 true"},
			{102, "expire", "false; ask a=1; expired a=1"},
		}},
		{"written: new on assignment", OnWrite, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "set a 2", "true; changed a=2"},
			{190, "get a", "2 true"},
			{191, "get a", "0 false; ask a=2; expired a=2"},
		}},
		{"written: kept on read", OnWrite, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "get a", "1 true"},
			{90, "has a", "true"},
			{102, "has a", "false; ask a=1; expired a=1"},
		}},
		{"read: new on lookup", OnRead, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "get a", "1 true"},
			{180, "has a", "true"},
			{280, "has a", "true"},
			{381, "has a", "false; ask a=1; expired a=1"},
		}},
		{"read: new on assignment", OnRead, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "set a 2", "true; changed a=2"},
			{190, "expire", "false"},
			{191, "expire", "false; ask a=2; expired a=2"},
		}},
		{"read: walking and counting is not reading", OnRead, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "each", "a=1"},
			{90, "len", "1"},
			{102, "expire", "false; ask a=1; expired a=1"},
		}},
		{"read: a failed lookup is none", OnRead, []moment{
			{1, "set a 1", "false; new a=1"},
			{90, "has b", "false"},
			{102, "each", "; ask a=1; expired a=1"},
		}},
		{"overdue is gone, for a lookup once", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{500, "get a", "0 false; ask a=1; expired a=1"},
			{500, "get a", "0 false"},
			{500, "expire", "false"},
		}},
		{"overdue is gone for a removal", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{500, "remove a", "false; ask a=1; expired a=1"},
		}},
		{"overdue is gone for a count and a walk", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{50, "set b 2", "false; new b=2"},
			{102, "each", "b=2; ask a=1; expired a=1"},
			{500, "len", "0; ask b=2; expired b=2"},
		}},
		{"overdue is gone for an assignment", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{500, "set a 2", "false; ask a=1; expired a=1; new a=2"},
			{600, "has a", "true"},
			{601, "has a", "false; ask a=2; expired a=2"},
		}},
		{"prolonged from now, not from the deadline", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{1, "keep a 30", "ok"},
			{200, "expire", "false; ask a=1"},
			{200, "next", "231"},
			{230, "has a", "true"},
			{231, "has a", "false; ask a=1; expired a=1"},
		}},
		{"prolonged beyond the interval", OnWrite, []moment{
			{1, "set a 1", "false; new a=1"},
			{1, "keep a 1000", "ok"},
			{200, "has a", "true; ask a=1"},
			{1200, "has a", "true"},
			{1201, "has a", "false; ask a=1; expired a=1"},
		}},
		{"prolonged for ever", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{1, "keep a 9223372036854775807", "ok"},
			{200, "has a", "true; ask a=1"},
			{200, "next", "102"}, // early: nobody has looked at the segment since
			{200, "expire", "false"},
			{200, "next", "never"},
			{9000000000000000000, "has a", "true"},
		}},
		{"prolonged by less than nothing", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{1, "keep a -5", "ok"},
			{200, "has a", "false; ask a=1; expired a=1"},
		}},
		{"a read makes a prolonged entry an ordinary one", OnRead, []moment{
			{1, "set a 1", "false; new a=1"},
			{1, "keep a 10", "ok"},
			{200, "has a", "true; ask a=1"},
			{300, "has a", "true"},
			{401, "has a", "false; ask a=1; expired a=1"},
		}},
		{"prolonged, then those who came later go first", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{2, "set b 2", "false; new b=2"},
			{2, "keep a 50", "ok"},
			{102, "expire", "false; ask a=1"},
			{110, "expire", "false; ask b=2; expired b=2"},
			{153, "expire", "false; ask a=1; expired a=1"},
		}},
		{"removed is not expired", OnCreate, []moment{
			{1, "set a 1", "false; new a=1"},
			{2, "remove a", "true; removed a=1"},
			{500, "expire", "false"},
		}},
		{"before the clock starts nothing expires", OnCreate, []moment{
			{0, "set a 1", "false; new a=1"},
			{0, "next", "never"},
			{0, "expire", "false"},
			{1000, "rebase", "ok"},
			{1000, "next", "1101"},
			{1050, "set b 2", "false; new b=2"},
			{1100, "has a", "true"},
			{1101, "has a", "false; ask a=1; expired a=1"},
			{1151, "expire", "false; ask b=2; expired b=2"},
		}},
		{"the first time seen starts the clock", OnRead, []moment{
			{0, "set a 1", "false; new a=1"},
			{1000, "has b", "false"},
			{1000, "each", "a=1"},
			{1101, "each", "; ask a=1; expired a=1"},
		}},
		{"the clock does not run backwards", OnWrite, []moment{
			{1000, "set a 1", "false; new a=1"},
			{500, "set b 2", "false; new b=2"},
			{1100, "each", "a=1,b=2"},
			{1101, "len", "0; ask a=1; expired a=1; ask b=2; expired b=2"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newScripted(t, Options{Values: true, Expiry: tt.expiry, Interval: Fixed(100)})
			runScript(t, s, tt.script)
		})
	}
}

func runScript(t *testing.T, s *scripted, script []moment) {
	t.Helper()
	for _, m := range script {
		if got := s.do(m.at, m.do); got != m.want {
			t.Errorf("%d: %s: got %q, want %q", m.at, m.do, got, m.want)
		}
		check(t, s.tb)
	}
}

// setting is an interval that changes, as an option does.
type setting struct{ d int64 }

func (s *setting) Nanoseconds() int64 { return s.d }

func TestIntervalIsLookedAtEachTime(t *testing.T) {
	t.Parallel()
	o := &setting{100}
	s := newScripted(t, Options{Values: true, Expiry: OnCreate, Interval: o})
	runScript(t, s, []moment{{1, "set a 1", "false; new a=1"}, {50, "set b 2", "false; new b=2"}, {50, "next", "102"}})
	o.d = 10
	runScript(t, s, []moment{{50, "next", "12"}, {50, "has a", "false; ask a=1; expired a=1"}, {50, "expire", "false"}, {50, "next", "61"}})
	o.d = -1
	runScript(t, s, []moment{{50, "next", "never"}, {5000, "has b", "true"}, {5000, "expire", "false"}})
	o.d = 0
	runScript(t, s, []moment{{50, "set c 3", "false; new c=3"}, {5000, "has c", "true"}, {5001, "each", "; ask b=2; expired b=2; ask c=3; expired c=3"}})
	o.d = Never
	runScript(t, s, []moment{{6000, "set d 4", "false; new d=4"}, {6000, "next", "never"}, {Never, "has d", "true"}})
}

func TestExpireOrder(t *testing.T) {
	t.Parallel()
	var order []string
	tb := mustTable(t, Options{
		KeyWidth: 16, Expiry: OnCreate, Interval: Fixed(10),
		OnChange: func(what Change, key []byte, _, _ Value) {
			if what == Expired {
				order = append(order, string(key))
			}
		},
	})
	const n = 5000
	var want []string
	for i := range uint64(n) {
		tb.Add(addr(i), int64(i/100)+1) // many at one time
		if i%3 == 0 {
			tb.Remove(addr(i), 1)
		} else {
			want = append(want, string(addr(i)))
		}
	}
	for tb.Expire(n, 7) {
	}
	if !slices.Equal(order, want) {
		t.Error("create expiry is not in order of insertion")
	}
}

func TestLenSweepsABoundedNumber(t *testing.T) {
	t.Parallel()
	tb := mustTable(t, Options{KeyWidth: 16, Expiry: OnWrite, Interval: Fixed(10)})
	for i := range uint64(10000) {
		tb.Add(addr(i), 1)
	}
	if n := tb.Len(1000); n == 0 || n > 10000-lenBudget/2 {
		t.Errorf("got %d entries left of 10000", n)
	}
	if tb.Has(addr(9999), 1000) {
		t.Error("an overdue entry is visible")
	}
}
