package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"moonpeer/net/peering"
	"moonpeer/net/tlsconf"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// config is the TOML file. What a key means when it is missing or zero is said where it ends up, in node.Options.
type config struct {
	Node    nodeTable      `toml:"node"`
	Peers   peersTable     `toml:"peers"`
	TLS     tlsTable       `toml:"tls"`
	Options map[string]any `toml:"options"` // "EX::server" = "10.0.0.1"
	Limits  limitsTable    `toml:"limits"`
}

type nodeTable struct {
	Name    string   `toml:"name"`
	State   string   `toml:"state"` // relative to the file's folder, as the entries of path
	Debug   []string `toml:"debug"`
	Control bool     `toml:"control"`
	Path    []string `toml:"path"` // where require looks after the policy's own folder
}

// peersTable is who is listened for and dialled. Flags add to it.
type peersTable struct {
	Listen  []string `toml:"listen"`
	Connect []string `toml:"connect"`
}

// tlsTable names PEM files, relative to the file's folder.
type tlsTable struct {
	Certificate string `toml:"certificate"`
	Keyfile     string `toml:"keyfile"`
	Passphrase  string `toml:"passphrase"`
	CAFile      string `toml:"cafile"`
	CAPath      string `toml:"capath"`
}

func (t tlsTable) options() tlsconf.Options { return tlsconf.Options(t) }

// fill adds the file's addresses to those of flags.
func (t peersTable) fill(file string, opts *node.Options) error {
	for _, x := range []struct {
		key   string
		texts []string
		to    *[]peering.Address
	}{{"listen", t.Listen, &opts.Listen}, {"connect", t.Connect, &opts.Peer}} {
		for _, text := range x.texts {
			a, err := parseAddress(text, x.key == "connect")
			if err != nil {
				return fmt.Errorf("%s: [peers] %s: %w", file, x.key, err)
			}
			*x.to = append(*x.to, a)
		}
	}
	return nil
}

type limitsTable struct {
	HandlerInstructions uint64 `toml:"handler_instructions"`
	HandlerSeconds      uint32 `toml:"handler_seconds"`
	QueuedEvents        uint32 `toml:"queued_events"`
	Connections         uint32 `toml:"connections"` // tracked at once in a capture
	Peers               uint32 `toml:"peers"`       // links at once, those shaking hands included
	MaxFrame            uint32 `toml:"max_frame"`   // bytes of one message
}

// leastFrame is the smallest limit of a message that leaves room for what nodes tell each other.
const leastFrame = 64 << 10

// loadConfig reads a file. Its errors name line and column, one error for each key that nobody knows.
func loadConfig(file string) (*config, error) {
	text, err := readConfig(file)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c := &config{}
	err = toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(c)
	if err != nil {
		return nil, configError[config](file, err)
	}
	if n := c.Limits.MaxFrame; n != 0 && n < leastFrame {
		return nil, fmt.Errorf("%s: [limits] max_frame = %d: want at least %d", file, n, leastFrame)
	}
	base := filepath.Dir(file)
	c.Node.State = below(base, c.Node.State)
	for _, p := range []*string{&c.TLS.Certificate, &c.TLS.Keyfile, &c.TLS.CAFile, &c.TLS.CAPath} {
		*p = below(base, *p)
	}
	for i, dir := range c.Node.Path {
		c.Node.Path[i] = below(base, dir)
	}
	return c, nil
}

// maxConfig is more than anybody writes by hand; more is not even read.
const maxConfig = 1 << 20

func readConfig(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(text) > maxConfig {
		err = fmt.Errorf("%s is larger than 1 MiB", file)
	}
	return text, err
}

// below makes a path of the file independent of where the program was started.
func below(base, p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(base, p)
}

// configError says what is wrong with a file that was to be read as a T.
func configError[T any](file string, err error) error {
	root := reflect.TypeFor[T]()
	var strict *toml.StrictMissingError
	var decode *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		var errs []error
		for i := range strict.Errors {
			e := &strict.Errors[i]
			line, column := e.Position()
			errs = append(errs, fmt.Errorf("%s:%d:%d: %s", file, line, column, unknownKey(root, e.Key())))
		}
		return errors.Join(errs...)
	case errors.As(err, &decode):
		line, column := decode.Position()
		return fmt.Errorf("%s:%d:%d: %s", file, line, column, badValue(root, decode))
	}
	return fmt.Errorf("%s: %w", file, err)
}

// badValue says what is wrong with a value or with the syntax, in the file's words instead of Go's.
func badValue(root reflect.Type, err *toml.DecodeError) string {
	text := strings.TrimPrefix(err.Error(), "toml: ")
	key := err.Key()
	if len(key) == 0 {
		return text
	}
	name := key[0] + ": "
	if len(key) > 1 || wanted(root, key) == "a table" {
		name = strings.TrimSpace("["+key[0]+"] "+strings.Join(key[1:], ".")) + ": "
	}
	if got, ok := strings.CutPrefix(text, "cannot decode TOML "); ok {
		got, _, _ = strings.Cut(got, " into ")
		return name + "got " + got + ", want " + wanted(root, key)
	}
	return name + text
}

// wanted says what kind of value a key takes.
func wanted(t reflect.Type, key toml.Key) string {
	for _, name := range key {
		if t.Kind() != reflect.Struct {
			break
		}
		for field := range t.Fields() {
			if field.Tag.Get("toml") == name {
				t = field.Type
				break
			}
		}
	}
	if t == reflect.TypeFor[byteSize]() {
		return `an amount with its unit, such as "200 MB"`
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text in quotes"
	case reflect.Slice:
		return "a list of texts"
	case reflect.Struct, reflect.Map:
		return "a table"
	}
	return "a whole number"
}

// unknownKey says what the file may hold in the place of a key that nobody knows.
func unknownKey(root reflect.Type, key toml.Key) string {
	known := knownKeys(root, key[:len(key)-1])
	name := key[len(key)-1]
	hint := script.DidYouMean(name, known)
	if other := inOther(root, key); other != "" {
		hint = " (it belongs " + other + ")"
	}
	if hint == "" && len(known) > 0 {
		hint = " (known: " + strings.Join(known, ", ") + ")"
	}
	if len(key) == 1 {
		for _, table := range known {
			if slices.Contains(knownKeys(root, []string{table}), name) {
				hint = fmt.Sprintf(" (the key %s belongs below [%s])", name, table)
			}
		}
		if root != reflect.TypeFor[config]() {
			return fmt.Sprintf("no key is called %s%s", name, hint)
		}
		return fmt.Sprintf("no table is called [%s]%s", name, hint)
	}
	return fmt.Sprintf("[%s] has no key %q%s", strings.Join(key[:len(key)-1], "."), name, hint)
}

// inOther says where the other of the two kinds of file has a key, whose table may be called the same; "" if nowhere.
func inOther(root reflect.Type, key toml.Key) string {
	name := key[len(key)-1]
	layout, settings := reflect.TypeFor[layoutFile](), reflect.TypeFor[config]()
	switch {
	case root == layout && slices.Contains(knownKeys(settings, []string{"limits"}), name):
		return "below [limits] of a file for --config, not into a layout"
	case root == settings && len(key) > 1 && key[0] == "limits" && slices.Contains(knownKeys(layout, []string{"limits"}), key[1]),
		root == settings && slices.Contains(knownKeys(layout, []string{"limits", "worker"}), name):
		return "below [limits.worker] and so on of a layout, not here"
	case root == settings && len(key) == 1 && slices.Contains([]string{"workers", "proxies", "loggers", "nodes"}, name):
		return "into a layout, not here"
	}
	return ""
}

// knownKeys lists the keys of the table at path, in the order of the documentation.
func knownKeys(table reflect.Type, path []string) (keys []string) {
	if table.Kind() != reflect.Struct {
		return nil
	}
	for field := range table.Fields() {
		name := field.Tag.Get("toml")
		if len(path) > 0 && path[0] == name {
			return knownKeys(field.Type, path[1:])
		}
		keys = append(keys, name)
	}
	if len(path) > 0 {
		return nil
	}
	return keys
}

// optionTexts gives a file's [options] in the form of --set, in order of their names. The option's declared type
// reads the text later, so a number may be written with or without quotes.
func optionTexts(options map[string]any, file string) (set []string, err error) {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(options)) {
		text, err := optionText(options[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: [options] %q: %w", file, name, err))
			continue
		}
		set = append(set, name+"="+text)
	}
	return set, errors.Join(errs...)
}

func optionText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case []any, map[string]any:
		text, err := json.Marshal(v)
		return string(text), err
	}
	return "", errors.New("a date can't be the value of an option, write it as a text in quotes")
}
