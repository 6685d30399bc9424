package broker

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestKindOrder is S13: the default values of all kinds, by kind.
func TestKindOrder(t *testing.T) {
	t.Parallel()
	for a := KindNone; a.Valid(); a++ {
		if got := Zero(a).Kind(); got != a {
			t.Errorf("Zero(%v) is a %v", a, got)
		}
		for b := KindNone; b.Valid(); b++ {
			want := 0
			if a < b {
				want = -1
			} else if a > b {
				want = 1
			}
			if got := Compare(Zero(a), Zero(b)); got != want {
				t.Errorf("%v against %v: %d, want %d", a, b, got, want)
			}
		}
	}
	if Kind(15).Valid() || Kind(15).String() != "invalid" || KindEnum.String() != "enum_value" {
		t.Errorf("names: %v, %v", Kind(15), KindEnum)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	nan := Real(math.NaN())
	tests := []struct {
		name  string
		a, b  Data
		cmp   int
		equal bool
	}{
		{"S14 count and integer", Count(1), Integer(1), -1, false},
		{"S14 string and enum", String("x"), Enum("x"), -1, false},
		{"nil is none", nil, None{}, 0, true},
		{"booleans", Boolean(false), Boolean(true), -1, false},
		{"counts above 63 bits", Count(1 << 63), Count(1), 1, false},
		{"negative integers", Integer(-1), Integer(1), -1, false},
		{"unsigned bytes", String("\x7f"), String("\x80"), -1, false},
		{"prefix of a string", String("ab"), String("abc"), -1, false},
		{"both zeros", Real(0), Real(math.Copysign(0, -1)), 0, true},
		{"NaN and a real", nan, Real(1), 0, false},
		{"NaN and itself", nan, nan, 0, false},
		{"vectors with NaN", Vector{nan}, Vector{nan}, 0, false},
		{"subnets by address", Subnet{Len: 128}, Subnet{Net: Address{15: 1}}, -1, false},
		{"subnets by length", Subnet{Len: 8}, Subnet{Len: 16}, -1, false},
		{"ports by number", Port{80, UDP}, Port{81, TCP}, -1, false},
		{"ports by protocol", Port{80, ICMP}, Port{80, UDP}, 1, false},
		{"vector and longer vector", Vector{Count(1)}, Vector{Count(1), Count(0)}, -1, false},
		{"empty vectors", Vector(nil), Vector{}, 0, true},
		{"tables by value", Table{{Count(1), Count(1)}}, Table{{Count(1), Count(2)}}, -1, false},
		{"table and longer table", Table{}, Table{{nil, nil}}, -1, false},
		{"sets by kinds within", Set{Count(1)}, Set{Integer(0)}, -1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Compare(tt.a, tt.b); got != tt.cmp {
				t.Errorf("Compare %d, want %d", got, tt.cmp)
			}
			if got := Compare(tt.b, tt.a); got != -tt.cmp {
				t.Errorf("Compare backwards %d, want %d", got, -tt.cmp)
			}
			if got := Equal(tt.a, tt.b); got != tt.equal || Equal(tt.b, tt.a) != got {
				t.Errorf("Equal %v, want %v both ways", got, tt.equal)
			}
		})
	}
}

func TestNewSet(t *testing.T) {
	t.Parallel()
	elems := []Data{String("b"), Count(2), nil, Real(1), Count(1), String("a"), Vector{Count(1)}}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(elems), func(i, j int) { elems[i], elems[j] = elems[j], elems[i] })
	set, err := NewSet(slices.Clone(elems)...)
	if err != nil || Text(set) != "{nil, 1, 2, 1.000000, a, b, (1)}" {
		t.Fatalf("got %s, %v", Text(set), err)
	}
	for _, e := range elems {
		if !set.Has(e) {
			t.Errorf("%s is missing", Text(e))
		}
	}
	if set.Has(Integer(1)) || set.Has(Vector{}) {
		t.Error("elements that are none")
	}
}

func TestNewTable(t *testing.T) {
	t.Parallel()
	table, err := NewTable(TableItem{String("k"), Real(math.NaN())}, TableItem{Count(3), None{}})
	if err != nil || Text(table) != "{3 -> nil, k -> nan}" {
		t.Fatalf("got %s, %v", Text(table), err)
	}
	if v, ok := table.Get(Count(3)); !ok || v != Data(None{}) {
		t.Errorf("got %v, %v", v, ok)
	}
	if v, ok := table.Get(Integer(3)); ok {
		t.Errorf("got %v for no key", v)
	}
}

func TestContainerErrors(t *testing.T) {
	t.Parallel()
	nan := Real(math.NaN())
	tests := []struct {
		name  string
		elems []Data
		want  error
	}{
		{"twice", []Data{Count(1), Count(2), Count(1)}, ErrDuplicate},
		{"nil and none", []Data{nil, None{}}, ErrDuplicate},
		{"both zeros", []Data{Real(0), Real(math.Copysign(0, -1))}, ErrDuplicate},
		{"NaN", []Data{nan}, ErrNaN},
		{"NaN in a vector", []Data{Vector{nan}}, ErrNaN},
		{"NaN in a set in a table", []Data{Table{{nil, Set{nan}}}}, ErrNaN},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := NewSet(slices.Clone(tt.elems)...); !errors.Is(err, tt.want) {
				t.Errorf("set: got %s, %v, want %v", Text(s), err, tt.want)
			}
			var items []TableItem
			for _, e := range tt.elems {
				items = append(items, TableItem{Key: e})
			}
			if m, err := NewTable(items...); !errors.Is(err, tt.want) {
				t.Errorf("table: got %s, %v, want %v", Text(m), err, tt.want)
			}
		})
	}
}

// TestSortSetWithNaN: whatever the order on the wire, a NaN is found by its
// neighbours.
func TestSortSetWithNaN(t *testing.T) {
	t.Parallel()
	nan := Real(math.NaN())
	for _, elems := range [][]Data{
		{Real(1), Real(2), nan}, {nan, Real(1)}, {Real(-1), nan, Real(3), Count(1)}, {nan, nan},
	} {
		if s, err := SortSet(elems); !errors.Is(err, ErrDuplicate) {
			t.Errorf("got %s, %v, want %v", Text(s), err, ErrDuplicate)
		}
	}
	set, err := SortSet([]Data{String("a"), nan, Count(1)})
	if err != nil || Text(set) != "{1, nan, a}" || !set.Has(String("a")) {
		t.Errorf("alone: %s, %v", Text(set), err)
	}
	// Compare finds these in order as they stand.
	pair := func(r, n float64) Data { return Vector{Real(r), Real(n)} }
	elems := []Data{pair(5, 1), pair(math.NaN(), 2), pair(1, 3)}
	if set, err = SortSet(slices.Clone(elems)); err != nil {
		t.Fatal(err)
	}
	for _, e := range elems {
		if !set.Has(e) {
			t.Errorf("%s is not found in %s", Text(e), Text(set))
		}
	}
}

// TestText is S15 and S16, and what is beside them.
func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		want string
		in   Data
	}{
		{"({1, 2}, {a -> (T)}, nil)", Vector{Set{Count(1), Count(2)}, Table{{String("a"), Vector{Boolean(true)}}}, nil}},
		{"4.200000", Real(4.2)},
		{"-0.000000", Real(math.Copysign(0, -1))},
		{"inf", Real(math.Inf(1))},
		{"-inf", Real(math.Inf(-1))},
		{"nan", Real(math.NaN())},
		{"100000000000000000000.000000", Real(1e20)},
		{"23000000000ns", 23 * Second},
		{"1404901004000000000ns", Timestamp(1404901004e9)},
		{"80/tcp", Port{80, TCP}},
		{"foo", Enum("foo")},
		{"()", Vector{}},
		{"{}", Set{}},
		{"{a -> 1, b -> 2}", Table{{String("a"), Count(1)}, {String("b"), Count(2)}}},
		{"F", Boolean(false)},
		{"-7", Integer(-7)},
		{"18446744073709551615", Count(math.MaxUint64)},
	}
	for _, tt := range tests {
		if got := Text(tt.in); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
