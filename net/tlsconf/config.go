package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"time"
)

// Config is what Options named. It does not change, and any goroutine may use it.
type Config struct {
	anonymous bool
	now       func() time.Time
	pair      tls.Certificate     // what this node shows
	own       []*x509.Certificate // pair's certificates; not used when anonymous
	ownFile   string
	cas       *authorities // nil when anonymous
}

// Load reads the files. Without any it makes a throw-away self-signed key (ECDSA P-256) of what rand gives, which
// has to be as good as crypto/rand's. now is kept and is called from the goroutines in which handshakes run.
//
// An own certificate that has expired or is not yet valid is no error, see Warning: the node's clock may be what is
// wrong, and peers may come later. Every error is an *Error, but for one of rand.
func Load(o Options, now func() time.Time, rand io.Reader) (*Config, error) {
	c := &Config{anonymous: o.Anonymous(), now: now, ownFile: o.Certificate}
	var err error
	if c.anonymous {
		c.pair, err = throwaway(now(), rand)
		return c.orNil(err)
	}
	if err = o.check(); err != nil {
		return nil, err
	}
	if c.own, err = loadOwn(o.Certificate); err != nil {
		return nil, err
	}
	if c.pair.PrivateKey, err = loadKey(o, c.own[0]); err != nil {
		return nil, err
	}
	for _, cert := range c.own {
		c.pair.Certificate = append(c.pair.Certificate, cert.Raw)
	}
	c.pair.Leaf = c.own[0]
	c.cas, err = loadAuthorities(o)
	return c.orNil(err)
}

func (c *Config) orNil(err error) (*Config, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Anonymous tells whether links are encrypted only, and nobody is authenticated.
func (c *Config) Anonymous() bool { return c.anonymous }

// Server returns a new configuration for the listening end. alpn is the one protocol that is spoken; "" names none.
func (c *Config) Server(alpn string) *tls.Config {
	t := c.base(alpn)
	t.Certificates = []tls.Certificate{c.pair}
	if !c.anonymous {
		// Not RequireAndVerifyClientCert: that would send the names of all CAs to strangers, which for a large
		// ssl_capath is more than fits into a handshake, and would know no more reasons than crypto/tls does.
		t.ClientAuth = tls.RequireAnyClientCert
		t.VerifyConnection = c.verify(x509.ExtKeyUsageClientAuth)
	}
	return t
}

// Client returns a new configuration for the dialling end. alpn is as for Server.
func (c *Config) Client(alpn string) *tls.Config {
	t := c.base(alpn)
	// Nobody's name is checked. Whether the chain is, VerifyConnection says.
	t.InsecureSkipVerify = true
	if c.anonymous {
		// In TLS 1.3 a client is done before the server has looked for its certificate, so the dialler would take the
		// link for open. It says no first, and the one who has to set the options reads why.
		t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return nil, &refusal{kind: ErrNoCertificate, alert: alertCertificateRequired}
		}
		return t
	}
	// Shown whatever CAs the peer says it knows: its refusal says more than a certificate that was never sent.
	t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c.pair, nil }
	t.VerifyConnection = c.verify(x509.ExtKeyUsageServerAuth)
	return t
}

func (c *Config) base(alpn string) *tls.Config {
	t := &tls.Config{
		MinVersion: tls.VersionTLS13,
		Time:       c.now,
		// A resumed session would skip a CA that has been taken out since.
		SessionTicketsDisabled: true,
	}
	if alpn != "" {
		t.NextProtos = []string{alpn}
	}
	return t
}
