package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/node"
)

// Exit codes; doc.go says when.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true") // quicpeer says it, with the remedy
	os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// commands is the grammar of the command line.
type commands struct {
	Cluster clusterCommand `cmd:"" help:"Run the nodes of a cluster: start them, keep them running, end them in order."`
	Run     runCommand     `cmd:"" help:"Run policies on a capture, a log, or events from standard input."`
	Test    testCommand    `cmd:"" help:"Run the tests of policies, in simulated nodes and clusters."`
	Check   checkCommand   `cmd:"" help:"Load policies and report every error; files' bodies run, handlers do not."`
	Doc     docCommand     `cmd:"" help:"Tell what a function, module, class or event of the Lua API is; also by what Zeek calls it."`
	Types   typesCommand   `cmd:"" help:"Set a folder up for editors: definitions of the Lua API, and of what policies declare."`
	Bench   benchCommand   `cmd:"" help:"Measure nodes on this machine: events per second, latency, what they cost."`
	Pub     pubCommand     `cmd:"" help:"Publish an event to nodes, once or many times."`
	Sub     subCommand     `cmd:"" help:"Show what nodes publish, a line for each message."`
	Status  statusCommand  `cmd:"" help:"Tell how running nodes are."`
	Peers   peersCommand   `cmd:"" help:"Tell who is connected to whom."`
	Stats   statsCommand   `cmd:"" help:"Tell what nodes have sent, received and dropped."`
	Print   printCommand   `cmd:"" help:"Print an exported variable of running nodes."`
	Config  configCommand  `cmd:"" help:"Read and set options of policies in running nodes."`
	Trace   traceCommand   `cmd:"" help:"Show messages as they pass running nodes."`
	Debug   debugCommand   `cmd:"" help:"Switch what running nodes write to their debug logs."`
	Eval    evalCommand    `cmd:"" help:"Run a line of Lua in a running node."`
	Prof    profCommand    `cmd:"" help:"Measure what the Lua of running nodes costs, by handler and, with --pprof, by line."`
	Repl    replCommand    `cmd:"" help:"Try Lua at a prompt, in a node of its own or in a running one."`
	New     newCommand     `cmd:"" help:"Begin a policy: a folder with a script, its test and a README."`
	Store   storeCommand   `cmd:"" help:"Look into key-value stores, of running nodes or of stopped ones, and change them."`
	Reload  reloadCommand  `cmd:"" help:"Have running nodes load their scripts anew, without losing what they hold."`
	Stop    stopCommand    `cmd:"" help:"End running nodes in good order."`
	Restart restartCommand `cmd:"" help:"Have the supervisor start nodes afresh."`
	Deploy  deployCommand  `cmd:"" help:"Have the supervisor check scripts and layout, and restart what has changed."`
	Doctor  doctorCommand  `cmd:"" help:"Look at what this machine has to offer to a node, and tell what to change."`
	Version versionCommand `cmd:"" help:"Tell which version this is."`
}

// invocation is what a subcommand knows besides its flags.
type invocation struct {
	program string // the name that the program was started under
	stdin   io.Reader
	console *console.Console
	rest    []string // what followed "--"
}

// run carries out one command line; args[0] is the program's name. It returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	inv := &invocation{
		program: programName(args[0]),
		stdin:   stdin,
		console: console.New(stdout, stderr, os.Getenv),
	}
	words, status := normalize(args[1:])
	if status != exitOK {
		stdout = stderr
	}
	words, inv.rest = splitRest(words)
	words = keepCounts(keepSwitches(keepNumbers(words)))

	helped := false
	parser, err := kong.New(&commands{},
		kong.Name(inv.program),
		kong.Description("Runs Lua policies on network events: from captures, logs, other programs, and other nodes."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: helpWidth}),
	)
	if err != nil {
		inv.console.Error(err)
		return exitFailed
	}
	parsed, err := parser.Parse(words)
	switch {
	case helped:
		return status
	case err != nil:
		return inv.exitCode(parseError(err))
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return inv.exitCode(parsed.Run(inv))
}

// programName is the file's name, without the suffix that only Windows sees.
func programName(arg0 string) string {
	return strings.TrimSuffix(filepath.Base(arg0), ".exe")
}

// normalize understands what people try first: no arguments at all (help, as an error), "help run" and "--version".
func normalize(words []string) (out []string, status int) {
	switch {
	case len(words) == 0:
		return []string{"--help"}, exitUsage
	case words[0] == "help":
		return append(slices.Clone(words[1:]), "--help"), exitOK
	case words[0] == "--version":
		return []string{"version"}, exitOK
	}
	return words, exitOK
}

// splitRest cuts off what follows "--" on a run or cluster command: these words are the scripts'.
func splitRest(words []string) (own, rest []string) {
	if i := slices.Index(words, "--"); i >= 0 && (words[0] == "run" || words[0] == "cluster") {
		return words[:i], words[i+1:]
	}
	return words, nil
}

// negative is a number of JSON that kong would take for a flag.
var negative = regexp.MustCompile(`^-(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// keepNumbers puts a blank, which JSON skips, in front of the negative numbers among the arguments of an event, and the keys
// and values of a store.
func keepNumbers(words []string) []string {
	if len(words) == 0 || words[0] != "pub" && words[0] != "store" {
		return words
	}
	words = slices.Clone(words)
	for i, w := range words {
		if negative.MatchString(w) {
			words[i] = " " + w
		}
	}
	return words
}

// switchedOff is what the debug command has for a stream that goes off, and kong would take for flags.
var switchedOff = regexp.MustCompile(`^-[a-z]{2,}(,.*)?$`)

// keepSwitches puts a blank in front of them, as keepNumbers does.
func keepSwitches(words []string) []string {
	if len(words) == 0 || words[0] != "debug" {
		return words
	}
	words = slices.Clone(words)
	for i, w := range words {
		if switchedOff.MatchString(w) {
			words[i] = " " + w
		}
	}
	return words
}

// keepCounts ties the negative number behind a flag that counts nodes to it, so that the command can say what it wants.
func keepCounts(words []string) []string {
	if len(words) == 0 || words[0] != "cluster" {
		return words
	}
	var out []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		if (w == "--workers" || w == "--proxies" || w == "--loggers") && i+1 < len(words) && negative.MatchString(words[i+1]) {
			i++
			w += "=" + words[i]
		}
		out = append(out, w)
	}
	return out
}

// usageError is a command line that can't be carried out. Nothing was started.
type usageError struct {
	command string // the subcommand, where one was named
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(command, format string, args ...any) error {
	return &usageError{command, fmt.Errorf(format, args...)}
}

// parseError adds to kong's error which subcommand it is about.
func parseError(err error) error {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		path := strings.Fields(parse.Context.Selected().FullPath()) // the program, then its commands
		if parted(parse.Context) {
			err = fmt.Errorf("%w: a flag ends the list of arguments in front of it, so name all of them together", err)
		}
		return &usageError{strings.Join(path[1:], " "), err}
	}
	return &usageError{"", err}
}

// errReported is a failure whose message was written already.
var errReported = errors.New("reported")

// parted reports whether an argument is wrong since it comes behind a flag, and the list that it belongs to in front of that:
// kong ends lists there.
func parted(ctx *kong.Context) bool {
	list := slices.ContainsFunc(ctx.Path, func(p *kong.Path) bool { return p.Positional != nil && p.Positional.IsCumulative() })
	left := ctx.Path[len(ctx.Path)-1].Remainder()
	return list && len(left) > 0 && !strings.HasPrefix(left[0], "-")
}

// exitCode writes what has to be said about how a command ended. A code that a script chose wins over failures, which
// are told all the same.
func (inv *invocation) exitCode(err error) int {
	code := exitOK
	var chosen *node.ExitError
	for _, e := range console.Split(err) {
		var usage *usageError
		switch {
		case errors.As(e, &chosen): // says nothing by itself
		case errors.Is(e, errReported):
			code = exitFailed
		case errors.Is(e, errCouldNotRun):
			code = exitUsage
		case errors.As(e, &usage):
			inv.console.Error(e)
			words := slices.DeleteFunc([]string{inv.program, usage.command, "--help"}, func(s string) bool { return s == "" })
			fmt.Fprintf(inv.console.Stderr(), "Run %q to see what is possible.\n", strings.Join(words, " "))
			return exitUsage
		default:
			inv.console.Error(e)
			code = exitFailed
		}
	}
	switch {
	case chosen != nil:
		return asStatus(chosen.Code)
	case errors.Is(err, node.ErrInterrupted):
		return exitInterrupted
	}
	return code
}

// asStatus keeps a code from becoming success in the eight bits that the system has for it.
func asStatus(code int) int {
	if code != code&0xff {
		return exitFailed
	}
	return code
}
