package reload

import (
	"encoding/json"
	"slices"
	"testing"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// asker waits for one answer.
type asker struct{ body string }

func (a *asker) Begin() bool            { return true }
func (a *asker) Part([]byte) bool       { return true }
func (a *asker) Behind() bool           { return false }
func (a *asker) Reply(body []byte)      { a.body = string(body) }
func (a *asker) Refuse(_ int, w string) { a.body = w }

// TestProfile: a profile goes on with the new code, its loading included, also when a reload has failed. Rows are one where
// script, place and label are.
func TestProfile(t *testing.T) {
	const policy = "on('Input::e', function() end)\ntimer.every('1s', function() end)"
	r := start(t, policy)
	ask := func(method, params string) *asker {
		a := &asker{}
		r.Inbox().Put(step.ControlRequest{At: r.ControlPort(), Method: method, Params: []byte(params), Asker: a})
		r.turn()
		return a
	}
	a := ask("profile", `{"id": "x", "seconds": 600, "hz": 10}`)
	if a.body != "" {
		t.Fatalf("at once: %s", a.body)
	}
	r.raise("Input::e")
	r.wait(2)
	if _, err := r.reload("on('Input::e', function() end)\nerror 'broken'", false); err == nil {
		t.Fatal("a broken file was loaded")
	}
	r.raise("Input::e")
	r.must(policy)
	r.raise("Input::e")
	r.wait(3)
	r.must("\n\n" + policy)
	r.raise("Input::e")
	ask("profile.stop", `{"id": "x"}`)
	r.must(policy)
	r.raise("Input::e")

	var p node.Profiled
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	type row struct {
		label, place  string
		calls, errors uint64
	}
	want := []row{
		{"handler Input::e", r.file + ":1", 3, 0},
		{"handler Input::e", r.file + ":3", 1, 0},
		{"load", r.file, 3, 1},
		{"timer", r.file + ":2", 5, 0},
	}
	var got []row
	for _, c := range p.Calls {
		got = append(got, row{c.Label, c.Place, c.Calls, c.Errors})
	}
	slices.SortFunc(got, func(a, b row) int {
		return slices.Compare([]string{a.label, a.place}, []string{b.label, b.place})
	})
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
