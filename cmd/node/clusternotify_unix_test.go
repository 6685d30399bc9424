//go:build unix

package main

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"moonpeer/net/step"
)

// serviceManager is one that wants a sign of life.
type serviceManager struct {
	t      *testing.T
	conn   *net.UnixConn
	socket string
	env    []string // of a service
}

func listenAsManager(t *testing.T) *serviceManager {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &serviceManager{t, conn, socket, []string{"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=400000"}}
}

// hear waits for what a service says.
func (m *serviceManager) hear() (state string, at time.Time) {
	m.t.Helper()
	m.conn.SetReadDeadline(time.Now().Add(processWait))
	buf := make([]byte, 100)
	n, err := m.conn.Read(buf)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(buf[:n]), time.Now()
}

// TestWatchdogPeriod: a sign of life comes twice as often as it is wanted.
func TestWatchdogPeriod(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"400000": 200 * time.Millisecond, "": 0, "0": 0, "-1": 0, "soon": 0} {
		if got := watchdogPeriod(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestWatchdog: the sign of life comes in every period.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	m := listenAsManager(t)
	var now step.Time
	var timers step.Timers
	s := &clusterParent{course: course{socket: m.socket}}
	s.alarms.now, s.alarms.entry = func() step.Time { return now }, timers.Register(&s.alarms)
	const every = 200 * time.Millisecond
	s.watchdog(every)
	for range 5 {
		if state, _ := m.hear(); state != "WATCHDOG=1" {
			t.Errorf("heard %q", state)
		}
		if next := s.alarms.Next(); next != now.Add(every) {
			t.Fatalf("the next one is after %v, want %v", next.Sub(now), every)
		}
		now = now.Add(every)
		s.alarms.Step(now)
	}
}

// TestClusterNotify: the service manager hears when the cluster is ready, that it lives, and when it ends.
func TestClusterNotify(t *testing.T) {
	t.Parallel()
	m := listenAsManager(t)
	c := startCluster(t, m.env, `
on("Cluster::cluster_started", function() print "started" end)`)
	dogs, ready := 0, false
	for !ready || dogs < 5 {
		switch state, _ := m.hear(); state {
		case "WATCHDOG=1":
			dogs++
		case "READY=1":
			if ready {
				t.Error("it is ready twice: a node has told so, too")
			}
			ready = true
			c.await(c.stdout, "^(manager|logger|worker-1): started$") // which is what it waited for
		default:
			t.Fatalf("heard %q", state)
		}
	}
	c.interrupt()
	for state := ""; state != "STOPPING=1"; {
		if state, _ = m.hear(); state != "STOPPING=1" && state != "WATCHDOG=1" {
			t.Fatalf("heard %q", state)
		}
	}
	if code := c.end(); code != exitOK {
		t.Errorf("got code %d", code)
	}
}
