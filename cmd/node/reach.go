package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/script"
)

// reachFlags say where running nodes are looked for. Every command that asks some has them.
type reachFlags struct {
	State   string   `name:"state" env:"MOONPEER_STATE" default:"./.moonpeer" placeholder:"DIR" help:"The state directory of the nodes; default is ./.moonpeer."`
	Timeout interval `name:"timeout" placeholder:"TIME" help:"A node that has not answered within this time has the error time-out; default is 10s."`
	JSON    bool     `name:"json" help:"Write one JSON object for each node."`
	tlsFlags
	Config string `name:"config" env:"MOONPEER_CONFIG" placeholder:"FILE" help:"Settings in TOML, of which [tls] and max_frame count here, for nodes that are named by their address."`

	silent bool // there is a supervisor, which does not answer
	direct bool // ask the nodes themselves, also where there is a supervisor: then they hear when who asks is gone
}

const (
	askTimeout = 10 * time.Second
	relayGrace = 2 * time.Second // beyond which a supervisor that passes a question on is given up itself
	awakeWait  = 2 * time.Second // after which one that does not say that it is there is left out
)

// supervisorName is the name of a supervisor's own state folder.
const supervisorName = "supervisor"

func (f *reachFlags) timeout() time.Duration {
	if f.Timeout == 0 {
		return askTimeout
	}
	return time.Duration(f.Timeout)
}

// ask puts a question to the nodes that are named, or to all that run, and hands over their answers in the order of
// output. Nodes that do not run are left out. It goes by way of the supervisor if there is one that answers.
func (f *reachFlags) ask(ctx context.Context, inv *invocation, nodes []string, method string, params any, each func(control.Answer)) error {
	names, addresses := split(nodes)
	var errs []error
	if len(names) > 0 || len(addresses) == 0 {
		errs = append(errs, f.askHere(ctx, inv, names, method, params, each))
	}
	if len(addresses) > 0 {
		errs = append(errs, f.askThere(ctx, inv, addresses, method, params, each))
	}
	return errors.Join(errs...)
}

// split tells names from addresses, which have a colon or a slash, or are those of hosts.
func split(nodes []string) (names, addresses []string) {
	for _, n := range nodes {
		if _, err := netip.ParseAddr(n); err == nil || strings.ContainsAny(n, ":/") {
			addresses = append(addresses, n)
		} else {
			names = append(names, n)
		}
	}
	return names, addresses
}

// askHere asks nodes below the state directory.
func (f *reachFlags) askHere(ctx context.Context, inv *invocation, nodes []string, method string, params any, each func(control.Answer)) error {
	var s *control.Client
	if !f.direct {
		s = f.awake(ctx, inv)
	}
	asking, cancel := context.WithTimeout(ctx, f.timeout()+relayGrace)
	defer cancel()
	if s != nil {
		defer s.Close()
		return f.explain(s.Relay(asking, nodes, method, params, f.timeout().Seconds(), each))
	}
	found, err := f.find(asking, inv, nodes)
	if err != nil {
		return err
	}
	answers := make([]chan control.Answer, len(found))
	for i, n := range found {
		answers[i] = make(chan control.Answer, 1)
		go func() {
			defer n.Close()
			ctx, cancel := context.WithTimeout(ctx, f.timeout())
			defer cancel()
			answers[i] <- n.ask(ctx, method, params)
		}()
	}
	for _, a := range answers {
		each(<-a)
	}
	return nil
}

// noAddress refuses what is a node elsewhere, of a command that works here only.
func noAddress(nodes []string) error {
	if _, addresses := split(nodes); len(addresses) > 0 {
		return fmt.Errorf("node %q: want the name of one below the state directory; this command reaches no other", addresses[0])
	}
	return nil
}

// supervisor connects to the supervisor; nil if none runs.
func (f *reachFlags) supervisor(ctx context.Context) *control.Client {
	c, err := control.Find(ctx, filepath.Join(f.State, supervisorName))
	if err != nil {
		return nil
	}
	return c
}

// awake connects to the supervisor for what the nodes can be asked themselves as well; nil if none runs, or if it does not
// answer, which is told once.
func (f *reachFlags) awake(ctx context.Context, inv *invocation) *control.Client {
	if f.silent {
		return nil
	}
	quick, cancel := context.WithTimeout(ctx, awakeWait)
	defer cancel()
	c, err := control.Find(quick, filepath.Join(f.State, supervisorName))
	switch {
	case err == nil:
		if c.Present(quick) == nil {
			return c
		}
		c.Close()
	case quick.Err() == nil && !errors.Is(err, syscall.EAGAIN): // not one that takes up no connection: none
		return nil
	}
	if ctx.Err() == nil {
		f.silent = true
		fmt.Fprintln(inv.console.Stderr(), "warning: the supervisor does not answer, asking the nodes themselves")
	}
	return nil
}

// explain says of an error from the supervisor where it is.
func (f *reachFlags) explain(err error) error {
	var e *control.Error
	if errors.As(err, &e) && e.Code == control.CodeTimeOut {
		return fmt.Errorf("the supervisor of %s does not answer", f.State)
	}
	return err
}

// found is a running node.
type found struct {
	*control.Client
	name string
}

func (n found) ask(ctx context.Context, method string, params any) control.Answer {
	a := control.Answer{Node: n.name}
	var err error
	if err = n.Call(ctx, method, params, &a.Result); err != nil && !errors.As(err, &a.Error) {
		a.Error = &control.Error{Code: control.CodeInternal, Message: err.Error()}
	}
	return a
}

// find connects to the nodes that are named, or to all, as far as they run; who calls it closes them.
func (f *reachFlags) find(ctx context.Context, inv *invocation, names []string) (list []found, err error) {
	known, err := f.names(ctx, inv)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no node is called %q%s", name, likely(name, known, f.State))
		}
	}
	for _, name := range known {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		if c, err := control.Find(ctx, filepath.Join(f.State, name)); err == nil {
			list = append(list, found{c, name})
		}
	}
	if len(list) == 0 {
		return nil, f.nobody(known)
	}
	return list, nil
}

// names lists the nodes that there are: those of the supervisor if one keeps any, else those that have a state folder.
func (f *reachFlags) names(ctx context.Context, inv *invocation) (names []string, err error) {
	kept, err := f.kept(ctx, inv)
	for _, n := range kept {
		names = append(names, n.Name)
	}
	if err != nil || len(names) > 0 {
		return names, err
	}
	return f.folders()
}

func likely(name string, known []string, dir string) string {
	if near := script.DidYouMean(name, known); near != "" {
		return near
	}
	if len(known) == 0 {
		return fmt.Sprintf(": %s has none", dir)
	}
	return " (there are: " + strings.Join(known, ", ") + ")"
}

// nobody says that no node runs, and what to do about it.
func (f *reachFlags) nobody(known []string) error {
	hint := "it has none yet: a node is found here when it was started with --state " + f.State
	if len(known) > 0 {
		hint = "those that ran here: " + strings.Join(known, ", ")
	}
	return fmt.Errorf("no running node found below %s (%s)", f.State, hint)
}

// folders lists the nodes that have a state folder, in the order of output.
func (f *reachFlags) folders() (names []string, err error) {
	entries, err := os.ReadDir(f.State)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--state: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != supervisorName && control.IsFolder(filepath.Join(f.State, e.Name())) {
			names = append(names, e.Name())
		}
	}
	control.Sort(names, func(name string) control.Known { return control.Known{Name: name} })
	return names, nil
}

// failures writes the errors among answers, and remembers that there were some.
type failures struct {
	inv  *invocation
	json bool
	any  bool
}

// failed writes an answer that is an error.
func (f *failures) failed(a control.Answer) bool {
	if a.Error == nil {
		return false
	}
	f.any = true
	if f.json {
		f.inv.console.JSON(struct {
			Node  string `json:"node"`
			Error string `json:"error"`
		}{a.Node, a.Error.Message})
		return true
	}
	message := strings.ReplaceAll(console.CleanLines(a.Error.Message), "\n", "\n             ") // below the first line
	fmt.Fprintf(f.inv.console.Stderr(), "%12s   <error: %s>\n", console.Clean(a.Node), message)
	return true
}

// outcome has the command fail if a node did.
func (f *failures) outcome(err error) error {
	if err == nil && f.any {
		return errReported
	}
	return err
}
