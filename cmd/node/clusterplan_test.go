package main

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/supervisor"
	"moonpeer/runtime/supervisor/limits"
)

// planned is a cluster command with a policy that loads, and its plan as it is to run.
type planned struct {
	t *testing.T
	c *clusterCommand
}

func newPlanned(t *testing.T, layout string) *planned {
	t.Helper()
	dir := t.TempDir()
	script := filepath.Join(dir, "policy.lua")
	write(t, script, `namespace "EX":option("limit", "count", 1)`)
	args := []string{script}
	if layout != "" {
		file := filepath.Join(dir, "cluster.toml")
		write(t, file, layout)
		args = append(args, file)
	}
	return &planned{t, &clusterCommand{Args: args, State: filepath.Join(dir, "st")}}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// plan makes the plan; running is that of the nodes that run.
func (p *planned) plan(running *clusterPlan) (*clusterPlan, error) {
	p.t.Helper()
	plan, err := p.c.plan([]string{"arg"})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(plan.state, supervisorName), 0o755); err != nil {
		p.t.Fatal(err)
	}
	inv := &invocation{program: "node", console: console.New(p.t.Output(), p.t.Output(), func(string) string { return "" })}
	return plan, plan.prepare(inv, running)
}

// settled is a plan that is written down.
func (p *planned) settled(running *clusterPlan) *clusterPlan {
	p.t.Helper()
	plan, err := p.plan(running)
	if err == nil {
		err = plan.settle()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return plan
}

// ports are the addresses of the nodes that have one.
func ports(p *clusterPlan) map[string]string {
	at := map[string]string{}
	for _, n := range p.layout.Nodes() {
		if n.Port != 0 {
			at[n.Name] = n.Address()
		}
	}
	return at
}

// TestPlanPorts: those who are dialled have a port of their own, which is theirs the next time, too, unless somebody has
// taken it; those of nodes that run are not looked at.
func TestPlanPorts(t *testing.T) {
	t.Parallel()
	p := newPlanned(t, "workers = 2\nproxies = 2\n")
	first := p.settled(nil)
	before := ports(first)
	if len(before) != 4 {
		t.Fatalf("got %v, want ports for logger, manager and proxies", before)
	}
	if again := ports(p.settled(nil)); !sameMap(again, before) {
		t.Errorf("the next time got %v, want %v", again, before)
	}
	taken, err := net.ListenPacket("udp", before["manager"])
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if running := ports(p.settled(first)); !sameMap(running, before) {
		t.Errorf("of nodes that run got %v, want %v", running, before)
	}
	after := ports(p.settled(nil))
	if after["manager"] == before["manager"] || after["manager"] == "" {
		t.Errorf("the manager is to listen on %q, which is taken", after["manager"])
	}
	delete(after, "manager")
	delete(before, "manager")
	if !sameMap(after, before) {
		t.Errorf("got %v for the others, want %v", after, before)
	}
}

func sameMap(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// TestPlanWritesNothingBeforeAllIsWell: what runs reads its layout again when it is revived.
func TestPlanWritesNothingBeforeAllIsWell(t *testing.T) {
	t.Parallel()
	p := newPlanned(t, "workers = 1\n")
	running := p.settled(nil)
	before, err := os.ReadFile(running.layoutPath())
	if err != nil {
		t.Fatal(err)
	}
	write(t, p.c.Args[0], "local = 1")
	write(t, p.c.Args[1], "workers = 3\n")
	if _, err := p.plan(running); err == nil || !strings.Contains(err.Error(), "policy.lua:1: ") {
		t.Errorf("got %v", err)
	}
	if after, err := os.ReadFile(running.layoutPath()); err != nil || string(after) != string(before) {
		t.Errorf("the layout was written: %v\n%s", err, after)
	}
	write(t, p.c.Args[0], "")
	next := p.settled(running)
	if next.print == running.print {
		t.Error("another layout and another script have the same fingerprint")
	}
}

// TestPlanWritesTheLayoutLast: what the new nodes need is there before a node that is revived could read of them.
func TestPlanWritesTheLayoutLast(t *testing.T) {
	t.Parallel()
	p := newPlanned(t, "workers = 1\n")
	running := p.settled(nil)
	write(t, filepath.Join(running.state, "worker-2"), "a file where the folder is to be")
	write(t, p.c.Args[1], "workers = 2\n")
	next, err := p.plan(running)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.settle(); err == nil {
		t.Error("no error")
	}
	if after, err := os.ReadFile(running.layoutPath()); err != nil || string(after) != string(running.text) {
		t.Errorf("the layout was written: %v\n%s", err, after)
	}
}

// TestFingerprint: what the scripts may require counts, and nothing else does.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	p := newPlanned(t, "workers = 1\n")
	dir, library := filepath.Dir(p.c.Args[0]), t.TempDir()
	config := filepath.Join(dir, "settings.toml")
	write(t, config, "[node]\npath = [\""+filepath.ToSlash(library)+"\"]\n")
	p.c.Config = onceFlag(config)
	before := p.settled(nil)
	for _, file := range []string{"helper.lua", "lib/init.lua", "lib/deep/er.lua"} {
		for _, place := range []string{dir, library} {
			path := filepath.Join(place, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"return 1", "return 2"} {
				write(t, path, text)
				after, err := p.plan(before)
				if err != nil {
					t.Fatal(err)
				}
				if after.print == before.print {
					t.Errorf("%s, %s: it has the same fingerprint", path, text)
				}
				before = after
			}
		}
	}
	write(t, filepath.Join(dir, "notes.txt"), "nothing")
	if after, err := p.plan(before); err != nil || after.print != before.print {
		t.Errorf("another fingerprint without a change: %v", err)
	}
}

// TestPlanFlags: a flag goes before what the layout says.
func TestPlanFlags(t *testing.T) {
	t.Parallel()
	p := newPlanned(t, "workers = 2\nproxies = 2\nloggers = 2\n")
	three, none := 3, 0
	p.c.Workers, p.c.Loggers = &three, &none
	plan, err := p.c.plan(nil)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[cluster.Role]int{cluster.Worker: 3, cluster.Proxy: 2, cluster.Logger: 0, cluster.Manager: 1} {
		if got := plan.layout.Count(role); got != want {
			t.Errorf("%d of role %s, want %d", got, role.Word(), want)
		}
	}
}

// TestPlanHosts: what runs here is told by the addresses, and only that is started.
func TestPlanHosts(t *testing.T) {
	t.Parallel()
	for layout, want := range map[string]string{
		"workers = 1": "logger manager worker-1",
		"loggers = 0\n[nodes]\nmanager = \"127.0.0.1:9999\"\nworker-1 = \"198.51.100.1\"\nworker-2 = \"localhost\"": "manager worker-2",
		"loggers = 0\n[nodes]\nmanager = \"198.51.100.1:9999\"\nworker-1 = \"[::1]:1\"":                             "worker-1",
	} {
		plan, err := newPlanned(t, layout).c.plan(nil)
		if err != nil {
			t.Errorf("%q: %v", layout, err)
			continue
		}
		var names []string
		for _, n := range plan.local {
			names = append(names, n.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: got %s, want %s", layout, got, want)
		}
	}
	for layout, want := range map[string]string{
		"loggers = 0\n[nodes]\nmanager = \"198.51.100.1:9999\"\nworker-1 = \"198.51.100.2\"": "layout: no node has an address of this machine",
		"workers = 1\n[nodes]\nworker-1 = \"198.51.100.2\"":                                  "node manager: on which host does it run?",
	} {
		if _, err := newPlanned(t, layout).c.plan(nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", layout, err, want)
		}
	}
}

// TestPlanSpecs: what the processes are started with.
func TestPlanSpecs(t *testing.T) {
	t.Parallel()
	p := newPlanned(t, `
workers = 2
proxies = 1
[limits.worker]
memory = "100 MB"
files = 80
[limits.manager]
cpus = 2
`)
	p.c.Pcap, p.c.Set, p.c.Debug, p.c.Control = []onceFlag{"a.pcap", "b.pcap"}, []string{"EX::limit=2"}, []string{"broker"}, true
	plan := p.settled(nil)
	specs := map[string]supervisor.Spec{}
	for _, sp := range plan.specs("/bin/node", "/run/sock") {
		specs[sp.Name] = sp
	}
	worker := specs["worker-2"]
	words := strings.Join(worker.Args, " ")
	for _, want := range []string{"run --name worker-2 ", " --layout " + plan.layoutPath(), " --pcap a.pcap --pcap b.pcap --shard 2/2 ",
		" --set EX::limit=2", " --debug broker", " --control ", " --certificate ", " --cafile "} {
		if !strings.Contains(words, want) {
			t.Errorf("worker-2 is started without %q: %s", want, words)
		}
	}
	if !strings.HasSuffix(words, p.c.Args[0]+" -- arg") {
		t.Errorf("worker-2's script is not last: %s", words)
	}
	if words := strings.Join(specs["manager"].Args, " "); strings.Contains(words, "--pcap") || strings.Contains(words, "--shard") {
		t.Errorf("the manager reads a capture: %s", words)
	}
	for name, want := range map[string]limits.Limits{
		"worker-1": {Memory: 100_000_000, Files: 80}, "worker-2": {Memory: 100_000_000, Files: 80}, "manager": {CPUs: 2}, "proxy-1": {}, "logger": {}} {
		if got := specs[name].Limits; got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if !slices.Contains(worker.Env, "MOONPEER_SUPERVISOR=/run/sock") {
		t.Errorf("worker-2 is not told who its supervisor is: %v", worker.Env)
	}
	if groups := plan.groups(); !slices.EqualFunc(groups, [][]string{{"worker-1", "worker-2"}, {"proxy-1"}, {"manager"}, {"logger"}},
		func(a, b []string) bool { return slices.Equal(a, b) }) {
		t.Errorf("they are stopped as %v", groups)
	}
}

// TestClusterOptions: an option of the layout reaches the nodes, --set goes before it, and a wrong one ends it all.
func TestClusterOptions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script, layout := filepath.Join(dir, "policy.lua"), filepath.Join(dir, "cluster.toml")
	write(t, script, `
local EX = namespace "EX"
local limit, other = EX:option("limit", "count", 1), EX:option("other", "count", 1)
on("Cluster::cluster_started", function() print(limit:get(), other:get()) end)`)
	write(t, layout, "loggers = 0\nworkers = 1\n[options]\n\"EX::limit\" = 2\n\"EX::other\" = 2\n")
	run := func(args ...string) (code int, stdout, stderr string) {
		t.Helper()
		p := start(t, append([]string{"cluster", layout, script, "--state", filepath.Join(t.TempDir(), "st")}, args...)...)
		if len(args) > 1 {
			return p.end(), p.rest(p.stdout), p.rest(p.stderr)
		}
		stdout = p.await(p.stdout, `^worker-1: `)
		p.interrupt()
		return p.end(), stdout, p.rest(p.stderr)
	}
	if code, out, errs := run("--set=EX::limit=3"); code != exitOK || out != "worker-1: 3\t2" {
		t.Errorf("got code %d, %q\n%s", code, out, errs)
	}
	if code, _, errs := run("--set", "EX::limt=3"); code != exitFailed || !strings.Contains(errs, "EX::limt") || !strings.Contains(errs, "did you mean EX::limit?") {
		t.Errorf("got code %d\n%s", code, errs)
	}
	if code, _, errs := run("--set", "EX::limit=x"); code != exitFailed || !strings.Contains(errs, "EX::limit") {
		t.Errorf("got code %d\n%s", code, errs)
	}
}

// TestPlanRefusesOptions: what no policy knows is told before anything starts, with the file that the operator wrote.
func TestPlanRefusesOptions(t *testing.T) {
	t.Parallel()
	p := newPlanned(t, "[options]\n\"EX::limt\" = 2\n")
	if _, err := p.plan(nil); err == nil || !strings.Contains(err.Error(), "cluster.toml: no loaded script declares an option \"EX::limt\" (did you mean EX::limit?)") {
		t.Errorf("got %v", err)
	}
	p = newPlanned(t, "[options]\n\"EX::limit\" = \"x\"\n")
	if _, err := p.plan(nil); err == nil || !strings.Contains(err.Error(), "cluster.toml: ") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkPlan: a layout of 1,000 nodes is planned within 100 ms.
func BenchmarkPlan(b *testing.B) {
	c := &clusterCommand{Args: []string{"policy.lua"}, State: b.TempDir()}
	workers := 900
	proxies := 98
	c.Workers, c.Proxies = &workers, &proxies
	for b.Loop() {
		if _, err := c.plan(nil); err != nil {
			b.Fatal(err)
		}
	}
}
