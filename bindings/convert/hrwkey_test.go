package convert

import (
	"hash/fnv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// TestHRWKey compares with Zeek's hashes (zeek/frameworks.md §3.7).
func TestHRWKey(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	s := NewSpace(L)
	address := func(text string) lua.LValue {
		a, err := broker.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		return s.Address(a)
	}
	for _, c := range []struct {
		key  lua.LValue
		want uint32
	}{
		{lua.LString("a"), 0xe40c292c}, {lua.LString("10.0.0.1"), 0xdebebe8d}, {lua.LNumber(123), 0xc5b442fd},
		{s.RealOfKind(123), 0x15d2016f}, {lua.LTrue, 0x6c1151a5}, {lua.LFalse, 0x0eaff284}, {address("10.0.0.1"), 0xbb67905a},
		{s.Count(123), 0xc5b442fd},
	} {
		b, err := AppendHRWKey(nil, c.key)
		h := fnv.New32a()
		h.Write(b)
		if got := h.Sum32(); err != nil || got != c.want {
			t.Errorf("%v: %#x (%q), want %#x, err %v", c.key, got, b, c.want, err)
		}
	}
	for key, want := range map[lua.LValue]string{
		lua.LNumber(-1): "\x02\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff",
		s.Port(broker.Port{Number: 80, Proto: broker.TCP}): "\x0a\x00\x00\x00\x50\x00\x00\x00/\x00tcp\x00",
		s.Time(1_500_000_000):                              "\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x3f",
	} {
		if b, err := AppendHRWKey(nil, key); err != nil || string(b) != want {
			t.Errorf("%v: %q, want %q, err %v", key, b, want, err)
		}
	}
	for _, bad := range []lua.LValue{lua.LNil, L.NewTable(), s.Interval(1), s.None(), L.NewFunction(func(*lua.LState) int { return 0 })} {
		if _, err := AppendHRWKey(nil, bad); err == nil || !strings.Contains(err.Error(), "can't be a key") {
			t.Errorf("%v is a key: %v", bad, err)
		}
	}
}
