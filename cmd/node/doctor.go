package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/net/peering"
	"moonpeer/net/quicpeer"
	"moonpeer/runtime/node"
)

type doctorCommand struct {
	Listen []string `name:"listen" sep:"none" placeholder:"ADDR" help:"An address that a node is to listen on, besides the file's; default is :9999. May be repeated."`

	tlsFlags

	State  string `name:"state" env:"MOONPEER_STATE" placeholder:"DIR" help:"Where nodes are to keep their state."`
	Config string `name:"config" env:"MOONPEER_CONFIG" placeholder:"FILE" help:"Settings in TOML: [node], [peers] and [tls] are looked at."`
	JSON   bool   `name:"json" help:"Write one line of JSON."`
}

func (c *doctorCommand) examples() string {
	return `
%[1]s doctor
%[1]s doctor --listen :9999 --listen 10.0.0.1:9990 --state /var/lib/moonpeer
%[1]s doctor --certificate node.pem --keyfile node.key --cafile ca.pem
%[1]s doctor --config node.toml --json`
}

// health is how a check ended. A warning says that a node runs, but not as it could.
type health string

const (
	healthOK   health = "ok"
	healthWarn health = "warn"
	healthFail health = "fail"
)

// checkup is the result of one check.
type checkup struct {
	Check string `json:"check"`
	State health `json:"state"`
	Found string `json:"found"`
	// Remedy says what to change, in lines; what is to be copied has a line of its own. Empty: nothing.
	Remedy string `json:"remedy"`
}

// Run implements node doctor. It changes nothing on the machine: sockets and the file that it tries are gone when it
// returns.
func (c *doctorCommand) Run(ctx context.Context, inv *invocation) error {
	opts := node.Options{StateDir: c.State, TLS: c.tlsFlags.options(tlsTable{})}
	var err error
	if opts.Listen, err = addresses("doctor", "--listen", c.Listen); err != nil {
		return err
	}
	results, broken := c.checkConfig(&opts)
	results = append(results, judgeBuffers(readBuffers(quicpeer.WantedBuffer), quicpeer.WantedBuffer, runtime.GOOS)...)
	results = append(results, judgeOffload(tryOffload(), runtime.GOOS))
	if len(opts.Listen) == 0 {
		opts.Listen = []peering.Address{{Transport: "quic", Port: peering.DefaultPort}}
	}
	for _, a := range opts.Listen {
		results = append(results, judgePort(readPort(ctx, a), runtime.GOOS, programPath(inv)))
	}
	if !broken || !opts.TLS.Anonymous() { // a file that can't be read may name certificates
		results = append(results, checkCertificates(opts.TLS)...)
	}
	results = append(results, judgeClock(readClock())...)
	results = append(results, checkLimits()...)
	if opts.StateDir != "" {
		results = append(results, judgeState(readState(opts.StateDir)))
	}
	if err := writeCheckups(inv.console, results, c.JSON); err != nil {
		return err
	}
	if slices.ContainsFunc(results, func(r checkup) bool { return r.State == healthFail }) {
		return errReported
	}
	return nil
}

// checkConfig reads the file, if there is one, and adds what it sets to what flags set. broken: it could not.
func (c *doctorCommand) checkConfig(opts *node.Options) (results []checkup, broken bool) {
	if c.Config == "" {
		return nil, false
	}
	file, err := loadConfig(c.Config)
	if err == nil {
		_, err = optionTexts(file.Options, c.Config)
	}
	if err == nil {
		err = file.Peers.fill(c.Config, opts)
	}
	if err != nil {
		for _, e := range console.Split(err) {
			results = append(results, checkup{"configuration", healthFail, e.Error(), "correct the file; until then no node starts with it"})
		}
		return results, true
	}
	fill(&opts.StateDir, file.Node.State)
	opts.TLS = c.tlsFlags.options(file.TLS)
	return []checkup{{Check: "configuration", State: healthOK, Found: c.Config}}, false
}

// programPath is the file that runs, for remedies that name it.
func programPath(inv *invocation) string {
	if path, err := os.Executable(); err == nil {
		return path
	}
	return inv.program
}

// writeCheckups writes one row for each result, and below it what to do.
func writeCheckups(c *console.Console, results []checkup, json bool) error {
	if json {
		return c.JSON(results)
	}
	var rows bytes.Buffer // a table aligns what it is written with at once, so the remedies come in afterwards
	t := console.New(&rows, &rows, os.Getenv).Table("check", "state", "found")
	for _, r := range results {
		t.Row(r.Check, r.State, r.Found)
	}
	if err := t.Write(); err != nil {
		return err
	}
	var b strings.Builder
	header, rest, _ := strings.Cut(rows.String(), "\n")
	b.WriteString(header + "\n")
	for i, row := range strings.Split(strings.TrimSuffix(rest, "\n"), "\n") {
		b.WriteString(row + "\n")
		for line := range strings.Lines(results[i].Remedy) {
			b.WriteString("    " + console.Clean(strings.TrimSuffix(line, "\n")) + "\n")
		}
	}
	_, err := fmt.Fprint(c.Stdout(), b.String())
	return err
}
