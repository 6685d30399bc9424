package tlsconf

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"path/filepath"
	"time"
)

// What an Authority keeps in its folder.
const (
	fileCAKey  = "ca.key"
	fileCA     = "ca.pem"
	folderLeaf = "nodes" // NAME.pem: certificate and key of a node
)

const (
	caYears     = 10
	caYearsLeft = 1 // with less, the CA's certificate is made anew, with the same key
)

// Authority is a CA for the nodes of one cluster, kept in a folder. Make one with OpenAuthority. One goroutine uses
// it, and one process at a time the folder.
type Authority struct {
	folder string
	now    func() time.Time
	rand   io.Reader
	key    crypto.Signer
	cert   *x509.Certificate
}

// OpenAuthority loads the CA in a folder, or makes folder and CA if there is none: a key of ECDSA P-256, and a
// certificate for ten years. A certificate with less than a year left is replaced by one of the same key, so that what
// was issued before stays good. The folder and the key must not be open to others than their owner.
//
// now and rand are kept; rand has to be as good as crypto/rand's.
func OpenAuthority(folder string, now func() time.Time, rand io.Reader) (*Authority, error) {
	a := &Authority{folder: folder, now: now, rand: rand}
	for _, f := range []string{folder, filepath.Join(folder, folderLeaf)} {
		if err := privateFolder(f); err != nil {
			return nil, a.wrong(f, err)
		}
	}
	if err := a.openKey(); err != nil {
		return nil, a.wrong(a.path(fileCAKey), err)
	}
	if err := a.openCertificate(); err != nil {
		return nil, a.wrong(a.path(fileCA), err)
	}
	return a, nil
}

func (a *Authority) path(name string) string { return filepath.Join(a.folder, name) }

// wrong says what is wrong with which of the folder's files.
func (a *Authority) wrong(file string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		err = e.Err // no option has named the file
	}
	return fmt.Errorf("the cluster's certificates: %s: %w", file, bare(err))
}

// openKey reads the CA's key, or makes it. Without its key a CA can't go on, and a new one would not be trusted by the
// nodes that run: that is not decided here.
func (a *Authority) openKey() error {
	file := a.path(fileCAKey)
	data, err := readPrivate(file)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := read(fileCA, a.path(fileCA)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("is missing, though %s is there; put it back, or remove %s to begin with a new CA, which every node has to be started anew for",
				fileCA, a.folder)
		}
		return a.makeKey(file)
	}
	if err != nil {
		return err
	}
	a.key, err = parseKey(data, "")
	switch {
	case errors.Is(err, errNeedsPassphrase):
		return errors.New("is encrypted, and nobody can be asked for the passphrase; keep it in plain text")
	case err != nil:
		return err
	}
	return usable(a.key)
}

func (a *Authority) makeKey(file string) error {
	key, err := newKey(a.rand)
	if err != nil {
		return err
	}
	block, err := keyBlock(key)
	if err != nil {
		return err
	}
	a.key = key
	return replaceFile(file, block, 0o600)
}

// openCertificate reads the CA's certificate, and makes one if there is none or it is old.
func (a *Authority) openCertificate() error {
	file := a.path(fileCA)
	data, err := read(fileCA, file)
	if errors.Is(err, fs.ErrNotExist) {
		return a.certify(file)
	}
	if err != nil {
		return err
	}
	c := parse(data)
	switch {
	case c.bad != nil:
		return c.bad
	case len(c.certs) != 1 || !c.certs[0].IsCA:
		return errors.New("does not hold the certificate of one CA and nothing else")
	case !fits(a.key, c.certs[0]):
		return fmt.Errorf("is not the certificate of the key in %s", fileCAKey)
	}
	a.cert = c.certs[0]
	if now := a.now(); validity(a.cert, now) != nil || validity(a.cert, now.AddDate(caYearsLeft, 0, 0)) != nil {
		return a.certify(file)
	}
	return nil
}

// certify makes a certificate of the CA. Its subject follows from its key, so that certificates that were issued under an
// older one lead to this one as well, and that two clusters' CAs can be told apart in a message.
func (a *Authority) certify(file string) error {
	public, err := x509.MarshalPKIXPublicKey(a.key.Public())
	if err != nil {
		return err
	}
	serial, err := a.serial()
	if err != nil {
		return err
	}
	now, hash := a.now(), sha256.Sum256(public)
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: fmt.Sprintf("moonpeer cluster CA %x", hash[:4])},
		NotBefore:             now.AddDate(0, 0, -1),
		NotAfter:              now.AddDate(caYears, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	if a.cert, err = a.sign(template, template, a.key.Public()); err != nil {
		return err
	}
	return replaceFile(file, certBlock(a.cert), 0o644)
}

// sign makes a certificate. It has no need of randomness: throwaway says why.
func (a *Authority) sign(template, parent *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(nil, template, parent, public, a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// serial draws the number of a certificate.
func (a *Authority) serial() (*big.Int, error) {
	var b [16]byte
	if _, err := io.ReadFull(a.rand, b[:]); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x7f | 0x40 // positive, of one length and never 0
	return new(big.Int).SetBytes(b[:]), nil
}

func certBlock(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func keyBlock(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
