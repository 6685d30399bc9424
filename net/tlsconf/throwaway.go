package tlsconf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"time"
)

// anonymousName is the subject of throw-away certificates.
const anonymousName = "anonymous"

// throwaway makes a certificate that says nothing, for links that are encrypted only.
func throwaway(now time.Time, rand io.Reader) (tls.Certificate, error) {
	key, err := newKey(rand)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a throw-away key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: anonymousName},
		NotBefore:    now.AddDate(0, 0, -1),
		NotAfter:     now.AddDate(10, 0, 0),
	}
	// No random source: the signature is then a function of key and text (RFC 6979).
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a throw-away certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// newKey draws numbers until one is a key: all but one in four billion are. ecdsa.GenerateKey takes a random source
// and does not use it.
func newKey(rand io.Reader) (key *ecdsa.PrivateKey, err error) {
	var scalar [32]byte
	defer clear(scalar[:])
	for range 8 {
		if _, err = io.ReadFull(rand, scalar[:]); err != nil {
			return nil, err
		}
		if key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:]); err == nil {
			return key, nil
		}
	}
	return nil, fmt.Errorf("a random source that can't be one: %w", err)
}
