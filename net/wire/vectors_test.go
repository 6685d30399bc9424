package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/internal/vectors"
	"moonpeer/net/wire"
)

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors.LoadData(t).Vectors {
		d, err := wire.DecodeData(v.Bin)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		if got := wire.AppendData(nil, d); !bytes.Equal(got, v.Bin) {
			t.Errorf("%s: encoded %x, want %x", v.Name, got, v.Bin)
		}
		wantKind := v.Type
		if wantKind == "enum-value" {
			wantKind = broker.KindEnum.String()
		}
		if got := d.Kind().String(); got != wantKind {
			t.Errorf("%s: kind %s, want %s", v.Name, got, wantKind)
		}
	}
}

// TestVectorReals starts from the doubles, which the other test can't see.
func TestVectorReals(t *testing.T) {
	t.Parallel()
	deviations := vectors.NewDeviations(map[string]string{
		"real-denorm-min":    "Broker writes garbage, a huge negative number; we write 0",
		"real-denorm-2e-310": "the same",
	})
	ieee := regexp.MustCompile(`ieee754 bits 0x([0-9a-f]{16})`)
	seen := 0
	for _, v := range vectors.LoadData(t).Vectors {
		m := ieee.FindStringSubmatch(v.Value)
		if m == nil {
			continue
		}
		seen++
		bits, err := strconv.ParseUint(m[1], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		deviations.Check(t, v.Name, realProblem(math.Float64frombits(bits), v.Bin))
	}
	deviations.Done(t)
	if seen < 20 {
		t.Errorf("only %d reals among the vectors", seen)
	}
}

func realProblem(f float64, want []byte) string {
	if got := wire.AppendReal(nil, f); !bytes.Equal(got, want) {
		return fmt.Sprintf("%v encoded %x, want %x", f, got, want)
	}
	r := wire.NewReader(want[1:])
	got, err := r.Real()
	if err != nil || math.Float64bits(got) != math.Float64bits(f) && !(got != got && f != f) {
		return fmt.Sprintf("decoded %v (%v), want %v", got, err, f)
	}
	return ""
}

func TestVectorDecoding(t *testing.T) {
	t.Parallel()
	for _, v := range vectors.LoadData(t).BinDecode {
		d, err := wire.DecodeData(v.Bin)
		if !v.OK {
			if err == nil {
				t.Errorf("%s: accepted as %s", v.Name, broker.Text(d))
			} else if !errors.Is(err, broker.ErrDeserializationFailed) {
				t.Errorf("%s: %v is no deserialization_failed", v.Name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		text := []byte(v.TextHex)
		if v.Text != nil {
			text = []byte(*v.Text)
		}
		if got := broker.AppendText(nil, d); !bytes.Equal(got, text) {
			t.Errorf("%s: text %q, want %q", v.Name, got, text)
		}
		if got := wire.AppendData(nil, d); !bytes.Equal(got, v.Reencoded) {
			t.Errorf("%s: re-encoded %x, want %x", v.Name, got, v.Reencoded)
		}
	}
}

func TestVectorVarbytes(t *testing.T) {
	t.Parallel()
	for _, v := range vectors.LoadData(t).Varbyte {
		if got := wire.AppendVarbyte(nil, v.Value); !bytes.Equal(got, v.Bin) {
			t.Errorf("%d: %x, want %x", v.Value, got, v.Bin)
		}
	}
}
