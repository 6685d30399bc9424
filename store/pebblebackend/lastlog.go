package pebblebackend

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A log is a file of chunks like the manifest's, with a longer header: CRC, length, type, the log's number, and an offset
// up to which the log was synced when the chunk was written.
const (
	logHeader  = 19
	logTypeMin = 9 // types of this format
	logTypeMax = 12
)

// checkLastLog looks for damage in the newest log. That a log breaks off is no damage, as crashes do that, unless a later
// chunk promises that what is missing was synced. Pebble looks for such chunks from the next block on, so that what was
// changed in the last 32 KB went unnoticed with all that followed it. Older logs Pebble wants whole.
func checkLastLog(fs vfs.FS, dir string) error {
	name, number, err := lastLog(fs, dir)
	if name == "" || err != nil {
		return err
	}
	f, err := fs.Open(fs.PathJoin(dir, name), vfs.SequentialReadsOption)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if at := brokenPromise(b, uint32(number)); at >= 0 {
		return damaged(fmt.Errorf("%s: %w at byte %d of %d", name, errRot, at, len(b)))
	}
	return nil
}

func lastLog(fs vfs.FS, dir string) (name string, number uint64, err error) {
	names, err := fs.List(dir)
	for _, n := range names {
		digits, ok := strings.CutSuffix(n, ".log")
		if v, err := strconv.ParseUint(digits, 10, 64); ok && err == nil && v >= number {
			name, number = n, v
		}
	}
	return name, number, err
}

// brokenPromise returns where a log breaks off before a place that was synced, -1 if it does not.
func brokenPromise(b []byte, number uint32) int {
	at := 0
	for end, ok := 0, true; ok; at = end {
		if end, _, ok = logChunk(b, at, number); !ok {
			break
		}
	}
	for i := at + 1; i+logHeader <= len(b); i++ {
		if b[i+6] < logTypeMin || b[i+6] > logTypeMax || binary.LittleEndian.Uint32(b[i+7:]) != number {
			continue
		}
		if _, synced, ok := logChunk(b, i, number); ok && synced > uint64(at) {
			return at
		}
	}
	return -1
}

// logChunk reads the chunk at b[at:], or the padding before the next block, and returns where it ends and the offset that
// it says was synced.
func logChunk(b []byte, at int, number uint32) (end int, synced uint64, ok bool) {
	if left := blockSize - at%blockSize; left < logHeader {
		return at + left, 0, at+left <= len(b)
	}
	if at+logHeader > len(b) {
		return 0, 0, false
	}
	h := b[at : at+logHeader]
	end = at + logHeader + int(binary.LittleEndian.Uint16(h[4:]))
	if h[6] < logTypeMin || h[6] > logTypeMax || binary.LittleEndian.Uint32(h[7:]) != number ||
		end > len(b) || at/blockSize != (end-1)/blockSize || !checksum(b[at:end]) {
		return 0, 0, false
	}
	return end, binary.LittleEndian.Uint64(h[11:]), true
}
