package step

// Disk is the edge to one store's journal or one spool. Only the loop calls it.
type Disk interface {
	// Commit asks for ops to be made permanent, synced if sync is set. Commits are applied in the order of the
	// calls, each wholly or not at all. ops stays the caller's, but must not be changed before the DiskDone with
	// this token arrives. False means too much is under way and nothing was taken; a DiskReady follows when there
	// is room. Tokens are the caller's and come back unchanged.
	Commit(token uint64, ops []byte, sync bool) bool
}

// DiskDone ends one Commit. DiskDones come in the order of the commits.
type DiskDone struct {
	At    PortID
	Token uint64
	Err   error // not nil: this commit and every later one has not happened
}

// Port is the port of the store.
func (d DiskDone) Port() PortID { return d.At }

// DiskReady says that Commit, after it answered false, takes again.
type DiskReady struct{ At PortID }

// Port is the port of the store.
func (d DiskReady) Port() PortID { return d.At }

// Files is the edge to plain files and log writers. Only the loop calls it.
type Files interface {
	// Open begins to open or create the file at path for appending and returns it at once; writes may follow
	// without waiting. A FileDone with the token says whether it went well.
	Open(token uint64, path string) File
	// Rename moves a file that is not open under a new name, as rotation does. Order is kept with every File's
	// Close that was called before.
	Rename(token uint64, from, to string)
}

// File is an open file or log writer. Its operations happen in the order of the calls, and each but Write ends
// as a FileDone.
type File interface {
	// Write appends p, which is copied. False means too much is waiting and nothing was taken; a FileReady
	// follows when there is room. An error of a write comes with the next FileDone.
	Write(p []byte) bool
	// Sync asks for all that was written to be permanent.
	Sync(token uint64)
	// Close ends the file after what was written.
	Close(token uint64)
}

// FileDone ends one Open, Rename, Sync or Close.
type FileDone struct {
	At    PortID
	Token uint64
	Err   error
}

// Port is the port of the files edge.
func (d FileDone) Port() PortID { return d.At }

// FileReady says that Write, after it answered false, takes again.
type FileReady struct {
	At   PortID
	File File
}

// Port is the port of the files edge.
func (d FileReady) Port() PortID { return d.At }

// Command says what a child process runs.
type Command struct {
	Path   string
	Args   []string // without the program's own name
	Env    []string // NAME=value; the child sees nothing else
	Dir    string   // "" is the node's own
	Output string   // file that takes standard output and error; "" is the node's own
}

// Signal is what a child process can be told.
type Signal uint8

// The signals.
const (
	Stop Signal = iota // end in good order
	Kill               // end now
)

// Processes is the edge to child processes. Only the loop calls it.
type Processes interface {
	// Start begins to run c under a token that no running child has. One or two ProcessDones follow: Started, if
	// it could be started, and its end.
	Start(token uint64, c Command)
	// Signal sends s to a running child; for another token it does nothing.
	Signal(token uint64, s Signal)
}

// ProcessDone says that a child has started, could not be started or has ended.
type ProcessDone struct {
	At      PortID
	Token   uint64
	Started bool  // it runs; PID is set
	PID     int   // 0 once it has ended
	Code    int   // exit code; -1 if a signal ended it
	Err     error // it could not be started
}

// Port is the port of the processes edge.
func (d ProcessDone) Port() PortID { return d.At }

// Control is the edge to whoever asks this node something: commands over its control socket. Only the loop calls it.
type Control interface {
	// Reply sends one part of the answer to request id; last ends it. body is copied. After ControlClosed it
	// does nothing. An asker that does not read loses its connection rather than making the node wait.
	Reply(id uint64, body []byte, last bool)
}

// ControlRequest is one question. It is answered by Control.Reply with its ID, at once or turns later.
type ControlRequest struct {
	At       PortID
	ID       uint64 // never used twice by one node
	Body     []byte // the loop's to keep
	Deadline Time   // when the asker gives up; Never if it does not
}

// Port is the port of the control edge.
func (r ControlRequest) Port() PortID { return r.At }

// ControlClosed says that the asker of request ID is gone.
type ControlClosed struct {
	At PortID
	ID uint64
}

// Port is the port of the control edge.
func (c ControlClosed) Port() PortID { return c.At }
