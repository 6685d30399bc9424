package step

// Command says what a child process runs.
type Command struct {
	Path string
	Args []string // without the program's own name
	Env  []string // NAME=value, of which the last of one name counts; the child sees nothing else
	Dir  string   // "" is the node's own
	// Stdout and Stderr are files to which everything is appended that the child writes; both may be the same.
	// "" is none.
	Stdout, Stderr string
}

// Signal is what a child process can be told.
type Signal uint8

// The signals. Where the system has no difference both end the child now.
const (
	Stop Signal = iota // end in good order
	Kill               // end now, with whatever the child has started in its process group
)

// Stream is one of the two that a child writes.
type Stream uint8

// The streams.
const (
	Stdout Stream = iota
	Stderr
)

var streamNames = [...]string{"stdout", "stderr"}

// String returns the stream's name.
func (s Stream) String() string {
	if int(s) < len(streamNames) {
		return streamNames[s]
	}
	return "unknown"
}

// Processes is the edge to child processes. Only the loop calls it.
type Processes interface {
	// MakeDir creates a folder with those above it, if it is not there. It waits for nothing but the system calls.
	MakeDir(path string) error
	// Start begins to run c under a token that no running child has; what comes of it arrives at port at. That is
	// a ProcessDone that says it runs, what it writes, and a ProcessDone for its end; or one that says why it
	// could not be started.
	Start(at PortID, token uint64, c Command)
	// Signal sends s to a running child; for another token it does nothing. What a child that has not been
	// reported as running is told is lost.
	Signal(token uint64, s Signal)
}

// ProcessDone says that a child has started, could not be started or has ended. An end is the last input of its
// token.
type ProcessDone struct {
	At      PortID
	Token   uint64
	Started bool     // it runs; PID is set
	PID     int      // also of one that has ended; 0 if it could not be started
	Code    int      // exit code; -1 if a signal ended it
	Signal  int      // the number of the signal that ended it; 0 if none did
	Tail    []string // of one that has ended: the last lines of both streams, the oldest first
	Err     error    // it could not be started
}

// Port is the port that Start was given.
func (d ProcessDone) Port() PortID { return d.At }

// OutputLine is a line that a child has written, without its line end, or a piece of a line that was too long.
type OutputLine struct {
	Stream Stream
	Text   []byte // to read only; the loop may keep it
}

// ProcessOutput is what a child has written since the one before. Until it is released the next one waits, and
// what does not fit in that is Dropped.
type ProcessOutput struct {
	At      PortID
	Token   uint64
	Lines   []OutputLine
	Done    int // how many lines the loop has taken; an output may be worked off over several turns
	Dropped int // lines that are missing behind these; the files have them

	free func()
}

// NewProcessOutput returns an output that calls free when it is released; free may be nil.
func NewProcessOutput(at PortID, token uint64, lines []OutputLine, dropped int, free func()) *ProcessOutput {
	return &ProcessOutput{At: at, Token: token, Lines: lines, Dropped: dropped, free: free}
}

// Port is the port that Start was given.
func (o *ProcessOutput) Port() PortID { return o.At }

// Release says that the loop has taken all it wants. Only the loop calls it; a second call does nothing.
func (o *ProcessOutput) Release() {
	if o.free != nil {
		free := o.free
		o.free = nil
		free()
	}
}

// ProcessFile says that a file of a child's output can't be written, or that it can again. The child goes on
// either way.
type ProcessFile struct {
	At    PortID
	Token uint64
	Path  string
	Err   error  // nil: it is written again
	Lost  uint64 // bytes that are missing from it, when it is written again
}

// Port is the port that Start was given.
func (f ProcessFile) Port() PortID { return f.At }
