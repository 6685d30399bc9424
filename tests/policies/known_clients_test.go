package policies

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
)

const clients = "EX::known_clients"

// TestLocal is scenario S31, with all of what is printed.
func TestLocal(t *testing.T) {
	t.Parallel()
	w := eight(t, "known_clients_local")
	w.client("worker-2", "10.0.0.1")
	const want = `      logger   EX::known_clients = {

}
     manager   EX::known_clients = {

}
     proxy-1   EX::known_clients = {

}
     proxy-2   EX::known_clients = {

}
    worker-1   EX::known_clients = {

}
    worker-2   EX::known_clients = {
10.0.0.1
}
    worker-3   EX::known_clients = {

}
    worker-4   EX::known_clients = {

}
`
	if got := w.print(clients); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	w.quiet()
}

// TestManager is scenario S32, for each policy that does this in a cluster.
func TestManager(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"known_clients_manager", "known_clients_standalone", "known_clients"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := eight(t, policy)
			w.client("worker-2", "10.0.0.1")
			w.want(clients, map[string]string{"manager": "10.0.0.1"})
			w.client("worker-3", "10.0.0.1")
			w.want(clients, map[string]string{"manager": "10.0.0.1"})
			w.client("worker-4", "10.0.0.2")
			w.want(clients, map[string]string{"manager": "10.0.0.1 10.0.0.2"})

			w.connect("worker-1", "connection_established", conn{"10.0.0.3", "10.9.9.9", 80, broker.TCP}) // another server
			w.run()
			w.crash("manager")
			w.client("worker-1", "10.0.0.4")
			w.restart("manager")
			w.client("worker-1", "10.0.0.5")
			w.want(clients, map[string]string{"manager": "10.0.0.5"}) // what it had, and what came meanwhile, is gone
			w.advance(24*time.Hour + time.Minute)
			w.want(clients, nil)
			w.quiet()
		})
	}
}

// TestHRW is scenario S34: one proxy has a client, the one that its address chooses, and the proxies have equal shares.
func TestHRW(t *testing.T) {
	t.Parallel()
	w := eight(t, "known_clients_hrw")
	var one, two []string // as the scenario has them for keys that are addresses
	for i, of := range []int{1, 1, 2, 2, 2, 1, 1, 2, 1, 2} {
		client := fmt.Sprintf("10.0.0.%d", i+1)
		w.client("worker-"+fmt.Sprint(i%4+1), client)
		if of == 1 {
			one = append(one, client)
		} else {
			two = append(two, client)
		}
	}
	w.want(clients, map[string]string{"proxy-1": strings.Join(one, " "), "proxy-2": strings.Join(two, " ")})

	for i := range 10_000 {
		client := fmt.Sprintf("10.0.%d.%d", i/256, i%256)
		w.connect("worker-1", "connection_established", conn{client, server, 80, broker.TCP})
		if i%500 == 499 {
			w.run()
		}
	}
	w.run()
	count := func(on string) int { return len(strings.Fields(w.elements(on, clients))) }
	a, b := count("proxy-1"), count("proxy-2")
	if a+b != 10_000 || a < 4_500 || b < 4_500 {
		t.Errorf("the proxies have %d and %d of 10,000", a, b)
	}
	if rest := count("worker-1") + count("manager") + count("logger"); rest != 0 {
		t.Errorf("others have %d", rest)
	}
	w.quiet()
}

// TestHRWWithoutProxies: the other proxy takes over, and after it the manager.
func TestHRWWithoutProxies(t *testing.T) {
	t.Parallel()
	w := eight(t, "known_clients_hrw")
	w.crash("proxy-1")
	w.client("worker-1", "10.0.0.1") // would be proxy-1's
	w.want(clients, map[string]string{"proxy-2": "10.0.0.1"})
	w.crash("proxy-2")
	w.client("worker-1", "10.0.0.2")
	w.client("worker-1", "10.0.0.3")
	w.want(clients, map[string]string{"manager": "10.0.0.2 10.0.0.3"})
	w.restart("proxy-1", "proxy-2")
	w.client("worker-1", "10.0.0.1")
	w.want(clients, map[string]string{"manager": "10.0.0.2 10.0.0.3", "proxy-1": "10.0.0.1"})
	w.quiet()
}

// TestRelay is scenarios S35 and S36.
func TestRelay(t *testing.T) {
	t.Parallel()
	w := eight(t, "known_clients_relay")
	handled := func(on string) uint64 { return w.Node(on).Domain.Lookup("EX::add_client").Handled }
	w.client("worker-2", "10.0.0.1")
	w.want(clients, everyWorker("10.0.0.1"))
	if a, b := handled("proxy-1"), handled("proxy-2"); a+b != 1 {
		t.Errorf("the proxies have handled %d and %d, want one of them once", a, b)
	}
	w.client("worker-2", "10.0.0.2")
	w.want(clients, everyWorker("10.0.0.1 10.0.0.2"))
	if a, b, m := handled("proxy-1"), handled("proxy-2"), handled("manager"); a != 1 || b != 1 || m != 0 {
		t.Errorf("the proxies have handled %d and %d, the manager %d, want 1, 1, 0", a, b, m)
	}
	for worker := range everyWorker("") {
		if n := handled(worker); n != 2 {
			t.Errorf("%s has handled %d, want 2", worker, n)
		}
	}

	w.crash("proxy-1", "proxy-2")
	w.client("worker-3", "10.0.0.3")
	w.want(clients, everyWorker("10.0.0.1 10.0.0.2 10.0.0.3"))
	if m := handled("manager"); m != 1 {
		t.Errorf("the manager has handled %d, want 1", m)
	}
	w.restart("proxy-2")
	w.client("worker-1", "10.0.0.4")
	w.want(clients, everyWorker("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4"))
	w.quiet()
}

// TestNoRelay is scenario S37: what a worker publishes to the workers reaches nobody.
func TestNoRelay(t *testing.T) {
	t.Parallel()
	w := eight(t, `
local EX = namespace "EX"
local known_clients = EX:set("known_clients", "addr")
local add_client = EX:event("add_client", "client: addr")
add_client:on(function(client) known_clients:add(client) end)
on("connection_established", function(c) broker.publish(cluster.worker_topic, add_client, c.id.orig_h) end)
`)
	w.client("worker-1", "10.0.0.1")
	w.advance(time.Minute)
	w.want(clients, nil)
	w.quiet()
}
