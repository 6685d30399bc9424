//go:build linux

package chaos

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonpeer/tests/testnode"
)

var (
	frozenFor   = flag.Duration("frozen.for", 7*time.Second, "how long a peer is frozen under full load; 30 s is the issue's")
	frozenPairs = flag.Int("frozen.pairs", 1, "how often the healthy peer is measured without and with a frozen one; 7 is the issue's")
	frozenPhase = flag.Duration("frozen.phase", time.Second, "how long each measurement lasts")
	frozenPeace = flag.Duration("frozen.timeout", 5*time.Second, "the peer timeout in TestFrozenTooLong; 10 s is the default of nodes")
)

//go:embed frozen.lua
var frozenScript string

// load is a publisher at full load with two subscribers.
type load struct {
	t                          *testing.T
	publisher, healthy, victim *testnode.Node
	stop                       string // a file that ends the load
}

func startLoad(t *testing.T, peerTimeout time.Duration) *load {
	t.Helper()
	l := &load{t: t, stop: filepath.Join(t.TempDir(), "stop")}
	args := func(role string) []string {
		return []string{role, fmt.Sprintf("%g s", peerTimeout.Seconds()), strconv.FormatFloat(frozenPhase.Seconds(), 'g', -1, 64), l.stop}
	}
	l.publisher = testnode.Start(t, testnode.Options{Name: "publisher", Script: frozenScript, Flags: []string{"--listen", "127.0.0.1:0"}, Args: args("publish")})
	at := l.publisher.Address()
	for _, role := range []string{"healthy", "victim"} {
		n := testnode.Start(t, testnode.Options{Name: role, Script: frozenScript, Flags: []string{"--peer", at}, Args: args(role)})
		n.AwaitLine("peer_added")
		if role == "victim" {
			l.victim = n
		} else {
			l.healthy = n
		}
	}
	l.phase() // the first is not a whole one
	return l
}

// measured is what the healthy subscriber saw during one phase.
type measured struct{ Rate, P99 float64 }

func (l *load) phase() (m measured) {
	l.t.Helper()
	line := l.healthy.AwaitLine("PHASE ")
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "PHASE ")), &m); err != nil {
		l.t.Fatal(err)
	}
	return m
}

// lane is the publisher's account of one peer.
type lane struct {
	Name                                     string
	Connected                                bool
	Offered, Dropped, Queued, Received, Lost uint64
	InFlight                                 uint64 `json:"in_flight"`
}

// settle ends the load and returns the victim's account once nothing is under way. What the publisher knows to have
// been received must be what the victim's handlers have counted.
func (l *load) settle() lane {
	l.t.Helper()
	if err := os.WriteFile(l.stop, nil, 0o600); err != nil {
		l.t.Fatal(err)
	}
	for range rounds {
		var victim lane
		for {
			line := l.publisher.AwaitLine("ACCOUNT")
			text, ok := strings.CutPrefix(line, "ACCOUNT ")
			if !ok {
				break
			}
			var a lane
			if err := json.Unmarshal([]byte(text), &a); err != nil {
				l.t.Fatal(err)
			}
			if a.Name == "victim" {
				victim = a
			}
		}
		if victim.Connected && victim.Queued == 0 && victim.InFlight == 0 {
			got, err := strconv.ParseUint(strings.TrimPrefix(l.victim.AwaitLine("GOT "), "GOT "), 10, 64)
			if err != nil || got != victim.Received {
				l.t.Errorf("the victim has handled %d events, the publisher says that it received %d (%v)", got, victim.Received, err)
			}
			return victim
		}
	}
	l.t.Fatal("the account of the victim is not settled")
	return lane{}
}

// pass waits until so many phases are over, whose length the publisher's clock measures.
func (l *load) pass(d time.Duration) {
	l.t.Helper()
	for range int(d/(*frozenPhase)) + 1 {
		l.phase()
	}
}

// TestFrozen: a peer that is frozen costs its queue and nothing else, and afterwards its account balances exactly.
func TestFrozen(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	l := startLoad(t, time.Minute)
	var rate, p99 []float64
	for range *frozenPairs {
		l.phase() // what has waited for the victim goes out
		without := l.phase()
		l.victim.Freeze()
		l.phase() // the lane fills
		with := l.phase()
		l.victim.Thaw()
		rate, p99 = append(rate, with.Rate/without.Rate), append(p99, with.P99/without.P99)
		t.Logf("without a frozen peer %.0f events/s, p99 %.2f ms; with one %.0f events/s, p99 %.2f ms", without.Rate, without.P99*1e3, with.Rate, with.P99*1e3)
	}
	t.Logf("median of %d pairs: %.2f of the rate, %.2f of the p99", *frozenPairs, median(rate), median(p99))
	if *frozenPairs >= 7 && (median(rate) < 0.9 || median(p99) > 1.5) { // fewer say nothing on a shared machine
		t.Errorf("a frozen peer costs the healthy one: %.2f of its rate, %.2f of its p99", median(rate), median(p99))
	}
	l.victim.Freeze()
	l.pass(*frozenFor)
	t.Logf("publisher while a peer is frozen: %d MB", resourcesOf(t, l.publisher.PID()).rss)
	if m := resourcesOf(t, l.publisher.PID()).rss; m > maxMemory {
		t.Errorf("the publisher has %d MB, at most %d", m, maxMemory)
	}
	l.victim.Thaw()
	l.phase()
	a := l.settle()
	t.Logf("%d offered = %d received + %d dropped + %d lost", a.Offered, a.Received, a.Dropped, a.Lost)
	if a.Offered != a.Received+a.Dropped || a.Lost != 0 || a.Dropped == 0 {
		t.Errorf("frozen for %v with a peer timeout of a minute: %+v", *frozenFor, a)
	}
	bursts := 0
	for _, line := range l.publisher.Reports() {
		if strings.Contains(line, "lane full") {
			bursts++
		}
	}
	if freezes := *frozenPairs + 1; bursts == 0 || bursts > 3*freezes { // while it catches up a burst may end and begin again
		t.Errorf("%d lines about a full lane for %d freezes", bursts, freezes)
	}
	if lines := l.publisher.Lines(); slices.ContainsFunc(lines, func(s string) bool { return strings.HasPrefix(s, "peer_lost") }) {
		t.Errorf("a peering was lost: %q", lines)
	}
}

// TestFrozenTooLong: beyond the peer timeout the peering ends, and comes back when the peer does.
func TestFrozenTooLong(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel() // with what measures nothing
	l := startLoad(t, *frozenPeace)
	l.phase()
	l.publisher.AwaitLine("peer_added")
	l.publisher.AwaitLine("peer_added")
	l.victim.Freeze()
	l.pass(*frozenFor)
	l.publisher.AwaitLine("peer_lost")
	l.victim.Thaw()
	l.publisher.AwaitLine("peer_added")
	before := l.phase()
	a := l.settle()
	t.Logf("%d offered = %d received + %d dropped + %d lost; flows again at %.0f events/s", a.Offered, a.Received, a.Dropped, a.Lost, before.Rate)
	if a.Offered != a.Received+a.Dropped+a.Lost || a.Received == 0 {
		t.Errorf("frozen for %v with a peer timeout of %v: %+v", *frozenFor, *frozenPeace, a)
	}
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
