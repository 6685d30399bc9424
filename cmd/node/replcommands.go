package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// replCommands are what begins with a dot at the prompt, in the order in which .help lists them.
var replCommands = []struct{ usage, help string }{
	{".help", "tells what there is"},
	{".doc NAME", "shows the documentation of a function, method, module or event"},
	{".vars [NS]", "lists the exported names, of one namespace, with type, size and value; NS::NAME shows a value"},
	{".load FILE", "runs a Lua file; what it assigns to undeclared names stays at the prompt"},
	{".time EXPR", "runs a text and tells how long it took"},
	{".quit", "ends, as Ctrl-D does"},
}

const replHelp = `An expression shows its values; x = … keeps a value at the prompt, where scripts do not see it.
An unfinished text goes on with >>. Tab completes, Ctrl-R searches what was typed, Ctrl-C drops the line or ends the text that runs.
`

var dotCommand = regexp.MustCompile(`^\s*\.[A-Za-z]`)

// isCommand tells a command from Lua, which may begin with a number such as .5.
func isCommand(line string) bool { return dotCommand.MatchString(line) }

// command carries out what a line says that begins with a dot. Errors are the conversation's.
func (s *session) command(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case word == ".quit" && rest == "":
		return errQuit
	case word == ".help" && rest == "":
		return s.help()
	case word == ".doc" && rest != "":
		return s.doc(rest)
	case word == ".vars" && !strings.ContainsAny(rest, " \t"):
		return s.vars(ctx, strings.TrimSuffix(rest, "::"))
	case word == ".load" && rest != "":
		return s.load(ctx, rest)
	case word == ".time" && rest != "":
		return s.eval(ctx, s.name, s.line-1, rest, true)
	}
	var words []string
	for _, c := range replCommands {
		name, _, _ := strings.Cut(c.usage, " ")
		if name == word {
			s.fail(s.line-1, "usage: "+c.usage)
			return nil
		}
		words = append(words, name)
	}
	near := script.DidYouMean(word, words)
	if near == "" {
		near = " (.help lists what there is)"
	}
	s.fail(s.line-1, fmt.Sprintf("no command %s%s", console.Clean(script.Clip(word)), near))
	return nil
}

func (s *session) help() error {
	t := s.inv.console.Table()
	for _, c := range replCommands {
		t.Row(c.usage, c.help)
	}
	if err := t.Write(); err != nil {
		return err
	}
	_, err := io.WriteString(s.inv.console.Stdout(), replHelp)
	return err
}

// doc is the command doc; a name that nothing has does not end the prompt.
func (s *session) doc(name string) error {
	if err := (&docCommand{Name: name, JSON: s.json}).Run(s.inv); err != nil {
		s.fail(s.line-1, err.Error())
	}
	return nil
}

// vars lists what scripts export.
func (s *session) vars(ctx context.Context, namespace string) error {
	asking, cancel := context.WithTimeout(ctx, quickAnswer)
	defer cancel()
	var list []node.Variable
	err := s.link.Stream(asking, "prompt.variables", map[string]any{"prompt": s.id, "namespace": namespace}, nil, &list)
	var refused *control.Error
	switch {
	case err == nil:
	case ctx.Err() == nil && asking.Err() != nil:
		s.fail(s.line-1, "the node does not answer; it is busy or stands still")
		return nil
	case errors.As(err, &refused) && !gone(err):
		s.fail(s.line-1, refused.Message)
		return nil
	default:
		return err
	}
	return s.showVars(list, namespace)
}

func (s *session) showVars(list []node.Variable, namespace string) error {
	switch {
	case s.json:
		return s.inv.console.JSON(struct {
			Line      int             `json:"line"`
			Variables []node.Variable `json:"variables"`
		}{s.line - 1, list})
	case len(list) == 0 && namespace != "":
		s.fail(s.line-1, fmt.Sprintf("no script exports anything of %s (.vars lists all)", console.Clean(script.Clip(namespace))))
		return nil
	case len(list) == 0:
		fmt.Fprintln(s.inv.console.Stderr(), "info: no script exports anything with a value")
		return nil
	}
	t := s.inv.console.Table("name", "type", "size", "value")
	for _, v := range list {
		size := console.Number("")
		if v.Size != nil {
			size = console.Number(strconv.Itoa(*v.Size))
		}
		t.Row(v.Name, v.Type, size, v.Text)
	}
	return t.Write()
}

// completeCommand completes the name of a command; false: the text is something else.
func completeCommand(text string) (c script.Completion, ok bool) {
	word := strings.TrimLeft(text, " \t")
	if !strings.HasPrefix(word, ".") || strings.ContainsAny(word, " \t") {
		return c, false
	}
	c.Start = len(text) - len(word)
	for _, known := range replCommands {
		if name, _, _ := strings.Cut(known.usage, " "); strings.HasPrefix(name, word) {
			c.Names = append(c.Names, name)
		}
	}
	return c, true
}

// load runs a file of this machine's, also where the node is another process.
func (s *session) load(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		s.fail(s.line-1, err.Error())
		return nil
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxReplLine+1))
	switch {
	case err != nil:
		s.fail(s.line-1, err.Error())
	case len(src) > maxReplLine:
		s.fail(s.line-1, fmt.Sprintf("%s is larger than %d kB", file, maxReplLine>>10))
	default:
		return s.eval(ctx, file, 1, string(src), false)
	}
	return nil
}
