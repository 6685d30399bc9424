package tlstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"moonpeer/net/tlsconf"
)

// PKI is a CA and what it has issued.
type PKI struct {
	Now time.Time // when the PKI was made. Certificates are valid from an hour before to a day after it

	tb     testing.TB
	dir    string
	issued *atomic.Int64 // shared with the PKIs below
	key    *ecdsa.PrivateKey
	cert   *x509.Certificate
	above  []*x509.Certificate // intermediate CAs that go with a certificate, this one first
	caFile string
	caPath string
}

// New makes a CA whose certificate is valid from ten years ago for twenty. Two PKIs have CAs of different keys and
// of one name.
func New(tb testing.TB) *PKI {
	tb.Helper()
	p := &PKI{Now: time.Now().Truncate(time.Second), tb: tb, dir: tb.TempDir(), issued: new(atomic.Int64)}
	p.key = p.newKey()
	template := p.authority("tlstest CA")
	p.cert = p.sign(template, template, &p.key.PublicKey, p.key)
	ca := encode("CERTIFICATE", p.cert.Raw)
	p.caFile = p.write("ca.pem", ca)
	p.caPath = filepath.Join(p.dir, "capath")
	if err := os.MkdirAll(filepath.Join(p.caPath, "folder"), 0o700); err != nil {
		tb.Fatal(err)
	}
	p.write("capath/ca.pem", ca)
	p.write("capath/README", []byte("Not a certificate.\n"))
	return p
}

// CAFile returns the name of a file that holds the CA's certificate.
func (p *PKI) CAFile() string { return p.caFile }

// CAPath returns the name of a folder that holds the CA's certificate in a file, a file of another kind, and a folder.
func (p *PKI) CAPath() string { return p.caPath }

// Options issues a certificate for name, which is its common name and its alternative name, for diallers and
// listeners. They trust this CA by CAFile.
func (p *PKI) Options(name string) tlsconf.Options {
	p.tb.Helper()
	return p.Issue(name, nil)
}

// Expired is like Options, but the certificate's last hour was the one before the last.
func (p *PKI) Expired(name string) tlsconf.Options {
	p.tb.Helper()
	return p.Issue(name, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = p.Now.Add(-2*time.Hour), p.Now.Add(-time.Hour)
	})
}

// Encrypted is like Options, but the key is encrypted, in PKCS#8's way, and Options.Passphrase is set.
func (p *PKI) Encrypted(name, passphrase string) tlsconf.Options {
	p.tb.Helper()
	return p.reKey(p.Options(name), passphrase, encryptPKCS8)
}

// Legacy is like Encrypted, but the key's PEM block has a Proc-Type header.
func (p *PKI) Legacy(name, passphrase string) tlsconf.Options {
	p.tb.Helper()
	return p.reKey(p.Options(name), passphrase, encryptLegacy)
}

// Issue is like Options, but change, which may be nil, may alter what the certificate says before it is signed.
func (p *PKI) Issue(name string, change func(*x509.Certificate)) tlsconf.Options {
	p.tb.Helper()
	template := &x509.Certificate{
		SerialNumber: p.serial(),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    p.Now.Add(-time.Hour),
		NotAfter:     p.Now.Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{name},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if change != nil {
		change(template)
	}
	key := p.newKey()
	chain := encode("CERTIFICATE", p.sign(template, p.cert, &key.PublicKey, p.key).Raw)
	for _, ca := range p.above {
		chain = append(chain, encode("CERTIFICATE", ca.Raw)...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.tb.Fatal(err)
	}
	base := fmt.Sprintf("%d-%s", template.SerialNumber, filepath.Base(name))
	return tlsconf.Options{
		Certificate: p.write(base+".pem", chain),
		Keyfile:     p.write(base+".key", encode("PRIVATE KEY", der)),
		CAFile:      p.caFile,
	}
}

// Below returns a PKI whose certificates are issued by an intermediate CA, which p's CA has issued. The intermediate
// CA's certificate is in the files of the certificates, CAFile and CAPath are p's. change is as for Issue.
func (p *PKI) Below(name string, change func(*x509.Certificate)) *PKI {
	p.tb.Helper()
	sub := *p
	sub.key = p.newKey()
	template := p.authority(name)
	if change != nil {
		change(template)
	}
	sub.cert = p.sign(template, p.cert, &sub.key.PublicKey, p.key)
	sub.above = append([]*x509.Certificate{sub.cert}, p.above...)
	return &sub
}

func (p *PKI) authority(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          p.serial(),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             p.Now.AddDate(-10, 0, 0),
		NotAfter:              p.Now.AddDate(10, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
}

func (p *PKI) serial() *big.Int { return big.NewInt(p.issued.Add(1)) }

func (p *PKI) newKey() *ecdsa.PrivateKey {
	p.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.tb.Fatal(err)
	}
	return key
}

func (p *PKI) sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	p.tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		p.tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		p.tb.Fatal(err)
	}
	return cert
}

func (p *PKI) write(name string, data []byte) string {
	p.tb.Helper()
	file := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.WriteFile(file, data, 0o600); err != nil {
		p.tb.Fatal(err)
	}
	return file
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
