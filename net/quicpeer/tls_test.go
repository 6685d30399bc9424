package quicpeer

import (
	"crypto/x509"
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

// TestGranted: each end learns the names of the other's certificate, which nobody has without certificates.
func TestGranted(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	names := func(cn string, alternative ...string) tlsconf.Options {
		return pki.Issue(cn, func(c *x509.Certificate) { c.Subject.CommonName, c.DNSNames = cn, alternative })
	}
	for _, tc := range []struct {
		name       string
		a, b       tlsconf.Options
		aHas, bHas []string // by its certificate
	}{
		{"anonymous", tlsconf.Options{}, tlsconf.Options{}, nil, nil},
		{"one name", pki.Options("worker-1"), pki.Options("manager"), []string{"worker-1"}, []string{"manager"}},
		{"common name only", names("worker_1"), names("logger.a"), []string{"worker_1"}, []string{"logger.a"}},
		{"several", names("a", "proxy_1.site", "a"), names("b", "c"), []string{"proxy_1.site", "a"}, []string{"c", "b"}},
		{"none", names(""), names("b"), []string{}, []string{"b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
			a.dial(b.listen(peering.Settings{TLS: tc.b}), 0, peering.Settings{TLS: tc.a})
			a.awaitPeer(b)
			b.awaitPeer(a)
			for _, side := range []struct {
				n, other *node
				want     []string
			}{{a, b, tc.bHas}, {b, a, tc.aHas}} {
				side.n.do(func() {
					p, ok := side.n.table.Peer(side.other.hub.ID())
					if !ok || !slices.Equal(p.Granted, side.want) || (p.Granted == nil) != (side.want == nil) {
						t.Errorf("%s: the peer is granted %q, want %q", side.n.name, p.Granted, side.want)
					}
				})
			}
		})
	}
}

// TestRefusedByName: who is not admitted is told why, over QUIC too, and has no peer.
func TestRefusedByName(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{admit: func(c peering.Claim) peering.Verdict {
		return peering.Verdict{Refuse: "its certificate grants " + strings.Join(c.Granted, ", ") + ", not " + c.Name}
	}})
	pki := tlstest.New(t)
	a.dial(b.listen(peering.Settings{TLS: pki.Options("b")}), 0, peering.Settings{TLS: pki.Options("worker-9")})
	a.awaitEvent("peer_unavailable")
	a.wantLog("the peer refused this node: its certificate grants worker-9, not a")
	b.wantLog("a peer was refused", "node=a")
	for _, n := range []*node{a, b} {
		n.do(func() {
			if slices.Contains(n.events, "peer_added") {
				t.Errorf("%s: events %q", n.name, n.events)
			}
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
