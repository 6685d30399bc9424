package pebblebackend

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"moonpeer/net/broker"
)

// What may be wrong with a folder. Each comes within an error that matches broker.ErrBackendFailure and names the folder.
var (
	// ErrDamaged says that what is in the folder is not what was written.
	ErrDamaged = errors.New("the store is damaged")
	// ErrLocked says that the folder is in use.
	ErrLocked = errors.New("another process or store has it open")
	// ErrNewer says that a newer program has written the folder.
	ErrNewer = errors.New("a newer version of this program has written it")
	// ErrNoStore says that there is nothing to be read.
	ErrNoStore = errors.New("there is no store")
	// ErrReadOnly says that a store opened for reading was asked to write.
	ErrReadOnly = errors.New("the store was opened for reading only")
	// ErrClosed says that the store is closed.
	ErrClosed = errors.New("the store is closed")
)

const (
	adviseDamaged = `restore a backup, let the command "store verify" say what is wrong, or set on_corrupt = "quarantine" ` +
		`to put the folder aside and begin with an empty store`
	adviseNewer = "use that version, or restore a backup that this one has written"
)

// failure is what callers get to see of an error about the folder dir.
func failure(dir string, err error) error {
	if err == nil || errors.Is(err, broker.ErrBackendFailure) {
		return err
	}
	return &broker.Error{Code: broker.BackendFailure, Context: fmt.Sprintf("store in %q", dir), Err: err}
}

// damaged marks what came of reading the folder.
func damaged(err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w; %s", ErrDamaged, err, adviseDamaged)
}

func newer(what string, has, knows uint64) error {
	return fmt.Errorf("%w: %s %d, and this one knows up to %d; %s", ErrNewer, what, has, knows, adviseNewer)
}

// judge tells damage from other errors of reading through f: if the file system itself has answered an error, that is the
// cause and what is on disk may be sound; whatever else is wrong was read from the disk. No text is looked at.
func judge(f *fence, err error) error {
	switch {
	case err == nil || errors.Is(err, ErrDamaged) || errors.Is(err, ErrNewer) || errors.Is(err, ErrNoStore):
		return err
	case errors.Is(err, pebble.ErrDBDoesNotExist):
		return ErrNoStore
	case f.ioError() != nil:
		return f.ioError()
	}
	return damaged(err)
}
