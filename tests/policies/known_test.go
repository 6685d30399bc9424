package policies

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
)

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

func TestKnownHosts(t *testing.T) {
	t.Parallel()
	w := eight(t, "known_hosts")
	for range 3 {
		w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
		w.established(conn{"192.0.2.1", "10.0.0.4", 80, broker.TCP})
	}
	w.wantFound("10.0.0.1 is new", 1, "proxy")
	w.wantFound("10.0.0.4 is new", 1, "proxy")
	w.wantFound("192.0.2.1", 0)
	if n := w.Node("proxy-1").Domain.Lookup("KnownHosts::seen").Handled; n != 2 { // 10.0.0.1 is its, from two workers
		t.Errorf("the owner was told %d times, want once by each worker", n)
	}
	w.want("KnownHosts::hosts", map[string]string{"proxy-1": "10.0.0.1", "proxy-2": "10.0.0.4"})

	w.advance(25 * time.Hour)
	w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
	w.wantFound("10.0.0.1 is new", 2, "proxy")

	w.crash("proxy-1") // the other one has not heard of it
	w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
	w.want("KnownHosts::hosts", map[string]string{"proxy-2": "10.0.0.1"})
	w.crash("proxy-2")
	w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
	w.want("KnownHosts::hosts", map[string]string{"manager": "10.0.0.1"})
	w.crash("manager")
	w.established(conn{"10.0.0.2", "192.0.2.1", 80, broker.TCP})
	w.restart("manager")
	w.established(conn{"10.0.0.2", "192.0.2.1", 80, broker.TCP}) // what reached nobody is sent again
	w.want("KnownHosts::hosts", map[string]string{"manager": "10.0.0.2"})
	w.restart("proxy-1")
	w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
	w.want("KnownHosts::hosts", map[string]string{"manager": "10.0.0.2", "proxy-1": "10.0.0.1"})
	w.quiet("cluster.send: no node of the pool is up")
}

func TestKnownHostsWithoutProxies(t *testing.T) {
	t.Parallel()
	w := start(t, 2, 0, "known_hosts", `KnownHosts::networks=["192.0.2.0/24"]`)
	w.established(conn{"10.0.0.1", "192.0.2.1", 80, broker.TCP})
	w.wantFound("10.0.0.1", 0)
	w.wantFound("192.0.2.1 is new", 1, "manager")
	w.quiet(noProxies)
}

func TestKnownServices(t *testing.T) {
	t.Parallel()
	w := eight(t, "known_services")
	for range 3 {
		w.established(conn{"192.0.2.1", "10.0.0.1", 80, broker.TCP})
		w.established(conn{"192.0.2.9", "10.0.0.1", 443, broker.TCP})
		w.established(conn{"192.0.2.9", "10.0.0.1", 443, broker.UDP})
		w.established(conn{"10.0.0.1", "192.0.2.9", 25, broker.TCP})
	}
	for _, service := range []string{"80/tcp", "443/tcp", "443/udp"} {
		w.wantFound("10.0.0.1 offers "+service, 1, "proxy")
	}
	w.wantFound("25/tcp", 0)
	w.want("KnownServices::services", map[string]string{"proxy-1": "[10.0.0.1, 80/tcp] [10.0.0.1, 443/tcp] [10.0.0.1, 443/udp]"})
	w.crash("proxy-1")
	w.established(conn{"192.0.2.1", "10.0.0.1", 80, broker.TCP})
	w.want("KnownServices::services", map[string]string{"proxy-2": "[10.0.0.1, 80/tcp]"})
	w.advance(25 * time.Hour)
	w.want("KnownServices::services", nil)
	w.established(conn{"192.0.2.1", "10.0.0.1", 80, broker.TCP})
	w.want("KnownServices::services", map[string]string{"proxy-2": "[10.0.0.1, 80/tcp]"})
	w.quiet()
}

// tries has workers see, by turns, how a source tries something in vain.
func (w *world) tries(src string, n int, target func(i int) (host string, p uint16)) {
	w.t.Helper()
	for i := range n {
		host, p := target(i)
		w.connect(fmt.Sprintf("worker-%d", i%4+1), "connection_state_remove", conn{src, host, p, broker.TCP})
		w.run()
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	w := eight(t, "scan", `Scan::ignored=["10.0.9.0/24"]`)
	hosts := func(i int) (string, uint16) { return fmt.Sprintf("192.0.2.%d", i), 22 }
	ports := func(i int) (string, uint16) { return "192.0.2.1", uint16(1 + i) }

	w.tries("10.0.0.1", 24, hosts)
	w.tries("10.0.0.1", 24, hosts) // the same once more
	w.wantFound("scan:", 0)
	w.tries("10.0.0.1", 40, hosts)
	w.wantFound("scan: 10.0.0.1 has tried 25 addresses", 1, "proxy")
	w.tries("10.0.0.3", 15, ports)
	w.wantFound("scan: 10.0.0.3 has tried 15 ports of 192.0.2.1", 1, "proxy")
	w.tries("10.0.9.1", 100, hosts)
	w.wantFound("scan:", 2, "proxy")
	w.want("Scan::scanners", map[string]string{"proxy-1": "10.0.0.1", "proxy-2": "10.0.0.3"})

	w.advance(30 * time.Minute)
	w.tries("10.0.0.1", 50, hosts) // still the same scanner
	w.wantFound("scan:", 2, "proxy")
	w.advance(31 * time.Minute)
	w.tries("10.0.0.1", 20, hosts)
	w.advance(6 * time.Minute)
	w.tries("10.0.0.1", 20, hosts) // not within five minutes
	w.wantFound("scan:", 2, "proxy")
	w.tries("10.0.0.1", 30, hosts)
	w.wantFound("scan: 10.0.0.1", 2, "proxy")

	w.crash("proxy-1", "proxy-2")
	w.tries("10.0.0.5", 25, hosts)
	w.wantFound("scan: 10.0.0.5 has tried 25 addresses", 1, "manager")
	w.quiet()
}

// TestScanCountsAgain: when a counting node is gone, another one learns of what goes on, also of tries that were sent.
func TestScanCountsAgain(t *testing.T) {
	t.Parallel()
	w := eight(t, "scan")
	hosts := func(i int) (string, uint16) { return fmt.Sprintf("192.0.2.%d", i), 22 }
	w.tries("10.0.0.1", 20, hosts) // counted by proxy-1
	w.crash("proxy-1")
	w.tries("10.0.0.1", 25, hosts)
	w.wantFound("scan: 10.0.0.1 has tried 25 addresses", 1, "proxy")
	w.quiet()
}

// TestScanRepeats: tries that are not sent because they were not long ago count all the same.
func TestScanRepeats(t *testing.T) {
	t.Parallel()
	w := eight(t, "scan")
	from := func(first int) func(i int) (string, uint16) {
		return func(i int) (string, uint16) { return fmt.Sprintf("192.0.2.%d", first+i), 22 }
	}
	w.tries("10.0.0.1", 12, from(0))
	w.advance(2*time.Minute + 29*time.Second)
	w.tries("10.0.0.1", 12, from(0)) // not sent again
	w.advance(3*time.Minute + 30*time.Second)
	w.tries("10.0.0.1", 13, from(12)) // 25 in less than five minutes
	w.wantFound("scan: 10.0.0.1 has tried 25 addresses", 1, "proxy")
	w.tries("10.0.0.3", 24, from(0))
	w.advance(8 * time.Minute)
	w.tries("10.0.0.3", 1, from(24))
	w.wantFound("scan:", 1, "proxy")
	w.quiet()
}
