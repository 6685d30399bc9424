package luatest

import "time"

// Outcome is how a test has ended.
type Outcome uint8

// The outcomes.
const (
	Passed  Outcome = iota
	Failed          // an expectation was not met, a script failed, or it took too long
	Broken          // it could not be run: its file has an error, or another test has its name
	Pending         // it says itself that it is not written yet
)

var outcomes = [...]string{"passed", "failed", "broken", "pending"}

// String returns the outcome in lower case.
func (o Outcome) String() string {
	if int(o) < len(outcomes) {
		return outcomes[o]
	}
	return "?"
}

// Result is what became of one test, or of a file that could not be read.
type Result struct {
	File    string   // as it was found
	Line    int      // of the it; 0: of the file as a whole
	Names   []string // of the describes around it and its own; none of a file as a whole
	Tags    []string
	Around  []int // the lines of the describes, of what a file has declared and can't run
	Shared  bool  // other tests are run as well by FILE:LINE
	Outcome Outcome
	Seed    uint64 // that it was run with
	Took    time.Duration
	Failure *Failure // of Failed and Broken
	Why     string   // of Pending
	Lost    []Test   // tests that can't be run because of this, when it is Broken
	Output  string   // what the test printed
	Trace   []byte   // of everything that its simulated nodes did, if that was asked for
}

// Name is the test's full name.
func (r *Result) Name() string { return FullName(r.Names) }

// RepeatSeed is the seed with which it fails again.
func (r *Result) RepeatSeed() uint64 {
	if r.Failure != nil && r.Failure.Seed != 0 {
		return r.Failure.Seed
	}
	return r.Seed
}

// Failure is why a test has failed.
type Failure struct {
	Message   string // its first line says all in short
	File      string // where, in Lua; "" if nowhere
	Line      int
	Source    string // that line
	Diff      []DiffLine
	Traceback string
	// Nodes are what the nodes of the test have written, Exchange the last messages between them, drawn.
	Nodes    []NodeOutput
	Exchange string
	Seed     uint64 // that repeats it at once, of one that has tried several; 0: the result's
	Cause    error  // what Go code has raised; nil: nothing
}

// DiffLine is one line of the difference between what was expected and what there is, in Lua's syntax.
type DiffLine struct {
	Mark rune // ' ' in both, '-' only expected, '+' only there
	Text string
}

// NodeOutput is what a node has written.
type NodeOutput struct {
	Node   string
	Output string // printed
	Errors string // reported
}

// Summary adds up a run.
type Summary struct {
	Passed, Failed, Broken, Pending int
	Files                           int
	Took                            time.Duration
	Seed                            uint64 // of the first round
	Slowest                         []Result
	Stopped                         bool // by the first failure, or from outside: there are tests that were not run
}

// OK tells whether all that there is has passed.
func (s *Summary) OK() bool { return s.Failed == 0 && s.Broken == 0 && !s.Stopped }

// Reporter is told how a run goes, by one goroutine at a time and in an order that does not depend on how many tests run
// at once.
type Reporter interface {
	// Result is called for each test.
	Result(r *Result) error
	// End is called once.
	End(s *Summary) error
}
