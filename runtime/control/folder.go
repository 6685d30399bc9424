package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// The files of a node's state folder that this package keeps.
const (
	lockFile   = "lock"      // held by the running process
	pidFile    = "pid"       // its number
	socketFile = "node.sock" // where it is asked
	pathFile   = "control"   // the path of the socket, which may lie elsewhere
)

// maxSocketPath is the longest path that a socket may have on the systems we know (macOS: 104 bytes with the zero).
const maxSocketPath = 103

// privateName is by how much a socket's first path is longer than its last one; see listenPrivately.
const privateName = 5

// tempPrefix begins the names of temporary folders for sockets whose own folder has too long a path.
const tempPrefix = "moonpeer-"

// Folder is the state folder of one node, held by this process.
type Folder struct {
	dir  string
	lock *flock.Flock
}

// TakenError says that another process runs on a state folder.
type TakenError struct {
	Dir string
	PID int // 0: not known
}

func (e *TakenError) Error() string {
	who := "another process"
	if e.PID > 0 {
		who = fmt.Sprintf("another process (pid %d)", e.PID)
	}
	return fmt.Sprintf("%s runs on %s already: stop it, or choose another --name or --state", who, e.Dir)
}

// Claim makes a node's state folder, if it is not there, and holds it for this process. A folder that another process holds
// is a *TakenError. The claim ends with Release, or with the process.
func Claim(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	f := &Folder{dir: dir, lock: flock.New(filepath.Join(dir, lockFile))}
	held, err := f.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("state directory: locking %s: %w", dir, err)
	}
	if !held {
		return nil, &TakenError{Dir: dir, PID: pidOf(dir)}
	}
	if err := os.WriteFile(filepath.Join(dir, pidFile), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("state directory: %w", err), f.lock.Unlock())
	}
	return f, nil
}

func pidOf(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, pidFile))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// Dir is the folder's path.
func (f *Folder) Dir() string { return f.dir }

// Release gives the folder back. A second call does nothing.
func (f *Folder) Release() error {
	if !f.lock.Locked() {
		return nil
	}
	os.Remove(filepath.Join(f.dir, pidFile)) // only a hint
	return f.lock.Unlock()
}

// listen opens the folder's socket and writes down where it is. It takes the place of one that a killed process left. Where
// the folder can't have one, for the length of its path or the kind of its file system, it lies in a temporary folder.
func (f *Folder) listen() (l *net.UnixListener, path string, err error) {
	f.sweep()
	if path, err = filepath.Abs(filepath.Join(f.dir, socketFile)); err != nil {
		return nil, "", err
	}
	err = errPathLength
	if len(path)+privateName <= maxSocketPath {
		l, err = listenPrivately(path)
	}
	if err != nil {
		temp, tempErr := os.MkdirTemp("", tempPrefix)
		if tempErr != nil {
			return nil, "", errors.Join(err, tempErr)
		}
		path = filepath.Join(temp, socketFile)
		if l, tempErr = listenPrivately(path); tempErr != nil {
			os.Remove(temp)
			return nil, "", fmt.Errorf("control socket: %w", errors.Join(err, tempErr))
		}
	}
	if err := os.WriteFile(filepath.Join(f.dir, pathFile), []byte(path+"\n"), 0o644); err != nil {
		l.Close()
		removeSocket(path)
		return nil, "", fmt.Errorf("control socket: %w", err)
	}
	return l, path, nil
}

var errPathLength = errors.New("the state directory's path is too long for a socket")

// listenPrivately opens a socket that nobody but this user can reach at any moment: it gets its mode in a folder that
// is private, and then its name.
func listenPrivately(path string) (*net.UnixListener, error) {
	private, err := os.MkdirTemp(filepath.Dir(path), "s")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	first := filepath.Join(private, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: first, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(first, 0o600); err == nil {
		err = os.Rename(first, path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// sweep removes the temporary folder that a killed process has left.
func (f *Folder) sweep() {
	if path, err := SocketPath(f.dir); err == nil {
		removeSocket(path)
	}
	os.Remove(filepath.Join(f.dir, pathFile))
}

// unlisten removes the socket that listen has opened, so that askers are told at once that nobody is there.
func (f *Folder) unlisten(path string) {
	removeSocket(path)
	os.Remove(filepath.Join(f.dir, pathFile))
}

// removeSocket removes a socket, and its folder if that was made for it.
func removeSocket(path string) {
	if filepath.Base(path) != socketFile {
		return // not written by us
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSocket != 0 {
		os.Remove(path)
	}
	if dir := filepath.Dir(path); strings.HasPrefix(filepath.Base(dir), tempPrefix) {
		os.Remove(dir) // which succeeds when it is empty only
	}
}

// SocketPath returns where the node of a state folder is asked, as the folder says; whether anyone listens there is
// another question.
func SocketPath(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, pathFile))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

// IsFolder tells whether dir is the state folder of a node that runs or has run.
func IsFolder(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, lockFile))
	return err == nil
}
