package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
)

const (
	epochFile = "epoch"
	// maxEpoch is more than any clock says in milliseconds, and far enough from what a uint64 holds.
	maxEpoch = 1 << 62
)

// NextEpoch returns the epoch of the run of a node that starts at wall, ns since 1970, and keeps it in the node's state
// directory, which is made if it is not there: one more than the run before had, or the time in milliseconds if that is
// more, so that a higher one is a later run, also after the clock has gone back (architecture §8). It is durable when
// NextEpoch returns, which is to be before anybody can hear of it.
//
// What is damaged or can't be kept is a warning, and the epoch is the start time: nothing but an order of runs
// follows from it.
func NextEpoch(dir string, wall int64, log *slog.Logger) uint64 {
	epoch := startEpoch(wall)
	file := filepath.Join(dir, epochFile)
	last, err := readEpoch(file)
	switch {
	case err == nil:
		epoch = max(epoch, last+1)
	case !errors.Is(err, fs.ErrNotExist):
		log.Warn("the epoch of the node's last run can't be read: other nodes may take this run for an older one", "file", file, "err", err)
	}
	if err := writeEpoch(file, epoch); err != nil {
		log.Warn("the epoch of this run can't be kept", "file", file, "err", err)
	}
	return epoch
}

// startEpoch is the epoch of a run of which nothing is kept.
func startEpoch(wall int64) uint64 { return uint64(max(wall, 0) / 1e6) }

func readEpoch(file string) (uint64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, errors.New("not a regular file")
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return 0, err
	}
	epoch, err := strconv.ParseUint(string(bytes.TrimSuffix(text, []byte("\n"))), 10, 64)
	if err != nil || epoch > maxEpoch {
		return 0, fmt.Errorf("holds %.40q, which is no epoch", text)
	}
	return epoch, nil
}

// writeEpoch replaces the file so that a crash leaves the old epoch or the new one.
func writeEpoch(file string, epoch uint64) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fresh := file + ".new"
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, epoch)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	if err := os.Rename(fresh, file); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	if d, err := os.Open(dir); err == nil {
		d.Sync() // the name, too; where a folder can't be synced it can't be had
		d.Close()
	}
	return nil
}
