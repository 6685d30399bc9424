package main

import (
	"strings"
	"testing"
)

// TestAffected: what is run again when files have changed.
func TestAffected(t *testing.T) {
	t.Parallel()
	const all = "./a_test.lua p/p_test.lua p/q_test.lua r/r_test.lua"
	tests := []struct{ name, changed, want string }{
		{"nothing yet", "", all},
		{"a test file", "p/q_test.lua", "p/q_test.lua"},
		{"a test file that was named otherwise", "a_test.lua", "./a_test.lua"},
		{"a policy", "p/init.lua", "p/p_test.lua p/q_test.lua"},
		{"a policy and a test file", "p/init.lua r/r_test.lua", "p/p_test.lua p/q_test.lua r/r_test.lua"},
		{"a policy, and a test file beside it", "p/init.lua p/p_test.lua", "p/p_test.lua p/q_test.lua"},
		{"a test file that is gone", "p/gone_test.lua", "p/p_test.lua p/q_test.lua"},
		{"in the top folder", "init.lua", "./a_test.lua"},
		{"in a folder without tests", "lib/x.lua", all},
		{"in a folder without tests, and a test file", "r/r_test.lua lib/x.lua", all},
		{"below a policy's folder", "p/data/x.lua", all},
	}
	for _, tt := range tests {
		got := strings.Join(affected(strings.Fields(all), strings.Fields(tt.changed)), " ")
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestWrites: what a run writes itself is no reason for another.
func TestWrites(t *testing.T) {
	t.Parallel()
	c := testCommand{Format: []string{"pretty", "junit=./out/report.xml"}}
	for name, want := range map[string]bool{"out/report.xml": true, "report.xml": false, "pretty": false} {
		if got := c.writes(name); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
}

func TestFew(t *testing.T) {
	t.Parallel()
	for names, want := range map[string]string{"a": "a", "a b": "a, b", "a b c d": "a, b and 2 more"} {
		if got := few(strings.Fields(names), 2); got != want {
			t.Errorf("%s: got %s, want %s", names, got, want)
		}
	}
}
