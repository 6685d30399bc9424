package tlsconf

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

const (
	maxOwn = 10     // certificates in ssl_certificate
	maxCAs = 10_000 // distinct CA certificates in all
)

// content is what a PEM file holds, apart from keys.
type content struct {
	certs []*x509.Certificate
	bad   error // of the first certificate that can't be parsed
	key   bool  // there is a private key in it
}

// parse goes through data, skipping what is no PEM block.
func parse(data []byte) (c content) {
	n := 0
	for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
		if strings.HasSuffix(b.Type, "PRIVATE KEY") {
			c.key = true
		}
		if b.Type != "CERTIFICATE" {
			continue
		}
		n++
		cert, err := x509.ParseCertificate(b.Bytes)
		switch {
		case err == nil:
			c.certs = append(c.certs, cert)
		case c.bad == nil:
			c.bad = fmt.Errorf("certificate %d of the file: %w", n, err)
		}
	}
	return c
}

// nothing says why no certificate was found in data.
func nothing(data []byte, c content) error {
	if _, err := x509.ParseCertificate(data); err == nil {
		return errors.New("holds a certificate in DER form; convert it to PEM")
	}
	if c.key {
		return fmt.Errorf("holds a private key and no certificate; is it the file for %s?", optKeyfile)
	}
	return errors.New("holds no certificate in PEM form")
}

// loadOwn reads the node's own certificate and the intermediate ones behind it.
func loadOwn(name string) ([]*x509.Certificate, error) {
	data, err := read(optCertificate, name)
	if err != nil {
		return nil, err
	}
	c := parse(data)
	switch {
	case c.bad != nil:
		err = c.bad
	case len(c.certs) == 0:
		err = nothing(data, c)
	case len(c.certs) > maxOwn:
		err = fmt.Errorf("holds %d certificates; the node's own and at most %d intermediate ones are expected; "+
			"is it the file for %s?", len(c.certs), maxOwn-1, optCAFile)
	default:
		return c.certs, nil
	}
	return nil, &Error{optCertificate, name, err}
}

// authorities gathers the CA certificates that are trusted.
type authorities struct {
	pool    *x509.CertPool
	infos   []known
	skipped []Info
	seen    map[string]bool
}

// known is a certificate and the file it comes from.
type known struct {
	file string
	cert *x509.Certificate
}

func loadAuthorities(o Options) (*authorities, error) {
	a := &authorities{pool: x509.NewCertPool(), seen: map[string]bool{}}
	if o.CAFile != "" {
		if err := a.file(o.CAFile); err != nil {
			return nil, err
		}
	}
	if o.CAPath != "" {
		if err := a.folder(o.CAPath); err != nil {
			return nil, err
		}
	}
	a.seen = nil
	return a, nil
}

// file adds the CAs of ssl_cafile. Every block must be right and one must be a CA's.
func (a *authorities) file(name string) error {
	data, err := read(optCAFile, name)
	if err != nil {
		return err
	}
	c := parse(data)
	n, err := a.add(name, c.certs)
	switch {
	case c.bad != nil:
		err = c.bad
	case len(c.certs) == 0:
		err = nothing(data, c)
	case err == nil && n == 0:
		err = fmt.Errorf("holds no certificate of a CA; is it the file for %s?", optCertificate)
	}
	if err != nil {
		return &Error{optCAFile, name, err}
	}
	return nil
}

// folder adds the CAs of all files in ssl_capath.
func (a *authorities) folder(name string) error {
	names, err := list(optCAPath, name)
	if err != nil {
		return err
	}
	cas, certs := 0, 0
	for _, entry := range names {
		file := filepath.Join(name, entry)
		data, err := read(optCAPath, file)
		if errors.Is(err, errNotRegular) || errors.Is(err, fs.ErrNotExist) { // a folder, or a link that leads nowhere
			continue
		}
		if err != nil {
			return err
		}
		c := parse(data)
		if c.bad != nil {
			a.skipped = append(a.skipped, Info{File: file, Err: c.bad})
		}
		n, err := a.add(file, c.certs)
		if err != nil {
			return &Error{optCAPath, name, err}
		}
		cas, certs = cas+n, certs+len(c.certs)
	}
	switch {
	case cas > 0:
		return nil
	case certs > 0:
		err = errors.New("none of the certificates in the folder is one of a CA")
	case len(a.skipped) > 0:
		err = fmt.Errorf("no certificate in the folder can be used: %s: %w", a.skipped[0].File, a.skipped[0].Err)
	default:
		err = errors.New("no file in the folder holds a certificate in PEM form")
	}
	return &Error{optCAPath, name, err}
}

// add trusts those of certs that can be trusted and returns how many these are, counting such as are known already.
func (a *authorities) add(file string, certs []*x509.Certificate) (n int, err error) {
	for _, cert := range certs {
		if !anchor(cert) {
			continue
		}
		n++
		if a.seen[string(cert.Raw)] {
			continue
		}
		if len(a.infos) == maxCAs {
			return n, fmt.Errorf("more than %d CA certificates", maxCAs)
		}
		a.seen[string(cert.Raw)] = true
		a.pool.AddCert(cert)
		a.infos = append(a.infos, known{file, cert})
	}
	return n, nil
}

// anchor tells whether a chain may end at cert: it is a CA's, or nobody else's word stands behind it.
func anchor(cert *x509.Certificate) bool {
	return cert.IsCA || bytes.Equal(cert.RawSubject, cert.RawIssuer)
}
