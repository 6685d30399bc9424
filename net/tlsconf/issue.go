package tlsconf

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
)

const (
	leafYears    = 5
	leafDaysLeft = 30 // with less, a node's certificate is made anew
)

// certName is what may be the name of a node in a certificate: what is a node's name elsewhere, and no more than a common
// name holds (RFC 5280, ub-common-name).
var certName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// Issue returns what the node of that name is to load. Its certificate has the name as common name and as DNS
// name, and is good for dialling and listening. One that is there already is kept if it still does for 30 days; one that
// has expired, is damaged, open to others, another name's or another CA's is replaced, with its key, at once as a whole.
func (a *Authority) Issue(name string) (Options, error) {
	if !certName.MatchString(name) {
		return Options{}, fmt.Errorf("no certificate for a node of the name %.70q: up to 64 letters, digits and _.- can be in it, "+
			"the first a letter or a digit", name)
	}
	file := filepath.Join(a.folder, folderLeaf, name+".pem")
	o := Options{Certificate: file, Keyfile: file, CAFile: a.path(fileCA)}
	if a.good(o, name) {
		return o, nil
	}
	if err := a.issue(file, name); err != nil {
		return Options{}, a.wrong(file, err)
	}
	return o, nil
}

// good reports whether a node can start with what it has.
func (a *Authority) good(o Options, name string) bool {
	if _, err := readPrivate(o.Keyfile); err != nil {
		return false
	}
	c, err := Load(o, a.now, a.rand)
	if err != nil || !slices.Equal(grants(c.own[0]), []string{name}) {
		return false
	}
	now := a.now()
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth} {
		if c.chain(c.own, now, usage) != nil || c.chain(c.own, now.AddDate(0, 0, leafDaysLeft), usage) != nil {
			return false
		}
	}
	return true
}

// issue writes key and certificate into one file, so that nobody ever reads two that do not belong together.
func (a *Authority) issue(file, name string) error {
	key, err := newKey(a.rand)
	if err != nil {
		return err
	}
	serial, err := a.serial()
	if err != nil {
		return err
	}
	now := a.now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    now.AddDate(0, 0, -1), // hosts' clocks differ
		NotAfter:     now.AddDate(leafYears, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	cert, err := a.sign(template, a.cert, key.Public())
	if err != nil {
		return err
	}
	block, err := keyBlock(key)
	if err != nil {
		return err
	}
	return replaceFile(file, append(certBlock(cert), block...), 0o600)
}
