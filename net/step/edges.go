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
	// Err, if it is not nil, says that this commit and every later one can not be relied on: each may yet be found, whole,
	// when everything is read again.
	Err error
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

// Asker is whoever waits for the answer to one request over a node's control socket. Only the loop calls it, and
// nothing in it blocks. An asker that is gone takes everything and drops it; one that does not read loses its
// connection rather than making the node wait.
type Asker interface {
	// Begin tells the edge that the loop takes the request up. False: the asker is gone already, and so is the work.
	Begin() bool
	// Part sends a part of an answer that has several. body is JSON and belongs to the edge from now on. False: the
	// asker is behind, and nothing was taken.
	Part(body []byte) bool
	// Behind reports whether Part would answer false now, for whoever wants to spare the work of making one.
	Behind() bool
	// Reply ends the request with its answer, JSON that belongs to the edge from now on.
	Reply(body []byte)
	// Refuse ends the request with an error; code is JSON-RPC's.
	Refuse(code int, why string)
}

// ControlRequest is one question to a node. It is answered by Asker.Reply or Asker.Refuse, at once or turns later. When
// the asker gives up, at a deadline of its own, a ControlClosed says so.
type ControlRequest struct {
	At     PortID
	Method string
	Params []byte // JSON, the loop's to keep; empty: none were given
	Asker  Asker
}

// Port is the port of the control edge.
func (r ControlRequest) Port() PortID { return r.At }

// ControlClosed says that an asker whose request is not answered yet is gone.
type ControlClosed struct {
	At    PortID
	Asker Asker
}

// Port is the port of the control edge.
func (c ControlClosed) Port() PortID { return c.At }

// ParentLost says that the supervisor which has started this node is gone, so that the node has to end.
type ParentLost struct {
	At    PortID
	Heard func() // to be called by the loop: it knows, and ends
}

// Port is the port of the control edge.
func (p ParentLost) Port() PortID { return p.At }
