package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// newPolicy is the policy that others begin as: a good one by itself, whose names are replaced.
//
//go:embed newpolicy
var newPolicy embed.FS

type newCommand struct {
	Dir  string `name:"dir" placeholder:"DIR" help:"Where the policy's folder is made; default is the folder policies if there is one here, else this folder."`
	JSON bool   `name:"json" help:"Write what was made as one line of JSON."`
	Name string `arg:"" name:"name" optional:"" help:"The policy's name, such as known_clients: letters, digits and _."`
}

func (c *newCommand) examples() string {
	return `
%[1]s new known_clients
%[1]s new scan --dir my/policies`
}

// policyName is what may be a policy's name: it becomes a folder, a module for require and, in another form, a namespace.
var policyName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// madePolicy is what was made, for programs.
type madePolicy struct {
	Name      string   `json:"name"`
	Namespace string   `json:"namespace"`
	Files     []string `json:"files"`
	Next      []string `json:"next"` // commands
}

// Run implements node new.
func (c *newCommand) Run(inv *invocation) error {
	switch {
	case c.Name == "":
		return usagef("new", "no name given: name the policy, such as known_clients")
	case !policyName.MatchString(c.Name):
		return usagef("new", "policy name %q: want letters, digits and _, a letter first, 64 at most", c.Name)
	}
	dir := c.Dir
	if dir == "" {
		dir = "."
		if info, err := os.Stat("policies"); err == nil && info.IsDir() {
			dir = "policies"
		}
	}
	m, err := makePolicy(dir, c.Name, inv.program)
	if err != nil {
		return err
	}
	if c.JSON {
		return inv.console.JSON(m)
	}
	var b strings.Builder
	for _, f := range m.Files {
		fmt.Fprintf(&b, "wrote %s\n", f)
	}
	b.WriteString("next:\n")
	for _, command := range m.Next {
		fmt.Fprintf(&b, "  %s\n", command)
	}
	_, err = inv.console.Stdout().Write([]byte(b.String()))
	return err
}

// makePolicy makes the folder of a policy, which must not be there, and what is in it; or nothing.
func makePolicy(dir, name, program string) (madePolicy, error) {
	folder := filepath.Join(dir, name)
	m := madePolicy{Name: name, Namespace: namespaceOf(name), Next: nextCommands(program, folder, namespaceOf(name))}
	switch err := os.Mkdir(folder, 0o777); {
	case errors.Is(err, fs.ErrExist):
		return m, fmt.Errorf("%s is there already: choose another name, or another --dir; nothing was written", folder)
	case errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("--dir %s: there is no such folder", dir)
	case err != nil:
		return m, err
	}
	names := strings.NewReplacer("NewPolicy", m.Namespace, "new_policy", name, "FOLDER", filepath.ToSlash(folder), "moonpeer ", program+" ")
	for _, f := range [][2]string{{"init.lua", "init.lua"}, {"policy_test.lua", name + "_test.lua"}, {"README.md", "README.md"}} {
		text, err := newPolicy.ReadFile(path.Join("newpolicy", f[0]))
		file := filepath.Join(folder, f[1])
		if err == nil {
			err = os.WriteFile(file, []byte(names.Replace(string(text))), 0o666)
		}
		if err != nil {
			return m, errors.Join(err, os.RemoveAll(folder))
		}
		m.Files = append(m.Files, file)
	}
	return m, nil
}

// nextCommands are what one does with a new policy.
func nextCommands(program, folder, namespace string) []string {
	return []string{
		fmt.Sprintf("%s check %s", program, folder),
		fmt.Sprintf("%s test %s", program, folder),
		fmt.Sprintf("%s run %s --pcap trace.pcap --print %s::seen", program, folder, namespace),
	}
}

// namespaceOf makes a namespace of a policy's name: known_clients is KnownClients.
func namespaceOf(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
