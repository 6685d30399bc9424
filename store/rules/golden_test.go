package rules

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// recordings are values and whole messages recorded from a real Broker; see tests/interop/testdata.
const recordings = "../../tests/interop/testdata/"

// golden returns the recorded values, and byte strings that Broker was asked to decode.
func golden(t testing.TB) (raw [][]byte) {
	t.Helper()
	var data struct {
		Vectors   []struct{ Bin string }
		BinDecode []struct{ Bin string } `json:"bin_decode"`
	}
	b, err := os.ReadFile(recordings + "data.json")
	if err == nil {
		err = json.Unmarshal(b, &data)
	}
	for _, v := range append(data.Vectors, data.BinDecode...) {
		bin, bad := hex.DecodeString(v.Bin)
		if bad != nil {
			err = bad
		}
		raw = append(raw, bin)
	}
	if err != nil || len(raw) < 100 {
		t.Fatalf("data.json: %v, %d values", err, len(raw))
	}
	return raw
}
