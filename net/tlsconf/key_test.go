package tlsconf

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// All files in testdata are made by OpenSSL 3.0 of the one key in plain.key; the passphrase is the word below.
// openssl pkcs8 -topk8 -in plain.key, with -v2 CIPHER -v2prf PRF, -v1 SCHEME or -scrypt; openssl ec -CIPHER for the legacy ones.
const word = "moonpeer"

func testKey(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestKeysOfOpenSSL(t *testing.T) {
	t.Parallel()
	plain, err := parseKey(testKey(t, "plain"), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plain", "sec1"} {
		if key, err := parseKey(testKey(t, name), "not used"); err != nil || !same(plain, key) {
			t.Errorf("%s: %v, %v", name, key, err)
		}
	}
	for _, name := range []string{
		"pbes2-aes128-sha1", "pbes2-aes192-sha512", "pbes2-aes256-sha256", "pbes2-aes256-sha384", "pbes2-des3-sha224",
		"legacy-aes128", "legacy-des3",
	} {
		data := testKey(t, name)
		if key, err := parseKey(data, word); err != nil || !same(plain, key) {
			t.Errorf("%s: %v, %v", name, key, err)
		}
		if _, err := parseKey(data, ""); err != errNeedsPassphrase {
			t.Errorf("%s without a passphrase: %v", name, err)
		}
		wrong := 400 // so many that some leave a padding that looks right
		if strings.HasPrefix(name, "pbes2-aes256") {
			wrong = 1 // one of them has 100,000 iterations
		}
		for i := range wrong {
			if _, err := parseKey(data, fmt.Sprint(word, i)); err != errPassphrase {
				t.Fatalf("%s with wrong passphrase %d: %v", name, i, err)
			}
		}
	}
	for name, want := range map[string]string{
		"scrypt":          "derivation 1.3.6.1.4.1.11591.4.11, which is not understood; encrypt it anew",
		"pbes1-sha1-3des": "scheme 1.2.840.113549.1.12.1.3, which is not understood; encrypt it anew",
		"pbes2-camellia":  "cipher 1.2.392.200011.61.1.1.1.4, which is not understood; encrypt it anew",
	} {
		if _, err := parseKey(testKey(t, name), word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func same(a, b crypto.Signer) bool {
	return b != nil && a.Public().(*ecdsa.PublicKey).Equal(b.Public())
}

// TestDamagedKey changes every byte of an encrypted key in turn: no such file may do more than be an error.
func TestDamagedKey(t *testing.T) {
	t.Parallel()
	b, _ := pem.Decode(testKey(t, "pbes2-aes128-sha1"))
	for i := range b.Bytes {
		for _, flip := range []byte{1, 0x80} {
			der := slices.Clone(b.Bytes)
			der[i] ^= flip
			// A bit of the first block's IV, or of the key's attributes, may go unnoticed here; it does not fit then.
			if plain, err := decryptPKCS8(der, word); err == nil && len(plain) > len(der) {
				t.Errorf("byte %d: %d bytes of %d", i, len(plain), len(der))
			}
		}
	}
	for n := range b.Bytes {
		if _, err := decryptPKCS8(b.Bytes[:n], word); err != errDamaged {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func TestIterations(t *testing.T) {
	t.Parallel()
	b, _ := pem.Decode(testKey(t, "pbes2-aes128-sha1"))
	var e encryptedKey
	var p pbes2Params
	var k pbkdf2Params
	if !unmarshal(b.Bytes, &e) || !unmarshal(e.Scheme.Parameters.FullBytes, &p) || !unmarshal(p.Derivation.Parameters.FullBytes, &k) {
		t.Fatal("a key that can't be taken apart")
	}
	with := func(iterations int) error {
		k.Iterations = iterations
		der, err := asn1.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		a := p.Derivation
		a.Parameters.FullBytes = der
		_, err = derive(a, word, 16)
		return err
	}
	if err := with(1); err != nil {
		t.Errorf("one iteration: %v", err)
	}
	for _, n := range []int{0, -1} {
		if err := with(n); err != errDamaged {
			t.Errorf("%d iterations: %v", n, err)
		}
	}
	if err := with(maxIterations + 1); err == nil || !strings.Contains(err.Error(), "5000001 iterations") {
		t.Errorf("one too many: %v", err)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	curve := func(c elliptic.Curve) crypto.PrivateKey {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	x, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key  any
		want string
	}{
		"Ed25519": {ed, ""}, "P-256": {curve(elliptic.P256()), ""}, "P-384": {curve(elliptic.P384()), ""},
		"P-521": {curve(elliptic.P521()), ""}, "RSA": {rsaKey, ""},
		"P-224":  {curve(elliptic.P224()), "curve P-224"},
		"X25519": {x, "can't sign"},
	} {
		der, err := x509.MarshalPKCS8PrivateKey(c.key)
		if err != nil {
			t.Fatal(err)
		}
		key, err := parseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "")
		if err == nil {
			err = usable(key)
		}
		if got := text(err); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)})
	if _, err := parseKey(pkcs1, ""); err != nil {
		t.Errorf("PKCS#1: %v", err)
	}
	for _, bits := range []uint{512, 16384} {
		small := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1)}}
		if err := usable(small); err == nil {
			t.Errorf("an RSA key of %d bits is fine", bits)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNoKey(t *testing.T) {
	t.Parallel()
	plain := string(testKey(t, "plain"))
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "no private key"},
		{"text", "hello\n", "no private key"},
		{"certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is it the file for ssl_certificate?"},
		{"cut", plain[:len(plain)/2], "PEM block is damaged"},
		{"damaged", strings.Replace(plain, "-----END", "!!-----END", 1), "PEM block is damaged"},
		{"rubbish", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "can't be parsed"},
		{"ssh", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "convert it to PKCS#8"},
		{"long", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: make([]byte, maxKeyDER+1)})), "a key of 16385 bytes"},
	} {
		if _, err := parseKey([]byte(c.data), ""); !strings.Contains(text(err), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzPEM(f *testing.F) {
	files, err := filepath.Glob("testdata/*.key")
	if err != nil || len(files) == 0 {
		f.Fatal("no keys in testdata", err)
	}
	for _, name := range files {
		if strings.Contains(name, "256-sha256") {
			continue // 100,000 iterations
		}
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	t, err := throwaway(someTime, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: t.Certificate[0]})
	f.Add(cert)
	f.Add(append(cert, cert[:len(cert)-40]...))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := parseKey(data, word)
		if (key == nil) == (err == nil) {
			t.Errorf("key %v, error %v", key, err)
		}
		if c := parse(data); len(c.certs) == 0 && nothing(data, c) == nil {
			t.Error("no certificate and no reason")
		}
	})
}
