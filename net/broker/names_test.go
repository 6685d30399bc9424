package broker

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEndpointID(t *testing.T) {
	t.Parallel()
	const text = "925c9110-5b87-47d9-9d80-b65568e87a44"
	id, err := ParseEndpointID(text)
	if err != nil || id.String() != text || id.IsZero() {
		t.Fatalf("got %v, %v", id, err)
	}
	for _, in := range []string{strings.ToUpper(text), " \t" + text + "\n"} {
		if got, err := ParseEndpointID(in); err != nil || got != id {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
	for _, in := range []string{
		"", "925c9110", strings.ReplaceAll(text, "-", ""), text + "0", text[:35] + "g",
		strings.Replace(text, "-", "_", 1), "925c91105-b87-47d9-9d80-b65568e87a44",
	} {
		if got, err := ParseEndpointID(in); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
	zero, err := ParseEndpointID("00000000-0000-0000-0000-000000000000")
	if err != nil || !zero.IsZero() {
		t.Errorf("nobody: %v, %v", zero, err)
	}
	// What Broker's parser refuses, but its wire lets through.
	if _, err := ParseEndpointID("ffffffff-ffff-ffff-ffff-ffffffffffff"); err != nil {
		t.Error(err)
	}
	if (EndpointID{0: 0x7f}).Compare(EndpointID{0: 0x80}) != -1 {
		t.Error("ids compare by signed bytes")
	}
}

func TestNewEndpointID(t *testing.T) {
	t.Parallel()
	var random [16]byte
	for i := range random {
		random[i] = 0xff
	}
	if got := NewEndpointID(random).String(); got != "ffffffff-ffff-4fff-bfff-ffffffffffff" {
		t.Errorf("of ones: %s", got)
	}
	if got := NewEndpointID([16]byte{}).String(); got != "00000000-0000-4000-8000-000000000000" {
		t.Errorf("of zeros: %s", got)
	}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	joins := []struct{ a, b, want string }{
		{"/foo", "bar", "/foo/bar"},
		{"/foo", "/bar", "/foo/bar"},
		{"/foo/", "bar", "/foo//bar"},
		{"", "bar", "bar"},
		{"/foo", "bar/", "/foo/bar"},
		{"/foo", "", "/foo"},
		{"", "", ""},
	}
	for _, tt := range joins {
		if got := JoinTopic(tt.a, tt.b); got != tt.want {
			t.Errorf("join %q and %q: got %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
	if got := strings.Join(SplitTopic("//foo/bar//é/"), "|"); got != "foo|bar|é" {
		t.Errorf("split: %q", got)
	}
	names := []struct{ got, want string }{
		{MasterTopic("scans"), "scans/<$>/data/master"},
		{MasterTopic("scans/"), "scans//<$>/data/master"},
		{CloneTopic("scans"), "scans/<$>/data/clone"},
		{StoreEventTopic("scans"), "<$>/local/data/store-events/scans"},
	}
	for _, tt := range names {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if !IsLocalTopic(StatusTopic) || !IsLocalTopic(ErrorTopic) || IsLocalTopic(ReservedTopic) || IsLocalTopic(MasterTopic("x")) {
		t.Error("local topics are wrong")
	}
}

// TestFilter is S53, and how prefixes leave again.
func TestFilter(t *testing.T) {
	t.Parallel()
	start := []string{"/zeek", "/foo/bar", "/foo/baz", "/foo/bar/x"}
	tests := []struct {
		name    string
		change  func(*Filter) bool
		want    string
		changed bool
	}{
		{"as it is", func(*Filter) bool { return false }, "/foo/bar /foo/baz /zeek", false},
		{"broader", func(f *Filter) bool { return f.Add("/foo") }, "/foo /zeek", true},
		{"beside", func(f *Filter) bool { return f.Add("/foo/boo") }, "/foo/bar /foo/baz /foo/boo /zeek", true},
		{"covered", func(f *Filter) bool { return f.Add("/zeek/x") }, "/foo/bar /foo/baz /zeek", false},
		{"there", func(f *Filter) bool { return f.Add("/zeek") }, "/foo/bar /foo/baz /zeek", false},
		{"everything", func(f *Filter) bool { return f.Add("") }, "", true},
		{"remove", func(f *Filter) bool { return f.Remove("/foo/bar") }, "/foo/baz /zeek", true},
		{"remove what is not there", func(f *Filter) bool { return f.Remove("/foo") }, "/foo/bar /foo/baz /zeek", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := NewFilter(start...)
			changed := tt.change(&f)
			if got := strings.Join(f, " "); got != tt.want || changed != tt.changed {
				t.Errorf("got %q, %v, want %q, %v", got, changed, tt.want, tt.changed)
			}
		})
	}
	if start[0] != "/zeek" {
		t.Error("NewFilter changed its arguments")
	}
	var empty Filter
	if empty.Match("") || !NewFilter("").Match("") || !NewFilter("").Match("/x") || !NewFilter("a", "a").Equal(Filter{"a"}) {
		t.Error("empty filter and empty prefix are mixed up")
	}
}

// TestFilterAgainstList compares with the plain way of doing it.
func TestFilterAgainstList(t *testing.T) {
	t.Parallel()
	topic := rapid.StringMatching(`[ab/]{0,5}`)
	rapid.Check(t, func(t *rapid.T) {
		prefixes := rapid.SliceOfN(topic, 0, 8).Draw(t, "prefixes")
		all := NewFilter(prefixes...)
		var oneByOne Filter
		for _, p := range prefixes {
			oneByOne.Add(p)
		}
		if !oneByOne.Equal(all) {
			t.Fatalf("one by one %q, at once %q", oneByOne, all)
		}
		s := topic.Draw(t, "topic")
		want := false
		for _, p := range prefixes {
			want = want || strings.HasPrefix(s, p)
		}
		if all.Match(s) != want || all.MatchBytes([]byte(s)) != want {
			t.Fatalf("%q in %q: %v and %v, want %v", s, all, all.Match(s), all.MatchBytes([]byte(s)), want)
		}
	})
}

func TestMatchWithoutAllocation(t *testing.T) {
	f := NewFilter("/a", "/b", "/zeek/event/")
	topic := []byte("/zeek/event/" + strings.Repeat("x", 100))
	if n := testing.AllocsPerRun(100, func() { f.MatchBytes(topic) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// FuzzTexts feeds text to every parser. What is read prints as something that
// is read as the same.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{
		"1.2.3.4", "01.2.3.4", "::ffff:1.2.3.4", "2001:db8::/32", "10.0.0.0/8", "80/tcp", "42/x", "1.5s", "-3e9ns", "5 min",
		"1 day", "2014-07-09T10:16:44.5+02:00", "925c9110-5b87-47d9-9d80-b65568e87a44", "", "/", "::",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ParseAddress(s); err == nil {
			same(t, s, a, ParseAddress, Address.String)
		}
		if n, err := ParseSubnet(s); err == nil {
			if !n.Valid() || n.Net.Mask(n.Len) != n.Net {
				t.Fatalf("%q: subnet %+v", s, n)
			}
			same(t, s, n, ParseSubnet, Subnet.String)
		}
		if p, err := ParsePort(s); err == nil {
			same(t, s, p, ParsePort, Port.String)
		}
		if d, err := ParseTimespan(s); err == nil {
			same(t, s, d, ParseTimespan, func(d Timespan) string { return string(d.AppendUnits(nil)) })
		}
		if d, err := ParseInterval(s); err == nil {
			same(t, s, d, ParseInterval, FormatInterval)
		}
		if p, err := ParseTimestamp(s); err == nil {
			same(t, s, p, ParseTimestamp, func(p Timestamp) string { return string(p.AppendISO(nil, 9)) })
		}
		if id, err := ParseEndpointID(s); err == nil {
			same(t, s, id, ParseEndpointID, EndpointID.String)
		}
	})
}

func same[T comparable](t *testing.T, in string, v T, parse func(string) (T, error), format func(T) string) {
	t.Helper()
	if again, err := parse(format(v)); err != nil || again != v {
		t.Fatalf("%q read as %v, printed as %q, read as %v, %v", in, v, format(v), again, err)
	}
}
