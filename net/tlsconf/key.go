package tlsconf

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

const (
	maxKeyDER = 16 << 10 // an RSA key of 8,192 bits has 5 KB; much larger ones take minutes to look at
	minRSA    = 1024     // bits; Go's TLS uses neither smaller nor larger ones
	maxRSA    = 8192
)

var (
	errNeedsPassphrase = fmt.Errorf("the key is encrypted: set %s", optPassphrase)
	errPassphrase      = fmt.Errorf("the key can't be decrypted: %s is wrong, or the file is damaged", optPassphrase)
)

// loadKey reads the private key that belongs to leaf.
func loadKey(o Options, leaf *x509.Certificate) (crypto.Signer, error) {
	data, err := read(optKeyfile, o.Keyfile)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(data, o.Passphrase)
	if err == nil {
		err = usable(key)
	}
	if err == nil && !fits(key, leaf) {
		err = fmt.Errorf("the key does not belong to the certificate in %s (%s); "+
			"of several certificates there, the node's own comes first", o.Certificate, optCertificate)
	}
	if err != nil {
		return nil, &Error{optKeyfile, o.Keyfile, err}
	}
	return key, nil
}

func fits(key crypto.Signer, leaf *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(leaf.PublicKey)
}

// parseKey returns the first private key in data.
func parseKey(data []byte, passphrase string) (crypto.Signer, error) {
	for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
		if !strings.HasSuffix(b.Type, "PRIVATE KEY") {
			continue // certificates, EC PARAMETERS
		}
		if len(b.Bytes) > maxKeyDER {
			return nil, fmt.Errorf("a key of %d bytes; RSA keys have at most %d bits", len(b.Bytes), maxRSA)
		}
		return parseBlock(b, passphrase)
	}
	switch {
	case bytes.Contains(data, []byte("-----BEGIN CERTIFICATE")):
		return nil, fmt.Errorf("holds a certificate and no private key; is it the file for %s?", optCertificate)
	case bytes.Contains(data, []byte("PRIVATE KEY-----")):
		return nil, errors.New("holds a private key whose PEM block is damaged")
	}
	return nil, errors.New("holds no private key in PEM form")
}

func parseBlock(b *pem.Block, passphrase string) (crypto.Signer, error) {
	der, kind, encrypted := b.Bytes, b.Type, true
	var err error
	switch {
	case b.Type == "ENCRYPTED PRIVATE KEY":
		kind = "PRIVATE KEY"
		if passphrase == "" {
			return nil, errNeedsPassphrase
		}
		der, err = decryptPKCS8(der, passphrase)
	case strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED"):
		if passphrase == "" {
			return nil, errNeedsPassphrase
		}
		//lint:ignore SA1019 old, weak and still what many key files are; what matters is who may read the file
		der, err = x509.DecryptPEMBlock(b, []byte(passphrase))
		if errors.Is(err, x509.IncorrectPasswordError) {
			err = errPassphrase
		}
	default:
		encrypted = false
	}
	if err != nil {
		return nil, err
	}
	key, err := parseDER(kind, der)
	if err != nil && encrypted {
		return nil, errPassphrase // one wrong passphrase in 256 leaves a padding that looks right
	}
	return key, err
}

func parseDER(kind string, der []byte) (crypto.Signer, error) {
	var key any
	var err error
	switch kind {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(der)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(der)
	default:
		return nil, fmt.Errorf("a key of the form %.40q is not understood; convert it to PKCS#8", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("the private key can't be parsed: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("a key of this kind can't sign; use RSA, ECDSA or Ed25519")
	}
	return signer, nil
}

// usable tells whether TLS 1.3 can sign with key, which otherwise shows at the first handshake only.
func usable(key crypto.Signer) error {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if n := k.N.BitLen(); n < minRSA || n > maxRSA {
			return fmt.Errorf("an RSA key of %d bits; from %d to %d are allowed", n, minRSA, maxRSA)
		}
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() && k.Curve != elliptic.P521() {
			return fmt.Errorf("TLS 1.3 has no signatures on curve %s; use P-256", k.Params().Name)
		}
	case ed25519.PrivateKey:
	default:
		return errors.New("use RSA, ECDSA or Ed25519")
	}
	return nil
}
