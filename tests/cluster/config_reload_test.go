package cluster

import (
	"os"
	"strings"
	"testing"

	"moonpeer/runtime/node"
)

// reload gives a node another policy while it runs.
func (c *cluster) reload(m *member, policy string) {
	c.t.Helper()
	if err := os.WriteFile(m.Options().Scripts[0], []byte(policy), 0o600); err != nil {
		c.t.Fatal(err)
	}
	m.Reload(node.ReloadOptions{}, func(_ node.ReloadReport, err error) {
		if err != nil {
			c.t.Errorf("%s: reload: %v", m.Name(), err)
		}
	})
	c.run()
}

// TestConfigReloadAgain: a reload asks the check about the value as it was set, not about what was made of it, and asks
// no handler.
func TestConfigReloadAgain(t *testing.T) {
	t.Parallel()
	const policy = `
local limit = namespace "EX":option("limit", "count", 0, { check = function(v) return v * 2 end })
limit:on_change(function(new, old) print("change", new, old) return new + 1 end)
`
	policies := map[string]string{}
	for _, n := range layoutOf(t, 1, 2, 4).Nodes() {
		policies[n.Name] = policy
	}
	c, all := configured(t, 16, policies, true)
	c.set(all["worker-3"], 5)
	c.run()
	c.limit("11", all)
	for range 2 {
		c.reload(all["worker-1"], policy)
		c.reload(all["worker-3"], policy)
		c.limit("11", all)
	}
	changes(t, all, "change\t10\t0")
	c.reload(all["worker-1"], strings.ReplaceAll(policy, "v * 2", "v * 3")) // it says something else
	c.limit("15", map[string]*member{"worker-1": all["worker-1"]})
	c.set(all["worker-1"], 6)
	c.run()
	all["worker-1"].expect(t, "change\t10\t0", "change\t18\t15")
	all["worker-2"].expect(t, "change\t10\t0", "change\t12\t11")
}

// TestConfigReloadRefused: what a node has refused it is asked about again when its code is another, handlers and all.
func TestConfigReloadRefused(t *testing.T) {
	t.Parallel()
	stubborn := strings.ReplaceAll(configPolicy, "v == 13", "v >= 9")
	c, all := configured(t, 17, map[string]string{"worker-2": stubborn, "worker-3": stubborn}, true)
	c.set(all["worker-1"], 3)
	c.set(all["worker-1"], 900)
	c.run()
	refusing := map[string]*member{"worker-2": all["worker-2"], "worker-3": all["worker-3"]}
	c.limit("3", refusing)
	c.reload(all["worker-2"], strings.ReplaceAll(stubborn, "unlucky", "not yet"))
	c.limit("3", refusing)
	for _, m := range all {
		c.reload(m, configPolicy)
	}
	c.limit("450", all)
	all["worker-1"].expect(t, "change\t3\t10\t10", "change\t900\t10\t10")
	for _, m := range refusing {
		m.expect(t, "change\t3\t10\t10", "change\t900\t3\t3")
	}
	if text := all["worker-2"].Errors(); strings.Count(text, "keeps its value here: ") != 2 || !strings.Contains(text, "here: not yet") {
		t.Errorf("worker-2 is to say twice that it refuses: %s", text)
	}
}
