package tlsconf

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"time"
)

// Info is one certificate of a Config.
type Info struct {
	File                string // where it comes from
	Subject, Issuer     string // as RFC 2253 writes names
	NotBefore, NotAfter time.Time
	CA                  bool
	Own                 bool  // it is from ssl_certificate
	Err                 error // why it is of no use now: expired, not yet valid, or can't be parsed (all else is then zero)
}

// Certificates returns the node's own certificate, its intermediate ones, the CA certificates that are trusted, and
// at last files of ssl_capath with a certificate that can't be parsed. An anonymous Config has none.
func (c *Config) Certificates() []Info {
	if c.anonymous {
		return nil
	}
	now := c.now()
	var all []Info
	for _, cert := range c.own {
		i := info(c.ownFile, cert, now)
		i.Own = true
		all = append(all, i)
	}
	for _, k := range c.cas.infos {
		all = append(all, info(k.file, k.cert, now))
	}
	return append(all, c.cas.skipped...)
}

func info(file string, cert *x509.Certificate, now time.Time) Info {
	return Info{
		File:      file,
		Subject:   cert.Subject.String(),
		Issuer:    cert.Issuer.String(),
		NotBefore: cert.NotBefore,
		NotAfter:  cert.NotAfter,
		CA:        cert.IsCA,
		Err:       validity(cert, now),
	}
}

// Warning says what will make peers refuse the node's own certificate as things are now; "" is nothing. It looks at
// the clock again at every call.
func (c *Config) Warning() string {
	if c.anonymous {
		return ""
	}
	now := c.now()
	err := validity(c.own[0], now)
	if err == nil {
		if err = c.chain(c.own, now, x509.ExtKeyUsageAny); err == nil {
			return ""
		}
		text, _ := c.reason(err, c.own[0], now)
		return fmt.Sprintf("%s: %s: %s; peers with the same CAs will refuse it", optCertificate, c.ownFile, text)
	}
	return fmt.Sprintf("%s: %s: %s %v; peers will refuse it", optCertificate, c.ownFile, subject(c.own[0]), err)
}

// subject names a certificate in a sentence.
func subject(cert *x509.Certificate) string {
	return "the certificate of " + quoted(name(cert.Subject))
}

// name is the common name, or all of it where there is none.
func name(n pkix.Name) string {
	if n.CommonName != "" {
		return n.CommonName
	}
	return n.String()
}

// quoted makes a stranger's text fit for a log: no control characters, and not much of it.
func quoted(s string) string {
	const most = 64
	if len(s) > most {
		return fmt.Sprintf("%q…", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
