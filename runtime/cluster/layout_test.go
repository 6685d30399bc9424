package cluster

import (
	"slices"
	"strings"
	"testing"
)

func TestLayoutErrors(t *testing.T) {
	for want, nodes := range map[string][]Node{
		"one manager, this one has 0":     {{Name: "worker-1", Role: Worker}},
		"one manager, this one has 2":     {{Name: "m", Role: Manager}, {Name: "n", Role: Manager}},
		`two nodes are called "m"`:        {{Name: "m", Role: Manager}, {Name: "m", Role: Worker}},
		`node name "a b"`:                 {{Name: "m", Role: Manager}, {Name: "a b", Role: Worker}},
		`node name "../x"`:                {{Name: "m", Role: Manager}, {Name: "../x", Role: Worker}},
		`node "w" has no role`:            {{Name: "m", Role: Manager}, {Name: "w"}},
		"have the same address, h:1":      {{Name: "m", Role: Manager, Host: "h", Port: 1}, {Name: "w", Role: Worker, Host: "h", Port: 1}},
		"70000 is no port":                {{Name: "m", Role: Manager, Host: "h", Port: 70000}},
		`node "m": a port without a host`: {{Name: "m", Role: Manager, Port: 1}},
	} {
		if _, err := NewLayout(nodes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

func TestOrderAndDials(t *testing.T) {
	l, err := NewLayout([]Node{
		{Name: "worker-10", Role: Worker}, {Name: "worker-9", Role: Worker}, {Name: "proxy-1", Role: Proxy}, {Name: "logger-2", Role: Logger},
		{Name: "manager", Role: Manager}, {Name: "logger-1", Role: Logger},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range l.Nodes() {
		got = append(got, n.Name)
	}
	if want := []string{"logger-1", "logger-2", "manager", "proxy-1", "worker-9", "worker-10"}; !slices.Equal(got, want) {
		t.Errorf("shown as %q", got)
	}
	for name, want := range map[string][]string{
		"worker-9": {"logger-1", "logger-2", "manager", "proxy-1"}, "proxy-1": {"logger-1", "logger-2", "manager"},
		"manager": {"logger-1", "logger-2"}, "logger-1": nil, "nobody": nil,
	} {
		var dialled []string
		for _, n := range l.Dials(name) {
			dialled = append(dialled, n.Name)
		}
		if !slices.Equal(dialled, want) {
			t.Errorf("%s dials %q, want %q", name, dialled, want)
		}
	}
	if !l.Dialled(Proxy) || l.Dialled(Worker) {
		t.Error("who has to listen: proxies, not workers")
	}
}

func TestNames(t *testing.T) {
	for want, got := range map[string][]string{
		"logger": Names(Logger, 1), "logger-1 logger-2": Names(Logger, 2), "worker-1": Names(Worker, 1), "": Names(Proxy, 0),
	} {
		if strings.Join(got, " ") != want {
			t.Errorf("got %q, want %s", got, want)
		}
	}
}

func TestRoles(t *testing.T) {
	for _, r := range []Role{None, Control, Logger, Manager, Proxy, Worker} {
		if got, ok := ParseRole(r.Word()); !ok || got != r {
			t.Errorf("%s reads as %v", r.Word(), got)
		}
	}
	if _, ok := ParseRole("wroker"); ok {
		t.Error("wroker is a role")
	}
}
