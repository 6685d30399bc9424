package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/runtime/node"
)

// relay is the example of the documents: a worker tells a proxy of a client, the proxy tells all workers.
const relay = `
local EX = namespace "EX"
local add_client, go = EX:event("add_client", "client: addr"), EX:event("go", "client: addr")
local text = EX:event("text", "text: string, n: count")
local here = "zeek/cluster/node/" .. node.name .. "/"
on("node_init", function()
  broker.subscribe(here)
  if node.name ~= "proxy-1" then broker.subscribe "zeek/cluster/worker" end
end)
add_client:on(function(client)
  if node.name == "proxy-1" then broker.publish("zeek/cluster/worker", add_client, client) end
end)
go:on(function(client) broker.publish("zeek/cluster/node/proxy-1/", add_client, client) end)
text:on(function(s, n) broker.publish("zeek/nobody", text, s, n + 1) end)
`

var debugLine = regexp.MustCompile(`^(\d+\.\d{6})/(\d+\.\d{6}) (\[.*)$`)

// debugged returns the debug lines of a node without their times, and forgets them.
func (m *member) debugged(t *testing.T) (lines []string) {
	t.Helper()
	said := m.Errors()[m.read:]
	m.read += len(said)
	for line := range strings.Lines(said) {
		found := debugLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if found == nil {
			t.Errorf("%s: %q is no line of a debug log", m.Name(), line)
			continue
		}
		lines = append(lines, found[3])
	}
	return lines
}

// raise has another party of a node's hub publish an event for its scripts.
func (c *cluster) raise(m *member, event string, args ...string) {
	c.t.Helper()
	messages, err := bindings.NewMessages(func() int64 { return 0 })
	if err != nil {
		c.t.Fatal(err)
	}
	payload, err := messages.Encode(event, args)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := m.Hub.Join("test", nil).Publish("zeek/cluster/node/"+m.Name()+"/", payload); err != nil {
		c.t.Fatal(err)
	}
	c.run()
}

// TestDebugBroker switches a stream on and off in running nodes: the lines are those of scenario S35.
func TestDebugBroker(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	proxy, w1, w2 := c.add("proxy-1", relay), c.add("worker-1", relay), c.add("worker-2", relay)
	nodes := []*member{proxy, w1, w2}
	c.start()
	c.join(proxy, w1)
	c.join(proxy, w2)
	see := func(what string, want map[*member][]string) {
		t.Helper()
		for _, m := range nodes {
			if got := m.debugged(t); !slices.Equal(got, want[m]) {
				t.Errorf("%s, %s: got %q, want %q", what, m.Name(), got, want[m])
			}
		}
	}
	set := func(changes ...string) {
		t.Helper()
		for _, m := range nodes {
			if _, err := m.SetDebug(changes...); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.raise(w1, "EX::go", "addr:10.0.0.9")
	see("off", nil)
	set("+broker")
	c.raise(w1, "EX::go", "addr:10.0.0.1")
	const process, publishing = "[broker] Process event: EX::add_client(10.0.0.1)", "[broker] Publishing event: EX::add_client(10.0.0.1) -> "
	see("on", map[*member][]string{
		proxy: {process, publishing + "zeek/cluster/worker"},
		w1:    {"[broker] Publishing event: EX::go(10.0.0.1) -> zeek/cluster/node/worker-1/", publishing + "zeek/cluster/node/proxy-1/", process},
		w2:    {process},
	})
	// What nobody gets is shown, too, and what others wrote begins no line.
	c.raise(w2, "EX::text", "a\nb\x1b", "2")
	see("nobody", map[*member][]string{w2: {
		`[broker] Publishing event: EX::text(a\nb\x1b, 2) -> zeek/cluster/node/worker-2/`, `[broker] Publishing event: EX::text(a\nb\x1b, 3) -> zeek/nobody`}})
	set("-broker", "+events")
	c.raise(w1, "EX::go", "addr:10.0.0.2")
	const event = "[events] Process event: EX::add_client(10.0.0.2)"
	see("events", map[*member][]string{proxy: {event}, w1: {"[events] Process event: EX::go(10.0.0.2)", event}, w2: {event}})
	set("-events")
	c.raise(w1, "EX::go", "addr:10.0.0.3")
	see("off again", nil)
}

// TestDebugMessages: the hub's steps say where a message went.
func TestDebugMessages(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	proxy, w1 := c.add("proxy-1", relay), c.add("worker-1", relay, func(o *node.Options) { o.Debug = []string{"messages"} })
	c.start()
	c.join(proxy, w1)
	w1.read = len(w1.Errors())
	c.raise(w1, "EX::text", "hello", "1")
	var kinds []string
	for _, line := range w1.debugged(t) {
		fields := strings.Fields(strings.TrimPrefix(line, "[messages] "))
		kinds = append(kinds, fmt.Sprint(fields[0], " ", fields[2], " ", fields[len(fields)-1]))
	}
	want := []string{`publish "zeek/cluster/node/worker-1/" test`, `deliver "zeek/cluster/node/worker-1/" scripts`,
		`publish "zeek/nobody" scripts`, `drop "zeek/nobody" unwanted`}
	if !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
	if strings.Contains(proxy.Errors(), "[messages]") {
		t.Error("the other node shows its messages as well")
	}
}
