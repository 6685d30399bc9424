package tlsconf

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

var (
	// ErrRefused is why a handshake failed in which the peer's certificate was not accepted; the text says why not.
	ErrRefused = errors.New("the peer's certificate is refused")

	// ErrNoCertificate is why a handshake failed in which the listener demands a certificate and this node has none.
	ErrNoCertificate = errors.New("the peer demands a certificate and this node has none; set ssl_certificate, " +
		"ssl_keyfile and ssl_cafile here, or no ssl_ option on either side")
)

// What the peer is told (RFC 8446, 6.2).
const (
	alertBadCertificate         tls.AlertError = 42
	alertUnsupportedCertificate tls.AlertError = 43
	alertCertificateExpired     tls.AlertError = 45
	alertUnknownCA              tls.AlertError = 48
	alertCertificateRequired    tls.AlertError = 116
)

// refusal ends a handshake. QUIC sends the alert that it finds in it; over TCP the peer gets what crypto/tls chooses.
type refusal struct {
	text  string
	kind  error // ErrRefused or ErrNoCertificate
	alert tls.AlertError
}

func (r *refusal) Error() string {
	if r.text == "" {
		return r.kind.Error()
	}
	return r.kind.Error() + ": " + r.text
}

func (r *refusal) Unwrap() []error { return []error{r.kind, r.alert} }

// verify returns what a tls.Config calls with the peer's certificates, which it then accepts or refuses.
func (c *Config) verify(usage x509.ExtKeyUsage) func(tls.ConnectionState) error {
	return func(cs tls.ConnectionState) error {
		if len(cs.PeerCertificates) == 0 {
			return &refusal{"it has none", ErrRefused, alertCertificateRequired}
		}
		now := c.now()
		err := c.chain(cs.PeerCertificates, now, usage)
		if err == nil {
			return nil
		}
		text, alert := c.reason(err, cs.PeerCertificates[0], now)
		if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.IncompatibleUsage {
			text += lacks[usage]
		}
		return &refusal{text, ErrRefused, alert}
	}
}

var lacks = map[x509.ExtKeyUsage]string{
	x509.ExtKeyUsageClientAuth: " by a dialler: it, or its CA, names extended key usages without clientAuth",
	x509.ExtKeyUsageServerAuth: " by a listener: it, or its CA, names extended key usages without serverAuth",
}

// Granted returns the names that the peer's certificate gives it: the DNS names among its alternative names as they stand
// there, then its common name if that is none of them. The handshake of cs was made with c's configuration and is done. An
// anonymous Config has verified nothing, so it returns nil; otherwise the answer is not nil.
func (c *Config) Granted(cs tls.ConnectionState) []string {
	if c.anonymous {
		return nil
	}
	return grants(cs.PeerCertificates[0]) // verify has seen to it that there is one
}

func grants(leaf *x509.Certificate) []string {
	names := append([]string{}, leaf.DNSNames...)
	if cn := leaf.Subject.CommonName; cn != "" && !slices.Contains(names, cn) {
		names = append(names, cn)
	}
	return names
}

// chain looks for a way from certs[0] to one of the CAs.
func (c *Config) chain(certs []*x509.Certificate, now time.Time, usage x509.ExtKeyUsage) error {
	between := x509.NewCertPool()
	for _, cert := range certs[1:] {
		between.AddCert(cert)
	}
	_, err := certs[0].Verify(x509.VerifyOptions{
		Roots:         c.cas.pool,
		Intermediates: between,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{usage},
	})
	return err
}

// reason says in our words why leaf does not verify.
func (c *Config) reason(err error, leaf *x509.Certificate, now time.Time) (string, tls.AlertError) {
	if u, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if leaf.Subject.CommonName == anonymousName && bytes.Equal(leaf.RawSubject, leaf.RawIssuer) {
			return "it has none: no certificate is set up there", alertUnknownCA
		}
		return fmt.Sprintf("%s does not lead to a CA of %s or %s, but to %s%s", subject(leaf), optCAFile, optCAPath,
			c.another(u.Cert), quoted(name(u.Cert.Issuer))), alertUnknownCA
	}
	e, ok := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case !ok:
		return fmt.Sprintf("%s: %v", subject(leaf), err), alertBadCertificate
	case e.Reason == x509.Expired:
		who := subject(leaf)
		if !e.Cert.Equal(leaf) {
			who = fmt.Sprintf("the CA %s of %s", quoted(name(e.Cert.Subject)), who)
		}
		return fmt.Sprintf("%s %v", who, validity(e.Cert, now)), alertCertificateExpired
	case e.Reason == x509.IncompatibleUsage:
		return subject(leaf) + " may not be used", alertUnsupportedCertificate
	}
	return fmt.Sprintf("%s: %v", subject(leaf), err), alertBadCertificate
}

// another keeps a reader from seeing the wanted CA's name and wondering: a CA made anew has another key.
func (c *Config) another(cert *x509.Certificate) string {
	for _, k := range c.cas.infos {
		if bytes.Equal(k.cert.RawSubject, cert.RawIssuer) {
			return "another one of the name "
		}
	}
	return ""
}

// validity is an error that reads on after a subject, or nil.
func validity(cert *x509.Certificate, now time.Time) error {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch {
	case now.Before(cert.NotBefore):
		return fmt.Errorf("is not valid before %s, and it is %s", at(cert.NotBefore), at(now))
	case now.After(cert.NotAfter):
		return fmt.Errorf("expired at %s, and it is %s", at(cert.NotAfter), at(now))
	}
	return nil
}
