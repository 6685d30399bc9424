package brokerlib

import (
	"bytes"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// TestHostileIdentifier: the name in an identifier update is cut and begins no line.
func TestHostileIdentifier(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	d, err := script.New(script.Options{Reports: script.NewReports(&said)})
	if err != nil {
		t.Fatal(err)
	}
	l := &Lib{Space: convert.NewSpace(d.L), Names: namespacelib.New(d), d: d}
	if l.settings, err = newSettings(l); err != nil {
		t.Fatal(err)
	}
	l.settings.byName["accept_id_updates"].value = lua.LTrue
	for _, name := range []string{"EX::x", "a\nerror: forged", strings.Repeat("x", 1<<20)} {
		l.ReceiveID(wire.AppendCount(wire.AppendIdentifierHeader(nil, name), 1), "peer")
	}
	want := "warning: Received id-update request for unknown id: EX::x (from peer)\n" +
		`warning: Received id-update request for unknown id: "a\nerror: forged" (from peer)` + "\n" +
		`warning: Received id-update request for unknown id: "` + strings.Repeat("x", 100) + `… (1048576 bytes)" (from peer)` + "\n"
	if got := said.String(); got != want {
		t.Errorf("got %.800q, want %q", got, want)
	}
}
