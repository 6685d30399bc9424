// Package interop compares with real Brokers and Zeeks. Its testdata is used
// by the tests of the codecs, too.
package interop

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestVectorsAreTheRecordedOnes compares the copies in testdata with the
// recordings, where these are at hand.
func TestVectorsAreTheRecordedOnes(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("MOONPEER_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	} else if !filepath.IsAbs(shared) {
		shared = filepath.Join("..", "..", shared)
	}
	for _, name := range []string{"data.json", "messages.json"} {
		t.Run(name, func(t *testing.T) {
			original, err := os.ReadFile(filepath.Join(shared, "vectors", name))
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("no recordings to compare with: %v (MOONPEER_SHARED names their folder)", err)
			} else if err != nil {
				t.Fatal(err)
			}
			ours, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			want, got := sections(t, original), sections(t, ours)
			for _, prose := range []string{"about", "notes"} {
				delete(want, prose) // left out on purpose; testdata/README.md stands for them
			}
			if !reflect.DeepEqual(got, want) {
				t.Error("the copy differs from the recording")
			}
		})
	}
}

func sections(t *testing.T, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
