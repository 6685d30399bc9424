package policies

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/policies"
)

// runnable is a bundled policy that lets a test run more Lua.
func runnable(t *testing.T, policy string) string {
	t.Helper()
	text, err := fs.ReadFile(policies.FS, policy+"/init.lua")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\nlocal known\n" + runs
}

func TestKnownHostsStored(t *testing.T) {
	t.Parallel()
	w := eight(t, runnable(t, "known_hosts_stored"))
	for range 3 {
		w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
		w.established(conn{"192.0.2.1", "10.0.0.4", 80, broker.TCP})
	}
	w.wantFound("10.0.0.1 is new", 1, "worker")
	w.wantFound("10.0.0.4 is new", 1, "worker")
	w.wantFound("192.0.2.1", 0)
	known := `local s = store.find "known_hosts" print(s:size(), s:exists(addr "10.0.0.1"))`
	for _, n := range w.Nodes() {
		if got := w.lua(n.Name(), known); got != "2\ttrue" {
			t.Errorf("%s knows %s", n.Name(), got)
		}
	}
	// Nodes that see a new host at once, over and over: one tells.
	for i := range 50 {
		for k := range 4 {
			w.connect(fmt.Sprintf("worker-%d", k+1), "connection_established", conn{fmt.Sprintf("10.0.1.%d", i), "192.0.2.1", 80, broker.TCP})
		}
	}
	w.run()
	w.wantFound("10.0.1.", 50, "worker")

	// All are started again; and the manager while new hosts come.
	var names []string
	for _, n := range w.Nodes() {
		names = append(names, n.Name())
	}
	w.crash(names...)
	w.restart(names...)
	w.advance(10 * time.Second)
	w.established(conn{"10.0.0.1", "10.0.0.4", 80, broker.TCP})
	w.wantFound("10.0.0.1 is new", 1, "worker")
	w.crash("manager")
	w.established(conn{"10.0.0.1", "10.0.0.5", 80, broker.TCP})
	w.established(conn{"10.0.0.1", "10.0.0.5", 80, broker.TCP})
	w.restart("manager")
	w.advance(10 * time.Second)
	w.wantFound("10.0.0.5 is new", 1, "worker")
	w.wantFound("10.0.0.1 is new", 1, "worker")

	w.advance(25 * time.Hour)
	w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
	w.wantFound("10.0.0.1 is new", 2, "worker")
	w.quiet()

	// Without the manager it is said, and tried again with the next connection.
	w.crash("manager")
	w.established(conn{"10.0.0.6", "192.0.2.1", 80, broker.TCP})
	w.advance(3 * time.Minute)
	if got := w.Node("worker-1").Errors(); !strings.Contains(got, "known_hosts_stored: 10.0.0.6: ") {
		t.Errorf("reported %s", got)
	}
	w.restart("manager")
	w.advance(10 * time.Second)
	w.established(conn{"10.0.0.6", "192.0.2.1", 80, broker.TCP})
	w.wantFound("10.0.0.6 is new", 1, "worker")
}

func TestKnownHostsStoredAlone(t *testing.T) {
	t.Parallel()
	w := standalone(t, "known_hosts_stored", `KnownHosts::networks=["192.0.2.0/24"]`)
	see := func() {
		w.connect("node", "connection_established", conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
		w.run()
	}
	see()
	w.Node("node").Crash()
	w.restart("node")
	see()
	w.wantFound("is new", 1, "node")
	w.quiet()
}

func TestLoginCounter(t *testing.T) {
	t.Parallel()
	w := eight(t, runnable(t, "login_counter"))
	login := func(on, user, host string, times int) {
		n := w.Node(on)
		n.Domain.Raise(n.Domain.Event("T::run"), luaArgs(fmt.Sprintf(`for i = 1, %d do event.raise("LoginCounter::login", %q, addr %q) end`, times, user, host)))
	}
	count := func(user, host string, want int) {
		t.Helper()
		for _, n := range w.Nodes() {
			if got := w.lua(n.Name(), fmt.Sprintf(`print(store.find("logins"):get(tuple(%q, addr %q)))`, user, host)); got != fmt.Sprint(want) {
				t.Errorf("%s has counted %s logins of %s, want %d", n.Name(), got, user, want)
			}
		}
	}
	for i := range 4 {
		login(fmt.Sprintf("worker-%d", i+1), "ann", "10.0.0.1", 100)
	}
	login("worker-1", "ann", "10.0.0.2", 1)
	login("worker-2", "bob", "10.0.0.1", 2)
	w.run()
	count("ann", "10.0.0.1", 400)
	count("bob", "10.0.0.1", 2)
	w.wantFound("ann from 10.0.0.1 for the first time", 1, "worker")
	w.wantFound("for the first time", 3, "worker")

	var names []string
	for _, n := range w.Nodes() {
		names = append(names, n.Name())
	}
	w.crash(names...)
	w.restart(names...)
	w.advance(10 * time.Second)
	w.crash("manager")
	login("worker-4", "ann", "10.0.0.1", 5)
	w.run()
	w.restart("manager")
	w.advance(10 * time.Second)
	count("ann", "10.0.0.1", 405)
	w.wantFound("for the first time", 3, "worker")
	w.advance(29 * 24 * time.Hour)
	login("worker-4", "ann", "10.0.0.1", 1)
	w.advance(2 * 24 * time.Hour)
	count("ann", "10.0.0.1", 406)
	login("worker-4", "bob", "10.0.0.1", 1)
	w.run()
	w.wantFound("bob from 10.0.0.1 for the first time", 2, "worker")
	w.quiet()
}

// found counts the lines in which nodes tell of something, by node.
func (w *world) found(part string) map[string]int {
	all := map[string]int{}
	for _, n := range w.Nodes() {
		for line := range strings.SplitSeq(n.Output(), "\n") {
			if strings.Contains(line, part) {
				all[n.Name()]++
			}
		}
	}
	return all
}

// wantFound wants so many lines, all on nodes of one of the roles.
func (w *world) wantFound(part string, lines int, roles ...string) {
	w.t.Helper()
	sum := 0
	for name, n := range w.found(part) {
		sum += n
		role, _, _ := strings.Cut(name, "-")
		if !strings.Contains(strings.Join(roles, " "), role) {
			w.t.Errorf("%s tells of %q, want only %v", name, part, roles)
		}
	}
	if sum != lines {
		w.t.Errorf("%d lines with %q, want %d: %v", sum, part, lines, w.found(part))
	}
}

// established has two workers see one connection each.
func (w *world) established(c conn) {
	w.t.Helper()
	for _, on := range []string{"worker-1", "worker-2"} {
		w.connect(on, "connection_established", c)
	}
	w.run()
}
