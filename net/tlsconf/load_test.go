package tlsconf_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonpeer/net/tlsconf"
	"moonpeer/net/tlsconf/tlstest"
)

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// folder has files to make mistakes with.
type folder struct {
	t   testing.TB
	dir string
}

func (f folder) put(name, data string) string {
	f.t.Helper()
	file := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return file
}

func (f folder) content(name string) string {
	f.t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(data)
}

// clock is a clock that stands still, so and so far from when the PKI was made.
func clock(p *tlstest.PKI, d time.Duration) func() time.Time {
	return func() time.Time { return p.Now.Add(d) }
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	good, other := pki.Options("a"), pki.Options("b")
	f := folder{t, t.TempDir()}
	ca, cert := f.content(pki.CAFile()), f.content(good.Certificate)
	broken := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	block, _ := pem.Decode([]byte(cert))
	der := f.put("a.der", string(block.Bytes))
	large := f.put("large", strings.Repeat(" ", 1<<20+1))
	keyOnly := f.put("key/a.key", f.content(good.Keyfile))
	small := pki.Encrypted("small", "secret")

	for _, c := range []struct {
		name   string
		change func(o *tlsconf.Options)
		option string
		file   bool // the error names a file
		want   string
	}{
		{"certificate only", func(o *tlsconf.Options) { *o = tlsconf.Options{Certificate: good.Certificate} },
			"ssl_keyfile, ssl_cafile (or ssl_capath)", false, "not set, though ssl_certificate is"},
		{"key only", func(o *tlsconf.Options) { *o = tlsconf.Options{Keyfile: good.Keyfile} },
			"ssl_certificate, ssl_cafile (or ssl_capath)", false, "not set, though ssl_keyfile is"},
		{"passphrase only", func(o *tlsconf.Options) { *o = tlsconf.Options{Passphrase: "x"} },
			"ssl_certificate, ssl_keyfile, ssl_cafile (or ssl_capath)", false, "not set, though ssl_passphrase is"},
		{"CAs only", func(o *tlsconf.Options) { *o = tlsconf.Options{CAFile: good.CAFile, CAPath: pki.CAPath()} },
			"ssl_certificate, ssl_keyfile", false, "not set, though ssl_cafile and ssl_capath are: a node that authenticates"},
		{"no CA", func(o *tlsconf.Options) { o.CAFile = "" }, "ssl_cafile (or ssl_capath)", false, "not set"},
		{"no key", func(o *tlsconf.Options) { o.Keyfile = "" }, "ssl_keyfile", false, "not set"},
		{"no certificate", func(o *tlsconf.Options) { o.Certificate = "" }, "ssl_certificate", false, "not set"},

		{"certificate missing", func(o *tlsconf.Options) { o.Certificate = "nowhere/a.pem" },
			"ssl_certificate", true, "no such file"},
		{"certificate is a folder", func(o *tlsconf.Options) { o.Certificate = f.dir }, "ssl_certificate", true, "not a regular file"},
		{"certificate too large", func(o *tlsconf.Options) { o.Certificate = large },
			"ssl_certificate", true, "larger than 1048576 bytes"},
		{"certificate is a key", func(o *tlsconf.Options) { o.Certificate = good.Keyfile },
			"ssl_certificate", true, "is it the file for ssl_keyfile?"},
		{"certificate is DER", func(o *tlsconf.Options) { o.Certificate = der }, "ssl_certificate", true, "convert it to PEM"},
		{"certificate is text", func(o *tlsconf.Options) { o.Certificate = f.put("text", "hello") },
			"ssl_certificate", true, "holds no certificate in PEM form"},
		{"second certificate is broken", func(o *tlsconf.Options) { o.Certificate = f.put("broken", cert+broken) },
			"ssl_certificate", true, "certificate 2 of the file: x509"},
		{"certificate is a bundle", func(o *tlsconf.Options) { o.Certificate = f.put("many", cert+strings.Repeat(ca, 10)) },
			"ssl_certificate", true, "holds 11 certificates"},

		{"key missing", func(o *tlsconf.Options) { o.Keyfile = "nowhere/a.key" }, "ssl_keyfile", true, "no such file"},
		{"key too large", func(o *tlsconf.Options) { o.Keyfile = large }, "ssl_keyfile", true, "larger than 1048576 bytes"},
		{"key of another", func(o *tlsconf.Options) { o.Keyfile = other.Keyfile },
			"ssl_keyfile", true, "does not belong to the certificate in " + good.Certificate},
		{"CA before the certificate", func(o *tlsconf.Options) { o.Certificate = f.put("order", ca+cert) },
			"ssl_keyfile", true, "the node's own comes first"},
		{"key is a certificate", func(o *tlsconf.Options) { o.Keyfile = o.Certificate },
			"ssl_keyfile", true, "is it the file for ssl_certificate?"},
		{"no passphrase", func(o *tlsconf.Options) { *o = small; o.Passphrase = "" },
			"ssl_keyfile", true, "the key is encrypted: set ssl_passphrase"},
		{"wrong passphrase", func(o *tlsconf.Options) { *o = small; o.Passphrase = "Secret" },
			"ssl_keyfile", true, "can't be decrypted: ssl_passphrase is wrong"},
		{"passphrase too long", func(o *tlsconf.Options) { o.Passphrase = strings.Repeat("x", 128) },
			"ssl_passphrase", false, "has 128 bytes, the limit is 127"},

		{"CA file missing", func(o *tlsconf.Options) { o.CAFile = "nowhere/ca.pem" }, "ssl_cafile", true, "no such file"},
		{"CA file too large", func(o *tlsconf.Options) { o.CAFile = large }, "ssl_cafile", true, "larger than 1048576 bytes"},
		{"CA file is a folder", func(o *tlsconf.Options) { o.CAFile = pki.CAPath() }, "ssl_cafile", true, "not a regular file"},
		{"CA file without a certificate", func(o *tlsconf.Options) { o.CAFile = f.put("empty", "") },
			"ssl_cafile", true, "holds no certificate in PEM form"},
		{"CA file without a CA", func(o *tlsconf.Options) { o.CAFile = good.Certificate },
			"ssl_cafile", true, "holds no certificate of a CA; is it the file for ssl_certificate?"},
		{"CA file with a broken one", func(o *tlsconf.Options) { o.CAFile = f.put("broken-ca", ca+broken) },
			"ssl_cafile", true, "certificate 2 of the file: x509"},
		{"CA folder beside a wrong CA file", func(o *tlsconf.Options) { o.CAPath, o.CAFile = pki.CAPath(), "nowhere" },
			"ssl_cafile", true, "no such file"},

		{"CA folder missing", func(o *tlsconf.Options) { o.CAPath = "nowhere" }, "ssl_capath", true, "no such file"},
		{"CA folder is a file", func(o *tlsconf.Options) { o.CAPath = o.CAFile }, "ssl_capath", true, "not a folder"},
		{"CA folder without a certificate", func(o *tlsconf.Options) { o.CAPath = filepath.Dir(keyOnly) },
			"ssl_capath", true, "no file in the folder holds a certificate"},
		{"CA folder without a CA", func(o *tlsconf.Options) { o.CAPath = filepath.Dir(f.put("leaf/a.pem", cert)) },
			"ssl_capath", true, "none of the certificates in the folder is one of a CA"},
		{"CA folder with a broken one", func(o *tlsconf.Options) { o.CAPath = filepath.Dir(f.put("bad/a.pem", broken)) },
			"ssl_capath", true, "a.pem: certificate 1 of the file: x509"},
		{"CA folder with a large file", func(o *tlsconf.Options) {
			f.put("big/a.pem", ca)
			o.CAPath = filepath.Dir(f.put("big/b.pem", strings.Repeat(" ", 1<<20+1)))
		}, "ssl_capath", true, "larger than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := good
			c.change(&o)
			conf, err := tlsconf.Load(o, time.Now, rand.Reader)
			e, ok := errors.AsType[*tlsconf.Error](err)
			if conf != nil || !ok {
				t.Fatalf("got %v, %v", conf, err)
			}
			if e.Option != c.option || (e.File != "") != c.file || !strings.Contains(e.Err.Error(), c.want) {
				t.Errorf("got %q about %q: %v, want %q: %s", e.Option, e.File, e.Err, c.option, c.want)
			}
			if !strings.HasPrefix(err.Error(), c.option+": "+e.File) || strings.Contains(err.Error(), "\n") {
				t.Errorf("it reads %q", err)
			}
		})
	}
}

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	f := folder{t, t.TempDir()}
	good := pki.Options("a")
	ca := f.content(pki.CAFile())
	pad := func(s string) string { return s + strings.Repeat("\n", 1<<20-len(s)) }
	link := filepath.Join(f.dir, "links", "0a1b2c3d.0")
	f.put("links/sub/ca.pem", "a file in a folder in the folder is not read")
	for name, target := range map[string]string{link: pki.CAFile(), filepath.Join(f.dir, "links", "dangling"): "nowhere"} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func(o *tlsconf.Options){
		"none encrypted, with a passphrase": func(o *tlsconf.Options) { o.Passphrase = strings.Repeat("x", 127) },
		"encrypted":                         func(o *tlsconf.Options) { *o = pki.Encrypted("b", strings.Repeat("ü", 63)) },
		"legacy":                            func(o *tlsconf.Options) { *o = pki.Legacy("b", "secret") },
		"certificate and key in one file": func(o *tlsconf.Options) {
			o.Certificate = f.put("both", f.content(o.Keyfile)+f.content(o.Certificate))
			o.Keyfile = o.Certificate
		},
		"text around": func(o *tlsconf.Options) { o.CAFile = f.put("around", "Subject: CN=ca\n"+ca+"\nbye\n") },
		"folder":      func(o *tlsconf.Options) { o.CAFile, o.CAPath = "", pki.CAPath() },
		"folder of links": func(o *tlsconf.Options) {
			o.CAFile, o.CAPath = "", filepath.Dir(link)
		},
		"as large as allowed": func(o *tlsconf.Options) { o.CAFile = f.put("padded", pad(ca)) },
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			c, err := tlsconf.Load(o, time.Now, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if c.Anonymous() || o.Anonymous() {
				t.Error("it is anonymous")
			}
			if w := c.Warning(); w != "" {
				t.Error(w)
			}
			if _, _, err := pair(t, c, c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFullFolder(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	f := folder{t, t.TempDir()}
	o := pki.Options("a")
	o.CAFile, o.CAPath = "", f.dir
	f.put("ca.pem", f.content(pki.CAFile()))
	for i := range 10_000 {
		if i == 9_999 {
			if _, err := tlsconf.Load(o, time.Now, rand.Reader); err != nil {
				t.Errorf("with 10,000 entries: %v", err)
			}
		}
		if err := os.Symlink("nowhere", filepath.Join(f.dir, fmt.Sprint(i))); err != nil { // cheaper than a file
			t.Fatal(err)
		}
	}
	if _, err := tlsconf.Load(o, time.Now, rand.Reader); !strings.Contains(text(err), "more than 10000 entries") {
		t.Errorf("with 10,001 entries: %v", err)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if os.Getuid() <= 0 {
		t.Skip("needs a user to whom a file can be closed")
	}
	pki := tlstest.New(t)
	o := pki.Options("a")
	o.CAPath = pki.CAPath()
	if err := os.Chmod(filepath.Join(o.CAPath, "README"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := tlsconf.Load(o, time.Now, rand.Reader); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func TestAnonymous(t *testing.T) {
	t.Parallel()
	c, err := tlsconf.Load(tlsconf.Options{}, time.Now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Anonymous() || c.Warning() != "" || len(c.Certificates()) != 0 {
		t.Errorf("anonymous %t, warning %q, certificates %v", c.Anonymous(), c.Warning(), c.Certificates())
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	f := folder{t, t.TempDir()}
	o := pki.Below("between", nil).Options("a")
	second := tlstest.New(t)
	o.CAPath = f.dir
	f.put("1.pem", f.content(pki.CAFile())) // known already
	f.put("2.pem", f.content(second.CAFile()))
	f.put("3.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	f.put("4.pem", f.content(o.Certificate)) // the node's own, and a CA
	c, err := tlsconf.Load(o, clock(pki, 0), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range c.Certificates() {
		got = append(got, fmt.Sprintf("%s %s<%s ca=%t own=%t err=%t", filepath.Base(i.File), i.Subject, i.Issuer, i.CA, i.Own, i.Err != nil))
	}
	own := filepath.Base(o.Certificate)
	want := []string{
		own + " CN=a<CN=between ca=false own=true err=false",
		own + " CN=between<CN=tlstest CA ca=true own=true err=false",
		"ca.pem CN=tlstest CA<CN=tlstest CA ca=true own=false err=false",
		"2.pem CN=tlstest CA<CN=tlstest CA ca=true own=false err=false",
		"4.pem CN=between<CN=tlstest CA ca=true own=false err=false",
		"3.pem < ca=false own=false err=true",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
	if i := c.Certificates()[0]; !i.NotBefore.Equal(pki.Now.Add(-time.Hour)) || !i.NotAfter.Equal(pki.Now.Add(24*time.Hour)) {
		t.Errorf("valid from %v to %v", i.NotBefore, i.NotAfter)
	}
}

func TestWarning(t *testing.T) {
	t.Parallel()
	pki, stranger := tlstest.New(t), tlstest.New(t)
	o := pki.Options("a")
	now := pki.Now
	c, err := tlsconf.Load(o, func() time.Time { return now }, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, ""},
		{24 * time.Hour, ""},
		{24*time.Hour + 1, `the certificate of "a" expired at `},
		{-time.Hour, ""},
		{-time.Hour - 1, `the certificate of "a" is not valid before `},
	} {
		now = pki.Now.Add(step.after)
		w := c.Warning()
		if (w == "") != (step.want == "") || !strings.Contains(w, step.want) {
			t.Errorf("after %v: %q, want %q", step.after, w, step.want)
		}
		if w != "" && !strings.HasPrefix(w, "ssl_certificate: "+o.Certificate+": ") {
			t.Errorf("%q does not name the file", w)
		}
		if (c.Certificates()[0].Err == nil) != (step.want == "") {
			t.Errorf("after %v: %v", step.after, c.Certificates()[0].Err)
		}
	}
	expired, err := tlsconf.Load(pki.Expired("a"), clock(pki, 0), rand.Reader)
	if err != nil || !strings.Contains(expired.Warning(), "expired at") {
		t.Errorf("%v, warning %q", err, expired.Warning())
	}
	o.CAFile = stranger.CAFile()
	if c, err = tlsconf.Load(o, clock(pki, 0), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if w := c.Warning(); !strings.Contains(w, `"a" does not lead to a CA of ssl_cafile or ssl_capath, but to another one of the name "tlstest CA"`) {
		t.Errorf("another CA: %q", w)
	}
}

// TestSelfIssued: two nodes may trust one certificate and no CA.
func TestSelfIssued(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	o := pki.Issue("a", func(c *x509.Certificate) { c.Subject.CommonName = "tlstest CA" }) // subject and issuer are one
	o.CAFile = o.Certificate
	c, err := tlsconf.Load(o, clock(pki, 0), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := pair(t, c, c); err != nil {
		t.Error(err)
	}
	// It is no CA, though: what its key signs is not accepted, and so is nothing of the CA of the same name.
	other, err := tlsconf.Load(pki.Options("b"), clock(pki, 0), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := pair(t, c, other); err == nil {
		t.Error("a certificate that is not known is accepted")
	}
}
