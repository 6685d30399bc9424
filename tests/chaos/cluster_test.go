//go:build linux

package chaos

import (
	_ "embed"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonpeer/tests/testnode"
)

var clusterKills = flag.Int("cluster.kills", 4, "how many nodes of a cluster are killed, one after the other")

//go:embed cluster.lua
var clusterScript string

// backWithin is how long the others may be without a node that had run longer than its restart delay.
const backWithin = 2 * time.Second

// victim is a role: who is killed, and who is asked when it went and came back.
type victim struct{ name, observer string }

// victims are one node of each role, with an observer that is linked with it.
var victims = []victim{{"worker-1", "manager"}, {"proxy-1", "worker-2"}, {"logger", "worker-2"}, {"manager", "worker-2"}}

// underLoad is a cluster whose workers send numbers.
type underLoad struct {
	*testnode.Node
	t     *testing.T
	state string
}

// kill kills a node and waits until the others have seen it go and come back, and it has run for longer than its delay.
func (c *underLoad) kill(v victim) {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.state, v.name, "pid"))
	if err != nil {
		c.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	killed := time.Now()
	for _, want := range []string{"down\t" + v.name + "\t", "up\t" + v.name + "\ttrue"} {
		c.AwaitLine(v.observer + ": " + want)
		took := time.Since(killed)
		c.t.Logf("%s: %q after %v", v.observer, want, took.Round(time.Millisecond))
		if took > backWithin {
			c.t.Errorf("%s: %q after %v, want less than %v", v.observer, want, took, backWithin)
		}
	}
	c.AwaitLine(v.name + ": settled")
}

// TestClusterKills kills a node of each role while numbers flow, and wants every other path complete.
func TestClusterKills(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	state := t.TempDir()
	const workers, proxies = 2, 2
	c := &underLoad{t: t, state: state, Node: testnode.Start(t, testnode.Options{Name: "cluster", Script: clusterScript,
		Command: []string{"cluster", "--workers", fmt.Sprint(workers), "--proxies", fmt.Sprint(proxies), "--state", state},
		Args:    []string{fmt.Sprint(min(*chaosRate, 2000))}})}
	c.AwaitReady()
	for range workers + proxies + 2 {
		c.AwaitLine(": settled")
	}
	r := rand.New(rand.NewPCG(*chaosSeed, 10))
	for i := range *clusterKills {
		v := victims[i%len(victims)]
		if i >= len(victims) {
			v = victims[r.IntN(len(victims))]
		}
		c.kill(v)
	}
	c.quiet(workers, proxies)
	for _, line := range c.Lines() {
		if strings.Contains(line, ": gap\t") {
			t.Error(line)
		}
	}
	c.Stop()
}

// quiet ends the load, and waits until everybody has had the last number of each worker that lives.
func (c *underLoad) quiet(workers, proxies int) {
	c.t.Helper()
	for i := range workers {
		ask := testnode.Start(c.t, testnode.Options{Name: "ask", Command: []string{"eval", fmt.Sprintf("worker-%d", i+1), `event.raise("CH::quiet")`, "--state", c.state}})
		if code := ask.Wait(); code != 0 {
			c.t.Fatalf("eval ended with code %d", code)
		}
	}
	for range workers * (1 + proxies) {
		c.AwaitLine(": last\t")
	}
}
