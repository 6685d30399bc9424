package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// bin makes bytes of hexadecimal digits with blanks for the reader.
func bin(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// v4Zeros are the ten zero bytes and two of ff in front of an IPv4 address.
const v4Zeros = "00000000000000000000ffff"

// TestConformance is S01 to S16 and S21 of the conformance cases, as far as
// they are about bytes.
func TestConformance(t *testing.T) {
	t.Parallel()
	set, err := broker.NewSet(broker.String("hello world"), broker.Count(1), broker.Boolean(false))
	if err != nil {
		t.Fatal(err)
	}
	table, err := broker.NewTable(
		broker.TableItem{Key: broker.Count(2), Value: broker.String("world")},
		broker.TableItem{Key: broker.Count(1), Value: broker.String("hello")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := broker.ParseSubnet("192.168.9.8/24")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		data broker.Data
		want string
	}{
		{"S01 nil", nil, "00"},
		{"S01 none", broker.None{}, "00"},
		{"S01 true", broker.Boolean(true), "0101"},
		{"S01 false", broker.Boolean(false), "0100"},
		{"S02 small count", broker.Count(42), "02 000000000000002a"},
		{"S02 large count", broker.Count(math.MaxUint64), "02 ffffffffffffffff"},
		{"S03 integer", broker.Integer(-1234567890), "03 ffffffffb669fd2e"},
		{"S04 12.48", broker.Real(12.48), "04 4028f5c28f5c28f6"},
		{"S04 2.5", broker.Real(2.5), "04 4004000000000000"},
		{"S04 -0.0", broker.Real(math.Copysign(0, -1)), "04 8000000000000000"},
		{"infinity", broker.Real(math.Inf(1)), "04 fff0000000000000"},
		{"minus infinity", broker.Real(math.Inf(-1)), "04 7ff0000000000000"},
		{"NaN", broker.Real(math.NaN()), "04 ffffffffffffffff"},
		{"subnormal", broker.Real(5e-324), "04 0000000000000000"},
		{"negative subnormal", broker.Real(-1e-310), "04 8000000000000000"},
		{"S05 string", broker.String("hello world"), "05 0b 68656c6c6f20776f726c64"},
		{"S07 IPv4", broker.AddressFrom4([4]byte{192, 168, 9, 8}), "06 " + v4Zeros + "c0a80908"},
		{"S08 subnet", subnet, "07 " + v4Zeros + "c0a80900 78"},
		{"S09 tcp", broker.Port{Number: 8080, Proto: broker.TCP}, "08 1f90 01"},
		{"S09 udp", broker.Port{Number: 9000, Proto: broker.UDP}, "08 2328 02"},
		{"S09 icmp", broker.Port{Number: 8, Proto: broker.ICMP}, "08 0008 03"},
		{"S10 timestamp", broker.Timestamp(1404901004000000000), "09 137f360508027800"},
		{"S10 timespan", 23 * broker.Second, "0a 000000055ae82600"},
		{"enum", broker.Enum("foo"), "0b 03 666f6f"},
		{"S11 set", set, "0c03 0100 020000000000000001 050b68656c6c6f20776f726c64"},
		{"S12 table", table, "0d02 020000000000000001 050568656c6c6f 020000000000000002 0505776f726c64"},
		{"vector", broker.Vector{broker.Integer(1), nil}, "0e02 030000000000000001 00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := wire.AppendData(nil, tt.data)
			if want := bin(t, tt.want); !bytes.Equal(got, want) {
				t.Fatalf("encoded %x, want %x", got, want)
			}
			back, err := wire.DecodeData(got)
			if err != nil {
				t.Fatal(err)
			}
			if again := wire.AppendData(nil, back); !bytes.Equal(again, got) {
				t.Errorf("encoded again %x, want %x", again, got)
			}
		})
	}
	long := wire.AppendString(nil, strings.Repeat("a", 300))
	if len(long) != 303 || !bytes.HasPrefix(long, bin(t, "05 ac02 61")) {
		t.Errorf("S06: %d bytes, start %x", len(long), long[:4])
	}
}

func TestEncodeZeroValues(t *testing.T) {
	t.Parallel()
	for k := broker.KindNone; k.Valid(); k++ {
		b := wire.AppendData(nil, broker.Zero(k))
		if broker.Kind(b[0]) != k {
			t.Errorf("zero %v starts with %d", k, b[0])
		}
		d, err := wire.DecodeData(b)
		if err != nil || !broker.Equal(d, broker.Zero(k)) {
			t.Errorf("zero %v came back as %v, %v", k, d, err)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   string
		want error
	}{
		{"nothing", "", wire.ErrEmpty},
		{"S19 unknown tag", "0f", wire.ErrTag},
		{"S19 protocol 4", "08 0050 04", wire.ErrProto},
		{"S18 equal elements", "0c 02 0101 0101", wire.ErrDuplicate},
		{"equal keys", "0d 02 0101 00 0101 00", wire.ErrDuplicate},
		{"equal but for the bytes", "0c 02 0101 0102", wire.ErrDuplicate},
		{"both zeros", "0c 02 040000000000000000 048000000000000000", wire.ErrDuplicate},
		{"zero and what Broker reads as a subnormal", "0c 02 040000000000000000 040000000000000001", wire.ErrDuplicate},
		{"NaN beside a real", "0c 02 04ffffffffffffffff 043ff0000000000000", wire.ErrDuplicate},
		{"two NaNs", "0c 02 04ffffffffffffffff 04ffffffffffffffff", wire.ErrDuplicate},
		{"duplicate in an inner set", "0e 01 0c 02 00 00", wire.ErrDuplicate},
		{"S20 trailing byte", "02 000000000000002a 00", wire.ErrTrailing},
		{"count cut short", "02 0000", wire.ErrTruncated},
		{"string longer than the rest", "05 02 61", wire.ErrTruncated},
		{"more elements than bytes", "0e ffffffff0f", wire.ErrTruncated},
		{"more items than pairs of bytes", "0d 02 00 00 00", wire.ErrTruncated},
		{"length without end", "05 80", wire.ErrTruncated},
		{"length of six bytes", "05 808080808000", wire.ErrVarbyte},
		{"length of 33 bits", "05 8080808010", wire.ErrVarbyte},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := wire.DecodeData(bin(t, tt.in))
			if !errors.Is(err, tt.want) || !errors.Is(err, broker.ErrDeserializationFailed) {
				t.Errorf("got %v, %v, want %v", d, err, tt.want)
			}
		})
	}
}

func TestDecodeAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, canonical string
	}{
		{"boolean 2", "01 02", "01 01"},
		{"long length", "05 8300 616263", "05 03 616263"},
		{"longest length", "05 8380808000 616263", "05 03 616263"},
		{"unsorted set", "0c 02 0101 0100", "0c 02 0100 0101"},
		{"unsorted table", "0d 02 0101 00 0100 00", "0d 02 0100 00 0101 00"},
		{"lone NaN in a set", "0c 02 0500 04ffffffffffffffff", "0c 02 04ffffffffffffffff 0500"},
		{"usual NaN", "04 7ff8000000000000", "04 fff0000000000000"},
		{"usual negative NaN", "04 fff8000000000000", "04 7ff0000000000000"},
		{"almost the smallest normal", "04 000fffffffffffff", "04 0010000000000000"},
		{"length byte 255 of a subnet", "07 " + v4Zeros + "0a000000 ff", "07 " + v4Zeros + "0a000000 ff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := wire.DecodeData(bin(t, tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := wire.AppendData(nil, d), bin(t, tt.canonical); !bytes.Equal(got, want) {
				t.Errorf("encoded %x, want %x", got, want)
			}
		})
	}
}

// TestTruncation is S17: no proper prefix of a value is a value.
func TestTruncation(t *testing.T) {
	t.Parallel()
	whole := bin(t, "0d02 020000000000000001 050568656c6c6f 0c01 06"+v4Zeros+"01020304 0e02 080050 01 0b0161")
	if _, err := wire.DecodeData(whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if d, err := wire.DecodeData(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes accepted as %s", n, len(whole), broker.Text(d))
		}
	}
}

func TestDepthLimit(t *testing.T) {
	t.Parallel()
	nested := func(n int) []byte {
		b := bytes.Repeat([]byte{byte(broker.KindVector), 1}, n)
		return append(b, byte(broker.KindNone))
	}
	if _, err := wire.DecodeData(nested(wire.MaxDepth)); err != nil {
		t.Errorf("%d vectors: %v", wire.MaxDepth, err)
	}
	if _, err := wire.DecodeData(nested(wire.MaxDepth + 1)); !errors.Is(err, wire.ErrDepth) {
		t.Errorf("%d vectors: got %v, want %v", wire.MaxDepth+1, err, wire.ErrDepth)
	}
	if _, err := wire.DecodeData(nested(1 << 20)); !errors.Is(err, wire.ErrDepth) {
		t.Errorf("a million vectors: got %v, want %v", err, wire.ErrDepth)
	}
}

func TestDecodedValueOwnsItsBytes(t *testing.T) {
	t.Parallel()
	b := wire.AppendData(nil, broker.Vector{broker.String("abc"), broker.Enum("x")})
	d, err := wire.DecodeData(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	if want := (broker.Vector{broker.String("abc"), broker.Enum("x")}); !broker.Equal(d, want) {
		t.Errorf("value changed with its input: %s", broker.Text(d))
	}
}

func TestDecodeErrorNamesOffset(t *testing.T) {
	t.Parallel()
	_, err := wire.DecodeData(bin(t, "0e 02 0101 0f"))
	if err == nil || !strings.Contains(err.Error(), "byte 4") {
		t.Errorf("got %v, want an error at byte 4", err)
	}
}

func TestReaderWalks(t *testing.T) {
	t.Parallel()
	b := wire.AppendVectorHeader(nil, 3)
	b = wire.AppendString(b, "hi")
	b = wire.AppendTableHeader(b, 1)
	b = wire.AppendInteger(wire.AppendCount(b, 7), -7)
	b = wire.AppendBoolean(b, true)
	r := wire.NewReader(b)
	if k, err := r.Kind(); k != broker.KindVector || err != nil {
		t.Fatalf("kind %v, %v", k, err)
	}
	if n, err := r.Len(); n != 3 || err != nil {
		t.Fatalf("length %d, %v", n, err)
	}
	bookmark := r
	if err := r.Skip(); err != nil || r.Offset() != 6 {
		t.Errorf("skipped to %d, %v", r.Offset(), err)
	}
	if d, err := r.Data(); err != nil || broker.Text(d) != "{7 -> -7}" {
		t.Errorf("value %v, %v", d, err)
	}
	if got := r.Rest(); !reflect.DeepEqual(got, []byte{1, 1}) || r.Remaining() != 2 {
		t.Errorf("rest %x, %d left", got, r.Remaining())
	}
	if _, err := bookmark.Kind(); err != nil {
		t.Fatal(err)
	}
	if s, err := bookmark.Bytes(); string(s) != "hi" || err != nil {
		t.Errorf("string %q, %v", s, err)
	}
	var zero wire.Reader
	if _, err := zero.Kind(); !errors.Is(err, wire.ErrTruncated) {
		t.Errorf("zero reader: %v", err)
	}
}

// TestReaderLen: who makes slices by Len relies on it, without Skip before.
func TestReaderLen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		n        int
		err      error
	}{
		{"vector that can be", "0e 02 00 00", 2, nil},
		{"vector that can't be", "0e 03 00 00", 0, wire.ErrTruncated},
		{"set that can't be", "0c 03 00 00", 0, wire.ErrTruncated},
		{"table that can be", "0d 01 00 00", 1, nil},
		{"table that can't be", "0d 02 00 00", 0, wire.ErrTruncated},
		{"largest count", "0e ffffffff0f 00", 0, wire.ErrTruncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := wire.NewReader(bin(t, tt.in))
			if _, err := r.Kind(); err != nil {
				t.Fatal(err)
			}
			if n, err := r.Len(); n != tt.n || !errors.Is(err, tt.err) {
				t.Errorf("got %d, %v, want %d, %v", n, err, tt.n, tt.err)
			}
		})
	}
}
