package tlsconf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// privateFolder makes a folder for its owner alone, or looks whether it is one. Who may write it can have a CA of his own
// there.
func privateFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	return private(info, 0o700)
}

// readPrivate is read for a file that only its owner may look into.
func readPrivate(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if err := private(info, 0o600); err != nil {
		return nil, err
	}
	return read("", file)
}

// private refuses what is open to others than the owner. Windows has no such modes.
func private(info fs.FileInfo, want fs.FileMode) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("is open to others than its owner (mode %#o): chmod %o", mode, want)
	}
	return nil
}

// replaceFile writes a file so that whoever reads it, also after a crash, finds the old content or the new.
func replaceFile(file string, data []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	if dir, err := os.Open(filepath.Dir(file)); err == nil {
		dir.Sync() // the name, too; where a folder can't be synced it can't be had
		dir.Close()
	}
	return nil
}
