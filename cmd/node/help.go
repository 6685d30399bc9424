package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// helpWidth is how wide help gets on a wide terminal.
const helpWidth = 100

// exampler is a command that has examples to show below its flags, one a line; "%[1]s" stands for the program.
type exampler interface {
	examples() string
}

// explainer is a command that has something to say about what it shows.
type explainer interface {
	notes() string
}

const rootNotes = `
Examples:
  %[1]s run policies/known_clients --pcap trace.pcap --print EX::known_clients
  %[1]s check my_policy.lua

Exit codes: 0 success; 1 a script, an input or the configuration failed; 2 wrong usage;
130 interrupted; any other: a script's own, by node.terminate(code).
`

// printHelp prints kong's help and the examples after it.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	selected := ctx.Selected()
	if selected != nil {
		for _, argument := range selected.Positional {
			if argument.Tag.Has("free") {
				continue
			}
			// Only for the usage line: the commands ask for it themselves, in better words than kong's.
			argument.Required, argument.Tag.Optional = true, false
		}
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	notes := rootNotes
	if selected != nil {
		notes = ""
		if e, ok := selected.Target.Addr().Interface().(explainer); ok {
			if _, err := fmt.Fprint(ctx.Stdout, e.notes()); err != nil {
				return err
			}
		}
		if e, ok := selected.Target.Addr().Interface().(exampler); ok {
			notes = "\nExamples:\n  " + strings.ReplaceAll(strings.TrimSpace(e.examples()), "\n", "\n  ") + "\n"
		}
	}
	if notes != "" {
		_, err := fmt.Fprintf(ctx.Stdout, notes, ctx.Model.Name)
		return err
	}
	return nil
}
