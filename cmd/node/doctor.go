package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"moonpeer/cmd/node/internal/console"
)

type doctorCommand struct {
	Listen []string `name:"listen" sep:"none" placeholder:"ADDR" help:"An address that a node is to listen on; default is :9999. May be repeated."`

	Certificate onceFlag `name:"certificate" placeholder:"FILE" help:"The node's certificate (PEM), which scripts call ssl_certificate."`
	Keyfile     onceFlag `name:"keyfile" placeholder:"FILE" help:"The certificate's key (PEM), ssl_keyfile."`
	Passphrase  onceFlag `name:"passphrase" placeholder:"TEXT" help:"What the key is encrypted with, ssl_passphrase."`
	CAFile      onceFlag `name:"cafile" placeholder:"FILE" help:"Certificates of the CAs that peers must have theirs from (PEM), ssl_cafile."`
	CAPath      onceFlag `name:"capath" placeholder:"DIR" help:"A folder of such files, ssl_capath."`

	State  string `name:"state" env:"MOONPEER_STATE" placeholder:"DIR" help:"Where nodes are to keep their state."`
	Config string `name:"config" env:"MOONPEER_CONFIG" placeholder:"FILE" help:"Settings in TOML; a flag wins over the file."`
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
	addresses, err := c.addresses()
	if err != nil {
		return err
	}
	results := c.checkConfig()
	results = append(results, judgeBuffers(readBuffers(wantedBuffer), wantedBuffer, runtime.GOOS)...)
	results = append(results, judgeOffload(tryOffload(), runtime.GOOS))
	for _, a := range addresses {
		results = append(results, judgePort(readPort(ctx, a), runtime.GOOS, programPath(inv)))
	}
	results = append(results, checkCertificates(doctorTLS(c))...)
	results = append(results, judgeClock(readClock())...)
	results = append(results, checkLimits()...)
	if c.State != "" {
		results = append(results, judgeState(readState(c.State)))
	}
	if err := writeCheckups(inv.console, results, c.JSON); err != nil {
		return err
	}
	for _, r := range results {
		if r.State == healthFail {
			return errReported
		}
	}
	return nil
}

// checkConfig reads the file, if there is one, and fills in what flags left open.
func (c *doctorCommand) checkConfig() (results []checkup) {
	if c.Config == "" {
		return nil
	}
	file, err := loadConfig(c.Config)
	if err == nil {
		_, err = file.optionTexts(c.Config)
	}
	for _, e := range console.Split(err) {
		results = append(results, checkup{"configuration", healthFail, e.Error(), "correct the file; until then no node starts with it"})
	}
	if err != nil {
		return results
	}
	fill(&c.State, file.Node.State)
	return []checkup{{Check: "configuration", State: healthOK, Found: c.Config}}
}

// addresses are what to listen on, each as host:port.
func (c *doctorCommand) addresses() (list []string, err error) {
	if len(c.Listen) == 0 {
		return []string{":" + defaultPort}, nil
	}
	var errs []error
	for _, text := range c.Listen {
		a, err := doctorAddress(text)
		if err != nil {
			errs = append(errs, usagef("doctor", "--listen %q: %w", text, err))
		}
		list = append(list, a)
	}
	return list, errors.Join(errs...)
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
