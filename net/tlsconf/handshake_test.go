package tlsconf_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonpeer/net/tlsconf"
	"moonpeer/net/tlsconf/tlstest"
)

const alpn = "moonpeer/1"

// eager is an end of a pipe that takes what is written at once, as a socket does. Without it an end that refuses in the
// middle of the other's flight would wait for that one to read its alert.
type eager struct {
	net.Conn
	out  chan []byte
	done chan struct{}
}

func newEager(c net.Conn) *eager {
	e := &eager{c, make(chan []byte, 64), make(chan struct{})}
	go func() {
		defer close(e.done)
		for b := range e.out {
			c.Write(b) // an error shows at the reading end
		}
	}()
	return e
}

func (e *eager) Write(b []byte) (int, error) {
	e.out <- bytes.Clone(b)
	return len(b), nil
}

// end writes what is left and closes.
func (e *eager) end() {
	close(e.out)
	<-e.done
	e.Close()
}

// shake lets two ends shake hands and then send a byte each way, since a client knows only then what the server
// thinks of its certificate.
func shake(t testing.TB, server, client *tls.Config) (cs tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	a, b := net.Pipe()
	deadline := time.Now().Add(20 * time.Second)
	for _, c := range []net.Conn{a, b} {
		if err := c.SetDeadline(deadline); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() {
		pipe := newEager(a)
		conn := tls.Server(pipe, server)
		_, err := conn.Write([]byte("s"))
		if err == nil {
			_, err = io.ReadFull(conn, make([]byte, 1))
		}
		pipe.end()
		done <- err
	}()
	pipe := newEager(b)
	conn := tls.Client(pipe, client)
	_, clientErr = io.ReadFull(conn, make([]byte, 1))
	if clientErr == nil {
		_, clientErr = conn.Write([]byte("c"))
	}
	cs = conn.ConnectionState()
	pipe.end()
	return cs, <-done, clientErr
}

func pair(t testing.TB, server, client *tlsconf.Config) (serverErr, clientErr, either error) {
	t.Helper()
	_, serverErr, clientErr = shake(t, server.Server(alpn), client.Client(alpn))
	return serverErr, clientErr, errors.Join(serverErr, clientErr)
}

func load(t testing.TB, o tlsconf.Options, now func() time.Time) *tlsconf.Config {
	t.Helper()
	c, err := tlsconf.Load(o, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const day = 24 * time.Hour

func TestPairs(t *testing.T) {
	t.Parallel()
	pki, stranger := tlstest.New(t), tlstest.New(t)
	var none tlsconf.Options
	a, b := pki.Options("a"), pki.Options("b")
	usages := func(u ...x509.ExtKeyUsage) tlsconf.Options {
		return pki.Issue("b", func(c *x509.Certificate) { c.ExtKeyUsage = u })
	}
	folder := b
	folder.CAFile, folder.CAPath = "", pki.CAPath()
	noName := pki.Issue("", func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil })
	old := pki.Below("old", func(c *x509.Certificate) { c.NotAfter = pki.Now.Add(-day) })
	noCA := pki.Below("no CA", func(c *x509.Certificate) { c.IsCA = false })
	clientCA := pki.Below("clients", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	future := pki.Issue("b", func(c *x509.Certificate) { c.NotBefore = pki.Now.Add(time.Hour) })

	// The S of S21 are its parts. What is wanted is in the error of the end that refuses; "" is no error at all.
	for _, c := range []struct {
		name                     string
		server, client           tlsconf.Options
		serverClock, clientClock time.Duration
		wantServer, wantClient   string
	}{
		{"S21a no certificates", none, none, 0, 0, "", ""},
		{"S21a no certificates, no matter when", none, none, 0, 40 * 365 * day, "", ""},
		{"S21d one CA", a, b, 0, 0, "", ""},
		{"S21d and back", b, a, 0, 0, "", ""},
		{"S21d a folder of CAs", folder, a, 0, 0, "", ""},
		{"S21e listener has no certificate", none, b, 0, 0, "*", "it has none: no certificate is set up there"},
		{"S21e dialler has no certificate", a, none, 0, 0, "*", "demands a certificate and this node has none; set ssl_cert"},

		{"another CA of the same name", a, stranger.Options("b"), 0, 0, "*", `"a" does not lead to a CA of ssl_cafile or ssl_capath, but to another one of the name "tlstest CA"`},
		{"another CA for the dialler only", a, mix(stranger.Options("b"), pki), 0, 0, `"b" does not lead to a CA of`, "*"},
		{"an intermediate CA", a, pki.Below("between", nil).Options("b"), 0, 0, "", ""},
		{"two intermediate CAs", pki.Below("x", nil).Below("y", nil).Options("a"), b, 0, 0, "", ""},
		{"an intermediate CA not sent", a, alone(t, pki.Below("between", nil).Options("b")), 0, 0,
			`"b" does not lead to a CA of ssl_cafile or ssl_capath, but to "between"`, "*"},
		{"an intermediate one that is none", a, noCA.Options("b"), 0, 0, `"b" does not lead to a CA of`, "*"},
		{"an expired intermediate CA", a, old.Options("b"), 0, 0, `the CA "old" of the certificate of "b" expired at`, "*"},
		{"an expired CA", a, b, 11 * 365 * day, 0, "expired at", "*"},

		{"expired dialler", a, pki.Expired("b"), 0, 0, `the certificate of "b" expired at`, "*"},
		{"expired listener", pki.Expired("a"), b, 0, 0, "*", `the certificate of "a" expired at`},
		{"dialler not yet valid", a, future, 0, 0, `the certificate of "b" is not valid before`, "*"},
		{"valid an hour later", a, future, time.Hour, time.Hour, "", ""},
		{"at the last moment", a, b, day, day, "", ""},
		{"the listener's clock a moment later", a, b, day + 1, day, `the certificate of "b" expired at`, "*"},
		{"the dialler's clock a moment later", a, b, day, day + 1, "*", `the certificate of "a" expired at`},

		{"no extended usage", a, usages(), 0, 0, "", ""},
		{"any extended usage", a, usages(x509.ExtKeyUsageAny), 0, 0, "", ""},
		{"dialler for clients", a, usages(x509.ExtKeyUsageClientAuth), 0, 0, "", ""},
		{"dialler for servers", a, usages(x509.ExtKeyUsageServerAuth), 0, 0,
			`the certificate of "b" may not be used by a dialler: it, or its CA, names extended key usages without clientAuth`, "*"},
		{"listener for servers", usages(x509.ExtKeyUsageServerAuth), a, 0, 0, "", ""},
		{"listener for clients", usages(x509.ExtKeyUsageClientAuth), a, 0, 0, "*", `may not be used by a listener`},
		{"listener of a CA for clients", clientCA.Options("b"), a, 0, 0, "*", `may not be used by a listener`},
		{"no names at all", noName, noName, 0, 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := load(t, c.server, clock(pki, c.serverClock))
			client := load(t, c.client, clock(pki, c.clientClock))
			serverErr, clientErr, _ := pair(t, server, client)
			for _, end := range []struct {
				name string
				err  error
				want string
			}{{"listener", serverErr, c.wantServer}, {"dialler", clientErr, c.wantClient}} {
				switch {
				case end.want == "" && end.err != nil, end.want != "" && end.err == nil:
					t.Errorf("%s: got %v, want %q", end.name, end.err, end.want)
				case len(end.want) > 1 && !strings.Contains(end.err.Error(), end.want):
					t.Errorf("%s: got %v, want %q", end.name, end.err, end.want)
				case len(end.want) > 1 && !errors.Is(end.err, tlsconf.ErrRefused) && !errors.Is(end.err, tlsconf.ErrNoCertificate):
					t.Errorf("%s: %v is neither ErrRefused nor ErrNoCertificate", end.name, end.err)
				}
			}
		})
	}
}

// mix returns o trusting pki's CA.
func mix(o tlsconf.Options, pki *tlstest.PKI) tlsconf.Options {
	o.CAFile = pki.CAFile()
	return o
}

// alone takes the intermediate certificates away.
func alone(t testing.TB, o tlsconf.Options) tlsconf.Options {
	t.Helper()
	f := folder{t, filepath.Dir(o.Certificate)}
	const end = "-----END CERTIFICATE-----\n"
	first, _, _ := strings.Cut(f.content(o.Certificate), end)
	f.put(filepath.Base(o.Certificate), first+end)
	return o
}

// TestEmptyChain: a dialler that answers the demand for a certificate with none.
func TestEmptyChain(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	_, serverErr, clientErr := shake(t, load(t, pki.Options("a"), clock(pki, 0)).Server(alpn),
		&tls.Config{InsecureSkipVerify: true, NextProtos: []string{alpn}})
	if serverErr == nil || !strings.Contains(text(clientErr), "certificate required") {
		t.Errorf("listener: %v, dialler: %v", serverErr, clientErr)
	}
	verify := load(t, pki.Options("a"), clock(pki, 0)).Server(alpn).VerifyConnection
	if err := verify(tls.ConnectionState{}); !errors.Is(err, tlsconf.ErrRefused) {
		t.Errorf("no certificate: %v", err)
	}
}

// TestStolenCertificate: a certificate is worth nothing without its key.
func TestStolenCertificate(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	c := load(t, pki.Options("a"), clock(pki, 0))
	client := c.Client(alpn)
	stolen, err := client.GetClientCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, wrong, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{wrong, newKey(t)} {
		client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &tls.Certificate{Certificate: stolen.Certificate, PrivateKey: key}, nil
		}
		if _, serverErr, clientErr := shake(t, c.Server(alpn), client); serverErr == nil || clientErr == nil {
			t.Errorf("%T: %v, %v", key, serverErr, clientErr)
		}
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	for _, o := range []tlsconf.Options{{}, pki.Options("a")} {
		c := load(t, o, clock(pki, 0))
		for _, conf := range []*tls.Config{c.Server(alpn), c.Client(alpn)} {
			if conf.MinVersion != tls.VersionTLS13 || !conf.SessionTicketsDisabled || !conf.Time().Equal(pki.Now) ||
				len(conf.NextProtos) != 1 || conf.NextProtos[0] != alpn || conf.ServerName != "" {
				t.Errorf("%+v: %+v", o, conf)
			}
		}
		if c.Server("").NextProtos != nil || c.Client("").NextProtos != nil {
			t.Error("an empty protocol is offered")
		}
		first := c.Server(alpn) // belongs to the caller, as others change theirs
		first.NextProtos[0] = "h3"
		if second := c.Server(alpn); second.NextProtos[0] != alpn {
			t.Error("one configuration for all")
		}
	}
}

func TestOldVersions(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	for _, o := range []tlsconf.Options{{}, pki.Options("a")} {
		c := load(t, o, clock(pki, 0))
		old := c.Client(alpn)
		old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
		if _, serverErr, clientErr := shake(t, c.Server(alpn), old); serverErr == nil || clientErr == nil {
			t.Errorf("TLS 1.2: %v, %v", serverErr, clientErr)
		}
		if _, serverErr, clientErr := shake(t, c.Server(alpn), c.Client("h3")); serverErr == nil || clientErr == nil {
			t.Errorf("another protocol: %v, %v", serverErr, clientErr)
		}
	}
}

func TestNoResumption(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	c := load(t, pki.Options("a"), clock(pki, 0))
	client := c.Client(alpn)
	client.ServerName = "a"
	client.SessionTicketsDisabled = false // as somebody else's client may
	client.ClientSessionCache = tls.NewLRUClientSessionCache(10)
	for range 2 {
		cs, serverErr, clientErr := shake(t, c.Server(alpn), client)
		if serverErr != nil || clientErr != nil || cs.DidResume {
			t.Errorf("resumed %t, %v, %v", cs.DidResume, serverErr, clientErr)
		}
	}
}

// quicShake runs the handshake as a QUIC library does and returns the alert of the end that ends it, and which it is.
func quicShake(t testing.TB, server, client *tls.Config) (alert tls.AlertError, who string) {
	t.Helper()
	ends := [2]*tls.QUICConn{
		tls.QUICServer(&tls.QUICConfig{TLSConfig: server}),
		tls.QUICClient(&tls.QUICConfig{TLSConfig: client}),
	}
	names := [2]string{"listener", "dialler"}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, e := range ends {
		defer e.Close()
		e.SetTransportParameters(nil)
		if err := e.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for quiet := 0; quiet < 2; {
		for i, e := range ends {
			switch event := e.NextEvent(); event.Kind {
			case tls.QUICNoEvent:
				quiet++
				continue
			case tls.QUICWriteData:
				if err := ends[1-i].HandleData(event.Level, event.Data); err != nil {
					if !errors.As(err, &alert) {
						t.Fatalf("%v without an alert", err)
					}
					return alert, names[1-i]
				}
			}
			quiet = 0
		}
	}
	return 0, ""
}

// TestAlerts: over QUIC the other end is told what is wrong.
func TestAlerts(t *testing.T) {
	t.Parallel()
	pki, stranger := tlstest.New(t), tlstest.New(t)
	a := pki.Options("a")
	servers := pki.Issue("b", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	for _, c := range []struct {
		name           string
		server, client tlsconf.Options
		alert          tls.AlertError
		who            string
	}{
		{"fine", a, pki.Options("b"), 0, ""},
		{"anonymous", tlsconf.Options{}, tlsconf.Options{}, 0, ""},
		{"listener anonymous", tlsconf.Options{}, a, 48, "dialler"},
		{"dialler anonymous", a, tlsconf.Options{}, 116, "dialler"},
		{"expired", a, pki.Expired("b"), 45, "listener"},
		{"stranger", a, mix(stranger.Options("b"), pki), 48, "listener"},
		{"usage", a, servers, 43, "listener"},
	} {
		alert, who := quicShake(t, load(t, c.server, clock(pki, 0)).Server(alpn), load(t, c.client, clock(pki, 0)).Client(alpn))
		if alert != c.alert || who != c.who {
			t.Errorf("%s: alert %d of %q, want %d of %q", c.name, alert, who, c.alert, c.who)
		}
	}
}

// TestStrangersText: what a stranger's certificate says gets into logs.
func TestStrangersText(t *testing.T) {
	t.Parallel()
	pki, stranger := tlstest.New(t), tlstest.New(t)
	long := stranger.Issue("b", func(c *x509.Certificate) {
		c.Subject.CommonName = "x\n\x1b[31m" + strings.Repeat("y", 10_000)
		c.DNSNames = nil
	})
	_, serverErr, _ := shake(t, load(t, pki.Options("a"), clock(pki, 0)).Server(alpn), load(t, mix(long, pki), clock(pki, 0)).Client(alpn))
	got := text(serverErr)
	if !strings.Contains(got, `"x\n\x1b[31myyy`) || strings.ContainsAny(got, "\n\x1b") || len(got) > 300 {
		t.Errorf("got %q", got)
	}
	nameless := stranger.Issue("b", func(c *x509.Certificate) { c.Subject.CommonName, c.Subject.Organization = "", []string{"us"} })
	_, serverErr, _ = shake(t, load(t, pki.Options("a"), clock(pki, 0)).Server(alpn), load(t, mix(nameless, pki), clock(pki, 0)).Client(alpn))
	if got := text(serverErr); !strings.Contains(got, `the certificate of "O=us" does not lead to`) {
		t.Errorf("got %q", got)
	}
}
