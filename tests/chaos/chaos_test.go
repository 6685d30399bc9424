//go:build linux

package chaos

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonpeer/tests/testnode"
)

func TestMain(m *testing.M) { testnode.Main(m) }

var (
	chaosFor  = flag.Duration("chaos.for", 8*time.Second, "how long nodes are killed and frozen")
	chaosSeed = flag.Uint64("chaos.seed", 1, "what happens when")
	chaosRate = flag.Int("chaos.rate", 2000, "events a second that each node publishes")
)

//go:embed node.lua
var script string

// settle is how long nodes have between the last blow and the first question: to notice, to dial, to catch up.
const settle = 15 * time.Second

// member is a node under test, started again and again with one name and port.
type member struct {
	*testnode.Node
	t       *testing.T
	name    string
	port    string // host:port; "" before the first start
	dials   []string
	life    string // seconds until the watcher asks for quiet
	frozen  bool
	started int
}

func (m *member) start() {
	m.t.Helper()
	listen := m.port
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	flags := []string{"--listen", listen}
	for _, d := range m.dials {
		flags = append(flags, "--peer", d)
	}
	role := "node"
	if m.name == "watch" {
		role = "watch"
	}
	m.Node = testnode.Start(m.t, testnode.Options{Name: m.name, Script: script, Flags: flags,
		Args: []string{role, strconv.Itoa(*chaosRate), m.life}})
	m.AwaitReady()
	m.port = m.Address()
	m.started++
}

// TestChaos is the last line of the "Done when".
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Parallel() // with what measures nothing
	r := rand.New(rand.NewPCG(*chaosSeed, 9))
	whole := *chaosFor + settle
	var nodes []*member
	for i := range 3 {
		m := &member{t: t, name: fmt.Sprint("node-", i), life: "0"}
		for _, o := range nodes {
			m.dials = append(m.dials, o.port)
		}
		m.start()
		nodes = append(nodes, m)
	}
	watch := &member{t: t, name: "watch", life: fmt.Sprintf("%g", whole.Seconds())}
	for _, o := range nodes {
		watch.dials = append(watch.dials, o.port)
	}
	watch.start()
	end := time.Now().Add(*chaosFor)
	before := blows(t, r, nodes, watch, end)
	checkAccounts(t, nodes, watch)
	checkLeaks(t, nodes, watch, before)
}

// blows hits nodes until end and leaves all of them alive. It returns what the watcher used early on.
func blows(t *testing.T, r *rand.Rand, nodes []*member, watch *member, end time.Time) (early resources) {
	t.Helper()
	counts := map[string]int{}
	begin := time.Now()
	for n := 1; time.Now().Before(end); n++ {
		if early.rss == 0 && time.Since(begin) > time.Until(end)/4 {
			early = resourcesOf(t, watch.PID())
		}
		m := nodes[r.IntN(len(nodes))]
		what := blow(r, m)
		counts[what]++
		pause(t, time.Duration(200+r.IntN(2800))*time.Millisecond)
		if n%50 == 0 {
			t.Logf("%v: %v", time.Since(begin).Round(time.Second), counts)
		}
	}
	for _, m := range nodes {
		if m.frozen {
			m.Thaw()
			m.frozen = false
		}
	}
	t.Logf("seed %d, %v: %v", *chaosSeed, *chaosFor, counts)
	return early
}

// blow does one thing to a node. One that is frozen is thawed or killed.
func blow(r *rand.Rand, m *member) string {
	switch k := r.IntN(10); {
	case m.frozen && k < 7:
		m.Thaw()
		m.frozen = false
		return "thaw"
	case m.frozen || k < 3:
		m.Kill()
		m.frozen = false
		m.start()
		return "kill"
	case k < 8:
		m.Freeze()
		m.frozen = true
		return "freeze"
	default:
		m.Stop()
		m.start()
		return "restart"
	}
}

// pause lets the nodes run. The time is the test's input, nothing is waited for.
func pause(t *testing.T, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// account is what a node tells of one peer.
type account struct {
	Offered, Dropped, Queued, Received, Lost, Taken uint64
	InFlight                                        uint64 `json:"in_flight"`
}

// told is a node's report.
type told struct {
	Round, Published, Wrong uint64
	Name, ID                string
	Handled                 map[string]uint64
	Peers                   int
	Stats                   map[string]account
}

// reportOf returns a node's next report.
func reportOf(t *testing.T, m *member) (r told) {
	t.Helper()
	line := m.AwaitLine("REPORT ")
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "REPORT ")), &r); err != nil {
		t.Fatalf("%s: %v in %s", m.name, err, line)
	}
	return r
}

// rounds is how many reports the nodes have to come to rest.
const rounds = 25

// checkAccounts asks until all accounts are settled, and looks at them.
func checkAccounts(t *testing.T, nodes []*member, watch *member) {
	t.Helper()
	all := append([]*member{watch}, nodes...)
	var reports []told
	for range rounds {
		reports = reports[:0]
		for _, m := range all {
			reports = append(reports, reportOf(t, m))
		}
		if settled(reports) {
			break
		}
	}
	for _, x := range reports {
		if x.Peers != len(all)-1 {
			t.Errorf("%s has %d peers at the end, want %d", x.Name, x.Peers, len(all)-1)
		}
		if x.Wrong != 0 {
			t.Errorf("%s got %d events twice or out of order", x.Name, x.Wrong)
		}
		for _, y := range reports {
			if x.Name != y.Name && x.Name != watch.name { // the watcher's own questions are still under way
				checkPair(t, x, y)
			}
		}
	}
}

// settled tells whether nothing is under way but the watcher's questions.
func settled(reports []told) bool {
	for _, x := range reports[1:] {
		for _, y := range reports {
			a := x.Stats[y.ID]
			if x.ID != y.ID && (a.Queued > 0 || a.InFlight > 0 || a.Offered == 0 || a.Received != y.Stats[x.ID].Taken) {
				return false
			}
		}
	}
	return true
}

// checkPair compares what x says it sent to y with what y says it got.
func checkPair(t *testing.T, x, y told) {
	t.Helper()
	a, got := x.Stats[y.ID], y.Stats[x.ID].Taken
	t.Logf("%s to %s: %d offered = %d received + %d dropped + %d lost", x.Name, y.Name, a.Offered, a.Received, a.Dropped, a.Lost)
	if a.Offered != a.Received+a.Dropped+a.Lost {
		t.Errorf("%s to %s: %+v does not add up", x.Name, y.Name, a)
	}
	if a.Received != got || got != y.Handled[x.ID] {
		t.Errorf("%s to %s: %d received as the sender knows, %d taken, %d handled", x.Name, y.Name, a.Received, got, y.Handled[x.ID])
	}
}

// resources are what the system knows of a process.
type resources struct{ rss, fds int } // MB, open files

func resourcesOf(t *testing.T, pid int) (r resources) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int
	fmt.Sscan(string(status), &size, &resident)
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return resources{resident * os.Getpagesize() >> 20, len(files)}
}

// Bounds of a node with three peers, whatever has happened to it.
const (
	maxMemory     = 150 // MB
	maxGrowth     = 40  // MB of the watcher, from the first quarter to the end
	maxFiles      = 24
	maxGoroutines = 120
	warm          = 10 * time.Minute // a quarter of less says nothing about a node's memory
)

// checkLeaks looks at what the nodes hold when all is over.
func checkLeaks(t *testing.T, nodes []*member, watch *member, early resources) {
	t.Helper()
	for _, m := range append([]*member{watch}, nodes...) {
		r := resourcesOf(t, m.PID())
		syscall.Kill(m.PID(), syscall.SIGQUIT) // the runtime writes every goroutine and ends
		m.Wait()
		goroutines := 0
		for _, line := range m.Reports() {
			if strings.HasPrefix(line, "goroutine ") {
				goroutines++
			}
		}
		t.Logf("%s, started %d times: %d MB, %d files, %d goroutines", m.name, m.started, r.rss, r.fds, goroutines)
		if r.rss > maxMemory || r.fds > maxFiles || goroutines > maxGoroutines || goroutines == 0 {
			t.Errorf("%s leaks: at most %d MB, %d files, %d goroutines", m.name, maxMemory, maxFiles, maxGoroutines)
		}
		if m == watch && *chaosFor >= warm && r.rss > early.rss+maxGrowth {
			t.Errorf("the watcher grew from %d to %d MB", early.rss, r.rss)
		}
	}
}
