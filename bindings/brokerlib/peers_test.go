package brokerlib

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/runtime/script"
)

// fakeNet is a network that notes what it was asked.
type fakeNet struct{ asked []string }

func (f *fakeNet) note(what string, a peering.Address, retry broker.Timespan) {
	f.asked = append(f.asked, fmt.Sprintf("%s %s %s", what, a, broker.FormatInterval(retry)))
}

func (f *fakeNet) Listen(a peering.Address, retry broker.Timespan) (int, error) {
	f.note("listen", a, retry)
	if a.Port == 1 {
		return 0, errors.New("address in use")
	}
	return 4711, nil
}

func (f *fakeNet) ListenWebSocket(a peering.Address, retry broker.Timespan) (int, error) {
	f.note("listen_websocket", a, retry)
	return 4712, nil
}

func (f *fakeNet) Peer(a peering.Address, retry broker.Timespan) error {
	f.note("peer", a, retry)
	return nil
}

func (f *fakeNet) Unpeer(a peering.Address) error {
	f.note("unpeer", a, 0)
	return errors.New("cannot unpeer from unknown peer")
}

func (f *fakeNet) Peers() []PeerInfo {
	return []PeerInfo{{Peer: EndpointInfo{ID: "one", Network: NetworkInfo{"10.0.0.1", 9999}}, Status: "PEERED", IsOutbound: true}}
}

func (f *fakeNet) Stats() []PeeringStats {
	return []PeeringStats{{ID: "one", NumQueued: 3, MaxQueuedRecently: 5, NumOverflows: 1}}
}

// fakeHub is a hub without parties.
type fakeHub struct{}

func (fakeHub) Wanted(string) bool           { return false }
func (fakeHub) Publish(string, []byte) error { return nil }
func (fakeHub) Subscribe(string, bool) bool  { return true }
func (fakeHub) Unsubscribe(string) bool      { return true }
func (fakeHub) Room(string) error            { return nil }
func (fakeHub) Forward(string) bool          { return true }
func (fakeHub) SetForwarding(bool)           {}
func (fakeHub) RestrictPublish([]string)     {}
func (fakeHub) NodeID() string               { return "me" }

// opener opens a Lib, with what it needs, in a bare domain.
type opener struct{ net Network }

func (o opener) Open(d *script.Domain) error {
	space := convert.NewSpace(d.L)
	names := namespacelib.New(d)
	names.Open()
	events := eventlib.New(d, space, names, fakeHub{})
	if err := events.Open(d); err != nil {
		return err
	}
	l := &Lib{Space: space, Names: names, Events: events, Hub: fakeHub{}, Net: o.net}
	return l.Open(d)
}

// runLua runs the body as node_init's handler and returns what it printed and reported.
func runLua(t *testing.T, net Network, body string) (out, reports string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte("on('node_init', function() "+body+" end)"), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed, reported bytes.Buffer
	d, err := script.New(script.Options{Modules: []script.Module{opener{net}}, Reports: script.NewReports(&reported), Stdout: &printed})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Load([]string{file}); err != nil {
		t.Fatal(err)
	}
	d.Raise(d.Event("node_init"), nil)
	d.Run(100, nil)
	return strings.TrimSpace(printed.String()), reported.String()
}

// TestAddresses: every documented way to name an address asks the network for the same thing.
func TestAddresses(t *testing.T) {
	tests := []struct{ lua, asked, reports string }{
		{`broker.peer("127.0.0.1", 9999)`, "peer quic://127.0.0.1:9999 1 s", ""},
		{`broker.peer("127.0.0.1", 1234, "5 s")`, "peer quic://127.0.0.1:1234 5 s", ""},
		{`broker.peer "quic://host:77"`, "peer quic://host:77 1 s", ""},
		{`broker.peer "tcp://host"`, "peer tcp://host:9999 1 s", ""},
		{`broker.peer "host:77"`, "peer quic://host:77 1 s", ""},
		{`broker.peer "::1"`, "peer quic://[::1]:9999 1 s", ""},
		{`broker.peer "[::1]:5"`, "peer quic://[::1]:5 1 s", ""},
		{`broker.listen()`, "listen quic://:9999 1 s", ""},
		{`broker.listen { address = "127.0.0.1", port = 0, retry = 0 }`, "listen quic://127.0.0.1:0 0 s", ""},
		{`broker.listen { port = 7, transport = "tcp" }`, "listen tcp://:7 1 s", ""},
		{`broker.options.default_listen_address = "10.0.0.9" broker.listen()`, "listen quic://10.0.0.9:9999 1 s", ""},
		{`broker.listen_websocket()`, "listen_websocket ws://:9997 1 s", ""},
		{`broker.unpeer("1.2.3.4", 1947)`, "unpeer quic://1.2.3.4:1947 0 s", "cannot unpeer from unknown peer"},
		{`broker.peer()`, "", "an address is needed"},
		{`broker.peer "a:b:c"`, "", "write [address]:port for IPv6"},
		{`broker.peer("h", 70000)`, "", "port is a number from 0 to 65535"},
		{`broker.peer("h", 1, -1)`, "", "retry is 0 or an interval of at least 10 ms"},
		{`broker.peer "ftp://h"`, "", "unknown transport"},
		{`broker.listen { prot = 1 }`, "", `unknown field "prot"`},
	}
	for _, tt := range tests {
		t.Run(tt.lua, func(t *testing.T) {
			net := &fakeNet{}
			_, reports := runLua(t, net, tt.lua)
			var want []string
			if tt.asked != "" {
				want = []string{tt.asked}
			}
			if !slices.Equal(net.asked, want) {
				t.Errorf("asked %q, want %q", net.asked, want)
			}
			if (tt.reports == "") != (reports == "") || !strings.Contains(reports, tt.reports) {
				t.Errorf("reported %q, want %q", reports, tt.reports)
			}
		})
	}
}

// TestPeers: peers are read-only Go records with the documented fields.
func TestPeers(t *testing.T) {
	out, reports := runLua(t, &fakeNet{}, `
local p = broker.peers()[1]
print(p.peer.id, p.peer.network.address, p.peer.network.bound_port, p.status == broker.PEERED, p.is_outbound)
local s = broker.peering_stats().one
print(s.num_queued, s.max_queued_recently, s.num_overflows)
print(broker.listen("127.0.0.1", 1))
print(broker.listen("127.0.0.1", 2), broker.node_id(), broker.error.PEER_INVALID)`)
	want := "one\t10.0.0.1\t9999\ttrue\ttrue\n3\t5\t1\nnil\taddress in use\n4711\tme\t3"
	if out != want {
		t.Errorf("printed %q, want %q (reported %s)", out, want, reports)
	}
	if !strings.Contains(reports, "Failed to listen on 127.0.0.1:1: address in use") {
		t.Errorf("reported %q", reports)
	}
}

// TestPeersShown: print, tostring and the other forms of a value show all fields that scripts can read, by their names, and
// scripts see no methods of Go.
func TestPeersShown(t *testing.T) {
	peer := PeerInfo{Peer: EndpointInfo{ID: "one", Network: NetworkInfo{"10.0.0.1", 9999}}, Status: "PEERED", IsOutbound: true, Node: "w"}
	const shown = "[peer=[id=one, network=[address=10.0.0.1, bound_port=9999]], status=PEERED, is_outbound=T, node=w]"
	L := lua.NewState()
	defer L.Close()
	space, v := convert.NewSpace(L), convert.FieldedValue(&peer)
	list := L.NewTable()
	list.Append(v)
	asJSON, err := space.AppendJSON(nil, list)
	for _, tt := range []struct{ name, got, want string }{
		{"print", string(space.AppendPrint(nil, list)), "[" + shown + "]"},
		{"a screen", string(space.AppendShown(nil, v, 1000)), shown},
		{"tostring", string(convert.AppendText(nil, v)), shown},
		{"Lua", string(space.AppendLua(nil, v, 200)), `{ peer = { id = "one", network = { address = "10.0.0.1", bound_port = 9999 } }, status = "PEERED", is_outbound = true, node = "w" }`},
		{"JSON", string(asJSON), `[{"peer":{"id":"one","network":{"address":"10.0.0.1","bound_port":9999}},"status":"PEERED","is_outbound":true,"node":"w"}]`},
	} {
		if tt.got != tt.want || err != nil {
			t.Errorf("%s: got %q, want %q (%v)", tt.name, tt.got, tt.want, err)
		}
	}
	for _, f := range []convert.Fielded{peer, peer.Peer, peer.Peer.Network, PeeringStats{}, LaneStats{}} {
		var got, want []string
		for _, field := range f.LuaFields() {
			got = append(got, field.Name)
		}
		for _, field := range reflect.VisibleFields(reflect.TypeOf(f)) {
			want = append(want, field.Tag.Get("luar"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%T: shows %q, scripts read %q", f, got, want)
		}
	}
	out, reports := runLua(t, &fakeNet{}, `
local p = broker.peers()[1]
print(p.peer)
print(p.lua_fields, p.LuaFields, p.string, broker.peering_stats().one.events)`)
	if want := "[id=one, network=[address=10.0.0.1, bound_port=9999]]\nnil\tnil\tnil\t[offered=0, dropped=0,"; !strings.HasPrefix(out, want) {
		t.Errorf("printed %q, want %q (reported %s)", out, want, reports)
	}
}

// TestEnvironment: the documented variables win over what scripts say.
func TestEnvironment(t *testing.T) {
	t.Setenv("ZEEK_DEFAULT_CONNECT_RETRY", "7")
	t.Setenv("ZEEK_DEFAULT_LISTEN_ADDRESS", "127.0.0.1")
	t.Setenv("ZEEK_DEFAULT_LISTEN_RETRY", "9")
	net := &fakeNet{}
	_, reports := runLua(t, net, `broker.peer("h", 1, "60 s") broker.listen { port = 2, retry = 60 } broker.options.default_connect_retry = 3`)
	if want := []string{"peer quic://h:1 7 s", "listen quic://127.0.0.1:2 9 s"}; !slices.Equal(net.asked, want) {
		t.Errorf("asked %q, want %q", net.asked, want)
	}
	if !strings.Contains(reports, "the environment variable ZEEK_DEFAULT_CONNECT_RETRY decides") {
		t.Errorf("reported %q", reports)
	}
	t.Setenv("ZEEK_DEFAULT_CONNECT_RETRY", "soon")
	if _, err := script.New(script.Options{Modules: []script.Module{opener{net}}}); err == nil || !strings.Contains(err.Error(), "ZEEK_DEFAULT_CONNECT_RETRY") {
		t.Errorf("a bad value gives %v", err)
	}
}
