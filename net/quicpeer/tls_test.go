package quicpeer

import (
	"slices"
	"strings"
	"testing"

	"moonpeer/net/peering"
	"moonpeer/net/tlsconf"
	"moonpeer/net/tlsconf/tlstest"
)

func TestCertificates(t *testing.T) {
	t.Parallel()
	pki, other := tlstest.New(t), tlstest.New(t)
	var none tlsconf.Options
	a, b := pki.Options("a"), pki.Options("b")
	foreign := other.Options("a") // trusts the listener, who does not trust it
	foreign.CAFile = b.CAFile
	folder := pki.Options("b")
	folder.CAFile, folder.CAPath = "", pki.CAPath()
	for _, tc := range []struct {
		name              string
		dialler, listener tlsconf.Options
		why               []string // none: the two become peers
	}{
		{"anonymous", none, none, nil},
		{"mutual", a, b, nil},
		{"encrypted keys", pki.Encrypted("a", "xyzzy"), pki.Legacy("b", "plugh"), nil},
		{"folder of CAs", a, folder, nil},
		{"CA at the listener only", none, b,
			[]string{"the peer demands a certificate and this node has none", "set ssl_certificate"}},
		{"CA at the dialler only", a, none, []string{"the peer's certificate is refused", "it has none"}},
		{"two CAs", other.Options("a"), b, []string{"the peer's certificate is refused", "does not lead to a CA"}},
		{"the listener knows another CA", foreign, b,
			[]string{"the peer did not accept this node's certificate", "unknown certificate authority"}},
		{"listener expired", a, pki.Expired("b"), []string{"the peer's certificate is refused", "expired at"}},
		{"dialler expired", pki.Expired("a"), b, []string{"the peer did not accept this node's certificate", "expired"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			from, to := newNode(t, "from", nodeOptions{}), newNode(t, "to", nodeOptions{})
			from.dial(to.listen(peering.Settings{TLS: tc.listener}), 0, peering.Settings{TLS: tc.dialler})
			if tc.why == nil {
				from.awaitPeer(to)
				to.awaitPeer(from)
				from.send(event, 1, 3, 100)
				to.awaitStream(event.Topic, 3)
				return
			}
			from.awaitEvent("peer_unavailable")
			to.wantNothing()
			from.wantLog(tc.why...)
			from.do(func() {
				if want := []string{"peer_unavailable"}; !slices.Equal(from.events, want) {
					t.Errorf("events %q, want %q", from.events, want)
				}
			})
		})
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	n := newNode(t, "n", nodeOptions{})
	at := newNode(t, "at", nodeOptions{}).listen(peering.Settings{})
	o := tlstest.New(t).Encrypted("n", "right")
	o.Passphrase = "wrong"
	n.dial(at, 0, peering.Settings{TLS: o})
	n.awaitEvent("peer_unavailable")
	n.wantLog("ssl_passphrase")
	n.do(func() {
		_, err := n.table.Listen(peering.Address{Transport: "quic", Host: "127.0.0.1"}, 0, peering.Settings{TLS: o})
		if err == nil || !strings.Contains(err.Error(), "ssl_passphrase") {
			t.Errorf("listen: %v", err)
		}
	})
}
