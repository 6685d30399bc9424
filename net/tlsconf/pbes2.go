package tlsconf

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// maxIterations of PBKDF2: a second or two. Files that are meant to be read have between two thousand and a million.
const maxIterations = 5_000_000

// An encrypted key of PKCS#8 (RFC 5958) as PKCS#5 encrypts it with PBES2 (RFC 8018).
type (
	encryptedKey struct {
		Scheme pkix.AlgorithmIdentifier
		Data   []byte
	}
	pbes2Params struct {
		Derivation, Cipher pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"` // absent: HMAC with SHA-1
	}
)

const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
)

var prfs = map[string]func() hash.Hash{
	"":                    sha1.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
	"1.2.840.113549.2.12": sha512.New512_224,
	"1.2.840.113549.2.13": sha512.New512_256,
}

type blockCipher struct {
	keyLen int
	new    func([]byte) (cipher.Block, error)
}

var ciphers = map[string]blockCipher{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
}

var errDamaged = errors.New("the encrypted key is damaged")

// unsupported names what stands in the file, so that a person can look it up.
func unsupported(what string, id asn1.ObjectIdentifier) error {
	return fmt.Errorf("the key is encrypted with %s %s, which is not understood; "+
		"encrypt it anew with PBES2, PBKDF2 and AES (openssl pkcs8 -topk8 -v2 aes-256-cbc)", what, id)
}

// decryptPKCS8 returns the key inside of der, or errPassphrase.
func decryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	var e encryptedKey
	if !unmarshal(der, &e) {
		return nil, errDamaged
	}
	if e.Scheme.Algorithm.String() != oidPBES2 {
		return nil, unsupported("scheme", e.Scheme.Algorithm)
	}
	var p pbes2Params
	if !unmarshal(e.Scheme.Parameters.FullBytes, &p) {
		return nil, errDamaged
	}
	c, ok := ciphers[p.Cipher.Algorithm.String()]
	if !ok {
		return nil, unsupported("cipher", p.Cipher.Algorithm)
	}
	key, err := derive(p.Derivation, passphrase, c.keyLen)
	if err != nil {
		return nil, err
	}
	block, err := c.new(key)
	if err != nil {
		return nil, err
	}
	var iv []byte
	size := block.BlockSize()
	if !unmarshal(p.Cipher.Parameters.FullBytes, &iv) || len(iv) != size || len(e.Data) == 0 || len(e.Data)%size != 0 {
		return nil, errDamaged
	}
	plain := make([]byte, len(e.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, e.Data)
	return unpad(plain, size)
}

// derive makes a key of n bytes of the passphrase.
func derive(a pkix.AlgorithmIdentifier, passphrase string, n int) ([]byte, error) {
	if a.Algorithm.String() != oidPBKDF2 {
		return nil, unsupported("derivation", a.Algorithm)
	}
	var p pbkdf2Params
	if !unmarshal(a.Parameters.FullBytes, &p) || p.Iterations < 1 || p.KeyLength != 0 && p.KeyLength != n {
		return nil, errDamaged
	}
	if p.Iterations > maxIterations {
		return nil, fmt.Errorf("the key asks for %d iterations of PBKDF2, the limit is %d", p.Iterations, maxIterations)
	}
	prf, ok := prfs[p.PRF.Algorithm.String()]
	if !ok {
		return nil, unsupported("pseudo-random function", p.PRF.Algorithm)
	}
	return pbkdf2.Key(prf, passphrase, p.Salt, p.Iterations, n)
}

// unpad takes off the padding, whose bytes say how many they are. It is no secret here what was wrong.
func unpad(plain []byte, size int) ([]byte, error) {
	n := int(plain[len(plain)-1])
	if n < 1 || n > size {
		return nil, errPassphrase
	}
	keep := len(plain) - n
	for _, b := range plain[keep:] {
		if int(b) != n {
			return nil, errPassphrase
		}
	}
	return plain[:keep], nil
}

// unmarshal reads der into v and tells whether that is all there is.
func unmarshal(der []byte, v any) bool {
	rest, err := asn1.Unmarshal(der, v)
	return err == nil && len(rest) == 0
}
