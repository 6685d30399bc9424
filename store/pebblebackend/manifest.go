package pebblebackend

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"
)

// inspect looks for damage that Pebble.Open would take for a store in good order that has less in it, and would then
// delete the files it does not know of: a manifest or a log that breaks off, a manifest whose marker is gone. exists is
// false if the folder has no store yet.
func inspect(fs vfs.FS, dir string) (exists bool, err error) {
	version, err := atomicfs.ReadMarker(fs, dir, "format-version")
	if err != nil {
		return false, err
	}
	if version != "" {
		v, err := strconv.ParseUint(version, 10, 64)
		if err != nil {
			return true, damaged(fmt.Errorf("format version: %w", err))
		}
		if v > uint64(pebble.FormatNewest) {
			return true, newer("Pebble's format is", v, uint64(pebble.FormatNewest))
		}
	}
	name, err := atomicfs.ReadMarker(fs, dir, "manifest")
	if err != nil {
		return true, err
	}
	if name == "" {
		return false, nothingThere(fs, dir)
	}
	f, err := fs.Open(fs.PathJoin(dir, name), vfs.SequentialReadsOption)
	if err != nil {
		return true, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return true, err
	}
	if err := checkManifest(b); err != nil {
		return true, damaged(fmt.Errorf("%s: %w", name, err))
	}
	return true, checkLastLog(fs, dir)
}

// nothingThere makes sure that a folder without a manifest has no data either. An unfinished creation has none.
func nothingThere(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if strings.HasSuffix(n, ".sst") || strings.HasSuffix(n, ".log") {
			return damaged(fmt.Errorf("%s is there, but the marker of the manifest is missing", n))
		}
	}
	return nil
}

// The manifest is a file of records in chunks, see package record of Pebble: CRC of type and payload, length, type. No
// chunk crosses a block.
const (
	blockSize   = 32 << 10
	chunkHeader = 7
	pageSize    = 4 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errRot = errors.New("a record has been changed")

// checkManifest tells a manifest that a crash has torn, which is in order, from one that was changed. What a crash
// tears is the last record: it is missing, cut, or has pages of zeros. What has a whole record after it was not torn.
func checkManifest(b []byte) error {
	for at := 0; at < len(b); {
		end, ok := chunk(b, at)
		if !ok {
			if followed(b, at) || whole(b, at) && !zeroPage(b, at) {
				return fmt.Errorf("%w at byte %d of %d", errRot, at, len(b))
			}
			return nil
		}
		at = end
	}
	return nil
}

// chunk reads the chunk at b[at:], or the padding before the next block, and returns where it ends.
func chunk(b []byte, at int) (end int, ok bool) {
	if left := blockSize - at%blockSize; left < chunkHeader {
		return at + left, true
	}
	if at+chunkHeader > len(b) {
		return 0, false
	}
	end = at + chunkHeader + int(binary.LittleEndian.Uint16(b[at+4:]))
	return end, end <= len(b) && at/blockSize == (end-1)/blockSize && sound(b[at:end])
}

// sound checks a chunk of the manifest.
func sound(c []byte) bool { return c[6] >= 1 && c[6] <= 4 && checksum(c) }

// checksum checks that of a chunk, which covers what follows its length.
func checksum(c []byte) bool {
	crc := crc32.Checksum(c[6:], castagnoli)
	return crc>>15|crc<<17 == binary.LittleEndian.Uint32(c)-0xa282ead8
}

// followed reports whether there is a sound chunk behind a bad one.
func followed(b []byte, at int) bool {
	for at++; at+chunkHeader <= len(b); at++ {
		if left := blockSize - at%blockSize; left >= chunkHeader {
			if _, ok := chunk(b, at); ok {
				return true
			}
		}
	}
	return false
}

// whole reports whether all of the last chunk is there, which its length says unless that was changed.
func whole(b []byte, at int) bool {
	if at+chunkHeader > len(b) {
		return false
	}
	return at+chunkHeader+int(binary.LittleEndian.Uint16(b[at+4:])) <= len(b) || sound(b[at:])
}

// zeroPage reports whether the file has a page of zeros only, or what there is of one, at or after a bad chunk.
func zeroPage(b []byte, at int) bool {
	zeros := make([]byte, pageSize)
	for at < len(b) {
		n := min(pageSize-at%pageSize, len(b)-at)
		if n >= chunkHeader && bytes.Equal(b[at:at+n], zeros[:n]) {
			return true
		}
		at += n
	}
	return false
}
