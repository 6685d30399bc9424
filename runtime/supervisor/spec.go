package supervisor

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"moonpeer/net/step"
	"moonpeer/runtime/supervisor/limits"
)

// Spec says what a supervised node is. It must not be changed after Create.
type Spec struct {
	Name string // required, without spaces, unique
	Path string // of the program
	Args []string
	Env  []string // NAME=value, added to Options.Environ
	// Dir is the working folder, which is created. "" is the supervisor's own.
	Dir string
	// StdoutFile and StderrFile take what the node writes; relative ones lie in Dir, and both may be the same.
	// "" means stdout.log and stderr.log in Dir, and no file if Dir is "" as well.
	StdoutFile, StderrFile string
	Limits                 limits.Limits // zero fields: none
	// Interface and PcapFile say what the node reads, at most one of them. They are for those who ask for the
	// status; the node itself is told by Args.
	Interface, PcapFile string
}

// CheckName refuses a name that no node can have. The texts are Zeek's.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("node names must not be an empty string")
	case strings.ContainsFunc(name, unicode.IsSpace):
		return fmt.Errorf("node names must not contain spaces: '%s'", name)
	}
	return nil
}

// conflict refuses two inputs. Zeek looks for it after it has looked for the name.
func (sp *Spec) conflict() error {
	if sp.Interface != "" && sp.PcapFile != "" {
		return fmt.Errorf("node with name '%s' has interface and pcap_file set", sp.Name)
	}
	return nil
}

// command is what is run.
func (sp *Spec) command(environ []string) step.Command {
	return step.Command{
		Path: sp.Path, Args: sp.Args, Env: slices.Concat(environ, sp.Env, sp.Limits.Environ()), Dir: sp.Dir,
		Stdout: sp.file(sp.StdoutFile, "stdout.log"), Stderr: sp.file(sp.StderrFile, "stderr.log"),
	}
}

// file is where an output file lies.
func (sp *Spec) file(name, standard string) string {
	switch {
	case name == "" && sp.Dir == "":
		return ""
	case name == "":
		name = standard
	case filepath.IsAbs(name):
		return name
	}
	return filepath.Join(sp.Dir, name)
}

// dirError reads as Zeek's, which does not give the cause; errors.Unwrap has it.
type dirError struct {
	dir   string
	cause error
}

func (e *dirError) Error() string { return "failed to create working directory " + e.dir }

func (e *dirError) Unwrap() error { return e.cause }
