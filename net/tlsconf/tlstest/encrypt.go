package tlstest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os"

	"moonpeer/net/tlsconf"
)

// reKey encrypts the key that o names.
func (p *PKI) reKey(o tlsconf.Options, passphrase string, encrypt func(der, passphrase []byte) (*pem.Block, error)) tlsconf.Options {
	p.tb.Helper()
	data, err := os.ReadFile(o.Keyfile)
	if err != nil {
		p.tb.Fatal(err)
	}
	plain, _ := pem.Decode(data)
	block, err := encrypt(plain.Bytes, []byte(passphrase))
	if err != nil {
		p.tb.Fatal(err)
	}
	if err := os.WriteFile(o.Keyfile, pem.EncodeToMemory(block), 0o600); err != nil {
		p.tb.Fatal(err)
	}
	o.Passphrase = passphrase
	return o
}

// encryptPKCS8 does what OpenSSL does by default: PBES2 with PBKDF2, 2,048 rounds of HMAC-SHA-256, and AES-256-CBC.
func encryptPKCS8(der, passphrase []byte) (*pem.Block, error) {
	const rounds = 2048
	random := make([]byte, 8+aes.BlockSize)
	rand.Read(random)
	salt, iv := random[:8], random[8:]
	key, err := pbkdf2.Key(sha256.New, string(passphrase), salt, rounds, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	n := aes.BlockSize - len(der)%aes.BlockSize
	text := append(bytes.Clone(der), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)

	algorithm := func(parameters any, id ...int) (a pkix.AlgorithmIdentifier) {
		der, e := asn1.Marshal(parameters)
		if e != nil {
			err = e
		}
		return pkix.AlgorithmIdentifier{Algorithm: id, Parameters: asn1.RawValue{FullBytes: der}}
	}
	prf := algorithm(asn1.NullRawValue, 1, 2, 840, 113549, 2, 9)
	derivation := algorithm(struct {
		Salt   []byte
		Rounds int
		PRF    pkix.AlgorithmIdentifier
	}{salt, rounds, prf}, 1, 2, 840, 113549, 1, 5, 12)
	scheme := algorithm(struct{ Derivation, Cipher pkix.AlgorithmIdentifier }{
		derivation, algorithm(iv, 2, 16, 840, 1, 101, 3, 4, 1, 42),
	}, 1, 2, 840, 113549, 1, 5, 13)
	out, e := asn1.Marshal(struct {
		Scheme pkix.AlgorithmIdentifier
		Data   []byte
	}{scheme, text})
	if err == nil {
		err = e
	}
	return &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: out}, err
}

// encryptLegacy makes an EC PRIVATE KEY with Proc-Type and DEK-Info.
func encryptLegacy(der, passphrase []byte) (*pem.Block, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	ec, err := x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey))
	if err != nil {
		return nil, err
	}
	//lint:ignore SA1019 it makes what tlsconf has to read
	return x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", ec, passphrase, x509.PEMCipherAES256)
}
