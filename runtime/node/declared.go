package node

import "errors"

// Declaration is something that scripts have declared by a namespace: an event, an option, a container, and so on.
type Declaration struct {
	ID    string // full name, "EX::found"
	Kind  string // the method that made it: "event", "set", "option", …
	Type  string // as scripts write it, "set[addr, port]"
	Place string // file:line
	// Parts are an event's arguments, a record's fields, the value of an option or variable, a set's or vector's elements, a
	// map's keys and values.
	Parts []DeclaredPart
}

// DeclaredPart is a place with a type, in the words of editor definitions.
type DeclaredPart struct {
	Name     string // "" for an argument that was not given one
	Takes    string // what scripts may put there
	Gives    string // what they get from there
	Optional bool
}

// Declared loads the scripts of opts as Check does, and returns what they have declared, in that order.
func Declared(opts Options, sys System) ([]Declaration, error) {
	opts.Inputs, opts.Set, opts.Print = Inputs{}, nil, nil
	n, err := build(opts, sys, func(string, string) {})
	if err != nil {
		return nil, err
	}
	defer n.watched()()
	if err := n.Domain.Load(n.opts.Scripts); err != nil {
		return nil, err
	}
	if n.Declares == nil {
		return nil, errors.New("the modules of this node don't tell what is declared")
	}
	return n.Declares(), nil
}
