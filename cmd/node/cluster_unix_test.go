//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runningCluster is node cluster as a process.
type runningCluster struct {
	*process
	state  string
	policy string // its file
}

// startCluster starts a cluster with a policy and waits until its nodes are started, though not until it is ready.
func startCluster(t *testing.T, env []string, policy string, args ...string) *runningCluster {
	t.Helper()
	dir := t.TempDir()
	c := &runningCluster{state: filepath.Join(dir, "st"), policy: filepath.Join(dir, "policy.lua")}
	writeFile(t, c.policy, policy)
	c.process = startIn(t, env, append(append([]string{"cluster", "--state", c.state}, args...), c.policy)...)
	return c
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c *runningCluster) ready() { c.t.Helper(); c.await(c.stderr, "^ready$") }

// pid is the process of a node, as its state folder says.
func (c *runningCluster) pid(name string) int {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.state, name, "pid"))
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *runningCluster) signal(name string, s syscall.Signal) {
	c.t.Helper()
	if err := syscall.Kill(c.pid(name), s); err != nil {
		c.t.Fatal(err)
	}
}

// ask runs a command about the cluster, which must end with code.
func (c *runningCluster) ask(code int, words ...string) (stdout, stderr string) {
	c.t.Helper()
	got, stdout, stderr := finish(c.t, append(words, "--state", c.state)...)
	if got != code {
		c.t.Fatalf("%s ended with code %d, want %d:\n%s%s", words, got, code, stdout, stderr)
	}
	return stdout, stderr
}

// stop ends the cluster by a command; it must end with code.
func (c *runningCluster) stop(code int) {
	c.t.Helper()
	c.ask(exitOK, "stop")
	if got := c.end(); got != code {
		c.t.Errorf("the cluster ended with code %d, want %d", got, code)
	}
}

// deserted waits until no process holds any of the cluster's folders. Whoever has lost its parent ends by itself, and
// within 5 s if it does not turn.
func (c *runningCluster) deserted() {
	c.t.Helper()
	locks, free := c.locks(), make(chan string)
	for path, f := range locks {
		go func() { // ends when the process does that holds the lock
			for syscall.Flock(int(f.Fd()), syscall.LOCK_EX) == syscall.EINTR {
			}
			free <- path
		}()
	}
	late := time.After(processWait)
	for range len(locks) {
		select {
		case path := <-free:
			delete(locks, path)
		case <-late:
			for path := range locks {
				c.t.Errorf("still held %v later: %s", processWait, path)
				syscall.Kill(c.pid(filepath.Base(filepath.Dir(path))), syscall.SIGKILL)
			}
			for range len(locks) {
				<-free
			}
			return
		}
	}
}

// desertedNow checks that no process holds any of the cluster's folders: it has ended, and behind its nodes.
func (c *runningCluster) desertedNow() {
	c.t.Helper()
	for path, f := range c.locks() {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			c.t.Errorf("%s is still held: %v", path, err)
		}
	}
}

// locks opens the locks of the cluster's folders, by their paths.
func (c *runningCluster) locks() map[string]*os.File {
	c.t.Helper()
	paths, err := filepath.Glob(filepath.Join(c.state, "*", "lock"))
	if err != nil || len(paths) == 0 {
		c.t.Fatalf("no state folders in %s: %v", c.state, err)
	}
	files := map[string]*os.File{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			c.t.Fatal(err)
		}
		c.t.Cleanup(func() { f.Close() })
		files[path] = f
	}
	return files
}

// watching tells who comes and goes, as each node sees it.
const watching = `
on("Cluster::node_up", function(name, id) print("up", name, id) end)
on("Cluster::node_down", function(name, id)
  print("down", name, id, cluster.get_active_node_count(cluster.WORKER))
end)`

// TestClusterKilledWorker: S24. Whoever was linked with a killed process knows it long before the peer timeout, which is
// longer here than the test waits, and meets its successor.
func TestClusterKilledWorker(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `broker.options.peer_timeout = "10 min"`+watching, "--workers", "2", "--proxies", "2")
	up := regexp.MustCompile(`^manager: up\tworker-1\t(\S+)$`)
	first := up.FindStringSubmatch(c.await(c.stdout, up.String()))[1]
	c.ready()
	c.signal("worker-1", syscall.SIGKILL)
	killed := time.Now()
	seen, anew := map[string]time.Duration{}, map[string]string{}
	for len(seen) < 4 || len(anew) < 4 {
		line := c.await(c.stdout, `: (up|down)\tworker-1\t`)
		who, what, _ := strings.Cut(line, ": ")
		words := strings.Split(what, "\t")
		switch words[0] {
		case "down":
			seen[who] = time.Since(killed)
			if words[2] != first {
				t.Errorf("%s: want node_down of %s", line, first)
			}
			if who == "manager" && words[3] != "1" {
				t.Errorf("%s: want one worker to be active", line)
			}
		case "up":
			if words[2] == first {
				continue // of the start, from one of the others
			}
			anew[who] = words[2]
		}
	}
	for _, who := range []string{"manager", "logger", "proxy-1", "proxy-2"} {
		t.Logf("%s heard of the end after %v", who, seen[who])
		if anew[who] != anew["manager"] || anew[who] == "" {
			t.Errorf("%s knows the successor as %q, the manager as %q", who, anew[who], anew["manager"])
		}
	}
	if out, _ := c.ask(exitOK, "status"); !regexp.MustCompile(`(?m) +memory +restarts\n(.*\n)*worker-1 .* MB +1\n`).MatchString(out) || !regexp.MustCompile(`(?m)^worker-2 .* MB +0\n`).MatchString(out) {
		t.Errorf("the restart is not shown:\n%s", out)
	}
	if out, _ := c.ask(exitOK, "status", "worker-1", "--json"); !strings.Contains(out, `,"restarts":1}`) {
		t.Errorf("the restart is not in %s", out)
	}
	c.stop(exitOK)
}

// TestClusterRelayFallback: S36. Without proxies the manager passes on.
func TestClusterRelayFallback(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `
local EX = namespace "EX"
local known = EX:set("known_clients", "addr")
local add_client = EX:event("add_client", "client: addr")
add_client:on(function(client)
  local role = cluster.local_node_type()
  if role == cluster.PROXY or role == cluster.MANAGER then
    print("relays")
    broker.publish(cluster.worker_topic, add_client, client)
  else
    known:add(client)
    print("has", client)
  end
end)
local see = EX:event("see", "client: addr")
see:on(function(client)
  broker.publish(cluster.rr_topic(cluster.proxy_pool, "key") or cluster.manager_topic, add_client, client)
end)`, "--workers", "4", "--proxies", "2")
	c.ready()
	c.ask(exitOK, "stop", "proxy-1", "proxy-2")
	c.ask(exitOK, "eval", "worker-2", `event.raise("EX::see", addr "10.0.0.1")`)
	for range 5 { // in any order, as they come from five processes
		c.await(c.stdout, `^manager: relays$|^worker-\d: has\t10\.0\.0\.1$`)
	}
	out, _ := c.ask(exitOK, "print", "EX::known_clients")
	var want strings.Builder
	for _, name := range []string{"logger", "manager", "worker-1", "worker-2", "worker-3", "worker-4"} {
		value := ""
		if strings.HasPrefix(name, "worker") {
			value = "10.0.0.1"
		}
		fmt.Fprintf(&want, "%12s   EX::known_clients = {\n%s\n}\n", name, value)
	}
	if out != want.String() {
		t.Errorf("got\n%s", out)
	}
	c.stop(exitOK)
}

// TestClusterFrozenNode: who does not answer is shown as such, the others at once.
func TestClusterFrozenNode(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `namespace "EX":var("x", "count", 1)`)
	c.ready()
	c.signal("worker-1", syscall.SIGSTOP)
	out, errs := c.ask(exitFailed, "status", "--timeout", "3s")
	if errs != "    worker-1   <error: time-out>\n" || strings.Contains(out, "worker-1") || strings.Count(out, "\n") != 3 {
		t.Errorf("got\n%s%s", out, errs)
	}
	out, errs = c.ask(exitFailed, "print", "EX::x", "--timeout", "3s")
	if errs != "    worker-1   <error: time-out>\n" || out != "      logger   EX::x = 1\n     manager   EX::x = 1\n" {
		t.Errorf("got\n%s%s", out, errs)
	}
	c.signal("worker-1", syscall.SIGCONT)
	if out, _ := c.ask(exitOK, "print", "EX::x", "worker-1"); out != "    worker-1   EX::x = 1\n" {
		t.Errorf("got\n%s", out)
	}
	c.stop(exitOK)
}

// TestClusterPortTaken: an address that somebody else has is told before anything starts.
func TestClusterPortTaken(t *testing.T) {
	t.Parallel()
	at := takeUDP(t)
	layout := filepath.Join(t.TempDir(), "layout.toml")
	writeFile(t, layout, fmt.Sprintf("loggers = 0\n[nodes]\nmanager = %q\nworker-1 = \"127.0.0.1\"\n", at))
	c := startCluster(t, nil, `print "runs"`, layout)
	if code := c.end(); code != exitFailed {
		t.Errorf("got code %d", code)
	}
	if got, want := c.rest(c.stderr), "error: node manager can't listen on "+at+": address already in use\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := c.rest(c.stdout); got != "" {
		t.Errorf("printed %q", got)
	}
}

// takeUDP takes a port of this machine for the length of a test, and returns its address.
func takeUDP(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// TestClusterDebug: S35 in a cluster that runs. Streams go on and off, and the lines are in each node's debug.log.
func TestClusterDebug(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `
local EX = namespace "EX"
local add_client = EX:event("add_client", "client: addr")
add_client:on(function(client)
  if cluster.local_node_type() == cluster.PROXY then
    broker.publish(cluster.worker_topic, add_client, client)
  else
    print("has", client)
  end
end)
EX:event("see", "client: addr"):on(function(client)
  broker.publish(cluster.rr_topic(cluster.proxy_pool, "key"), add_client, client)
end)`, "--workers", "4", "--proxies", "2")
	c.ready()
	see := func(client string) {
		t.Helper()
		c.ask(exitOK, "eval", "worker-2", fmt.Sprintf("event.raise(%q, addr %q)", "EX::see", client))
		for range 4 {
			c.await(c.stdout, `^worker-\d: has\t`+regexp.QuoteMeta(client)+"$")
		}
	}
	see("10.0.0.7") // before anybody looks
	all := []string{"logger", "manager", "proxy-1", "proxy-2", "worker-1", "worker-2", "worker-3", "worker-4"}
	c.debug("+broker", "broker", all)
	see("10.0.0.1")
	c.debug("-broker", "off", all)
	see("10.0.0.8") // after
	relays := 0
	for _, name := range all {
		text, err := os.ReadFile(filepath.Join(c.state, name, "debug.log"))
		if err != nil {
			t.Fatal(err)
		}
		count := func(what string) int { return strings.Count(string(text), what) }
		processed, published := count(" [broker] Process event: EX::add_client(10.0.0.1)\n"), count(" [broker] Publishing event: EX::add_client(10.0.0.1) -> zeek/cluster/worker\n")
		want := [2]int{}
		switch {
		case strings.HasPrefix(name, "worker"):
			want = [2]int{1, 0}
		case strings.HasPrefix(name, "proxy") && processed > 0:
			relays++
			want = [2]int{1, 1}
		}
		if got := [2]int{processed, published}; got != want || count("10.0.0.7") > 0 || count("10.0.0.8") > 0 {
			t.Errorf("%s has processed and published %v, want %v, and nothing else:\n%s", name, got, want, text)
		}
	}
	if relays != 1 {
		t.Errorf("%d proxies passed it on, want one", relays)
	}
	c.stop(exitOK)
}

// debug switches a stream of all nodes, which then have that on.
func (c *runningCluster) debug(change, on string, nodes []string) {
	c.t.Helper()
	out, _ := c.ask(exitOK, "debug", change)
	var want strings.Builder
	for _, name := range nodes {
		fmt.Fprintf(&want, "%12s   %s\n", name, on)
	}
	if out != want.String() {
		c.t.Errorf("debug %s: got\n%s", change, out)
	}
}

// TestClusterWorkerKilledInReplay: a replay that has lost a share can't be completed, and is not begun again.
func TestClusterWorkerKilledInReplay(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `
on("connection_established", function(c)
  if node.name ~= "worker-1" then return end
  print "reads"
  while true do end
end)`, "--config", unbounded(t), "--workers", "2", "--pcap", "../../policies/testdata/small.pcap", "--print", "EX::x")
	c.await(c.stdout, "^worker-1: reads$")
	c.signal("worker-1", syscall.SIGKILL)
	c.await(c.stderr, "^error: worker-1 has ended in the middle of the replay, which can't be completed$")
	if code := c.end(); code != exitFailed {
		t.Errorf("got code %d", code)
	}
	if out := c.rest(c.stdout); strings.Contains(out, "EX::x") {
		t.Errorf("it prints what it has not:\n%s", out)
	}
	c.desertedNow()
}
