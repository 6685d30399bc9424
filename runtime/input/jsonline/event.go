package jsonline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// event is what a line says.
type event struct {
	name string
	args []any
}

// want ends the messages about lines of the wrong shape.
const want = `want {"event": "EX::name", "args": […]}`

// parse reads a line.
func parse(text []byte) (event, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil {
		return event{}, explain(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return event{}, errors.New("something follows the JSON object; " + want)
	}
	var e event
	var ok bool
	if e.name, ok = fields["event"].(string); !ok || e.name == "" {
		return event{}, errors.New(`"event" is not the name of an event; ` + want)
	}
	args, given := fields["args"]
	if e.args, ok = args.([]any); given && !ok {
		return event{}, errors.New(`"args" is not an array; ` + want)
	}
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if k != "event" && k != "args" && !slices.Contains(besides, k) {
			return event{}, fmt.Errorf("unknown key %.40q; %s", k, want)
		}
	}
	return e, nil
}

// besides are keys of lines that node sub writes: what they say is not used, so that its output is input.
var besides = []string{"from", "node", "time", "topic"}

func explain(err error) error {
	var syntax *json.SyntaxError
	var other *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at byte %d: %w", syntax.Offset, err)
	case errors.As(err, &other):
		return fmt.Errorf("a JSON %s; %s", other.Value, want)
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return errors.New("not JSON: the line ends in the middle")
	}
	return fmt.Errorf("not JSON: %w", err)
}

func blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }
