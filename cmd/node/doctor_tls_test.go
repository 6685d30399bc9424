package main

import (
	"crypto/x509"
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

// TestCertificates loads real files, each set as somebody could have it.
func TestCertificates(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	lasts := func(d time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotAfter = pki.Now.Add(d) }
	}
	good := pki.Issue("good", lasts(365*24*time.Hour))
	secret := pki.Encrypted("secret", "open")
	with := func(o tlsconf.Options, change func(*tlsconf.Options)) tlsconf.Options {
		change(&o)
		return o
	}
	tests := []struct {
		name  string
		files tlsconf.Options
		state health
		found string // of the first row, as what is to do
		todo  string
	}{
		{"none", tlsconf.Options{}, healthOK, "none: links are encrypted, peers are not authenticated", ""},
		{"good", good, healthOK, good.Certificate + " (CN=good) ends on ", ""},
		{"good, a folder of CAs", with(good, func(o *tlsconf.Options) { o.CAFile, o.CAPath = "", pki.CAPath() }), healthOK, "in 36", ""},
		{"expires soon", pki.Issue("soon", lasts(29*24*time.Hour)), healthWarn, "in 28 days", "have a new one issued"},
		{"expired", pki.Expired("old"), healthFail, "(CN=old): expired at ", "have a new one issued, or set the clock"},
		{"not yet valid", pki.Issue("young", func(c *x509.Certificate) { c.NotBefore = pki.Now.Add(time.Hour) }), healthFail, "is not valid before", "set the clock"},
		{"key of another", with(good, func(o *tlsconf.Options) { o.Keyfile = pki.Options("other").Keyfile }), healthFail, "does not belong to the certificate", "correct that"},
		{"other CA", with(good, func(o *tlsconf.Options) { o.CAFile = tlstest.New(t).CAFile() }), healthFail, "peers with the same CAs will refuse it", "\nopenssl verify -CAfile "},
		{"encrypted", secret, healthWarn, "in 0 days", "have a new one issued"}, // tlstest's certificates last a day
		{"wrong passphrase", with(secret, func(o *tlsconf.Options) { o.Passphrase = "shut" }), healthFail, "passphrase is wrong", "correct that"},
		{"no passphrase", with(secret, func(o *tlsconf.Options) { o.Passphrase = "" }), healthFail, "the key is encrypted", "correct that"},
		{"no file", with(good, func(o *tlsconf.Options) { o.CAFile = "none.pem" }), healthFail, "none.pem", "correct that"},
		{"no certificate", tlsconf.Options{CAFile: pki.CAFile()}, healthFail, "not set", "correct that"},
	}
	for _, tt := range tests {
		rows := checkCertificates(tt.files)
		r := rows[0]
		if r.State != tt.state || !strings.Contains(r.Found, tt.found) || !strings.Contains(r.Remedy, tt.todo) || (tt.todo == "") != (r.Remedy == "") {
			t.Errorf("%s: got %+v, want %s, %q and %q", tt.name, r, tt.state, tt.found, tt.todo)
		}
		if strings.Contains(fmt.Sprint(rows), "shut") {
			t.Errorf("%s: shows the passphrase: %+v", tt.name, rows)
		}
	}
	if rows := checkCertificates(good); len(rows) != 2 || rows[1].Found != "1 CA certificate is trusted" {
		t.Errorf("got %+v", rows)
	}
}

// TestDoctorCertificates: the flags reach the loader, and what is wrong with the files ends with code 1.
func TestDoctorCertificates(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	command := func(o tlsconf.Options) doctorCommand {
		return doctorCommand{
			Listen: []string{"127.0.0.1:0"}, tlsFlags: tlsFlags{Certificate: onceFlag(o.Certificate), Keyfile: onceFlag(o.Keyfile),
				Passphrase: onceFlag(o.Passphrase), CAFile: onceFlag(o.CAFile), CAPath: onceFlag(o.CAPath)},
		}
	}
	if code, stdout, _ := diagnose(t, command(pki.Legacy("a", "open"))); code != exitOK || !strings.Contains(stdout, "(CN=a) ends on") {
		t.Errorf("got code %d and\n%s", code, stdout)
	}
	old := pki.Expired("a")
	old.CAFile, old.CAPath = "", pki.CAPath()
	if code, stdout, _ := diagnose(t, command(old)); code != exitFailed || !strings.Contains(stdout, "(CN=a): expired at") {
		t.Errorf("got code %d and\n%s", code, stdout)
	}
}

// TestDoctorReadsFile: [tls] and [peers] count, a flag wins over a name in [tls], and of a file that can't be read nobody
// says that it names no certificates.
func TestDoctorReadsFile(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	good, old := pki.Encrypted("good", "open"), pki.Expired("old")
	file := filepath.Join(t.TempDir(), "node.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintf("[peers]\nlisten = ['127.0.0.1:0']\n[tls]\ncertificate = '%s'\nkeyfile = '%s'\npassphrase = 'open'\ncafile = '%s'\n",
		good.Certificate, good.Keyfile, good.CAFile))
	code, stdout, _ := diagnose(t, doctorCommand{Config: file})
	if code != exitOK || !strings.Contains(stdout, "(CN=good) ends on") || !strings.Contains(stdout, "127.0.0.1:0/udp: any free port") {
		t.Errorf("got code %d and\n%s", code, stdout)
	}
	flags := doctorCommand{Config: file, tlsFlags: tlsFlags{Certificate: onceFlag(old.Certificate), Keyfile: onceFlag(old.Keyfile)}}
	if code, stdout, _ := diagnose(t, flags); code != exitFailed || !strings.Contains(stdout, "(CN=old): expired") {
		t.Errorf("with flags: got code %d and\n%s", code, stdout)
	}
	write("[peers]\nlisten = ['x:y']\n")
	code, stdout, _ = diagnose(t, doctorCommand{Config: file, Listen: []string{"127.0.0.1:0"}})
	if code != exitFailed || !strings.Contains(stdout, `"y" is no port`) || strings.Contains(stdout, "certificates") {
		t.Errorf("broken: got code %d and\n%s", code, stdout)
	}
}

func TestJudgeCertificates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	own := tlsconf.Info{File: "node.pem", Subject: "CN=n", NotAfter: now.Add(expiresSoon), Own: true}
	ca := tlsconf.Info{File: "ca.pem", Subject: "CN=ca", NotAfter: now.Add(2 * expiresSoon), CA: true}
	gone, cut := ca, tlsconf.Info{File: "x.pem", Err: errors.New("can't be parsed")}
	gone.Err = errors.New("expired")
	late := own
	late.NotAfter = now.Add(expiresSoon - time.Second)
	fine := judged{healthOK, "node.pem (CN=n) ends on 2026-03-31, in 30 days", ""}
	expired := judged{healthWarn, "ca.pem (CN=ca): expired", "peers whose"}
	tests := []struct {
		name  string
		certs []tlsconf.Info
		want  []judged
	}{
		{"good", []tlsconf.Info{own, ca, ca}, []judged{fine, {healthOK, "2 CA certificates are trusted", ""}}},
		{"own expires soon", []tlsconf.Info{late, ca}, []judged{
			{healthWarn, "node.pem (CN=n) ends on 2026-03-30, in 29 days", "issued before then"}, {healthOK, "1 CA certificate is trusted", ""},
		}},
		{"intermediate expires soon", []tlsconf.Info{own, late, ca}, []judged{
			fine, {healthOK, "1 CA certificate is trusted", ""}, {healthWarn, "node.pem (CN=n) ends on 2026-03-30, in 29 days", "issued before then"},
		}},
		{"no CA left", []tlsconf.Info{own, gone}, []judged{fine, {healthFail, "no CA certificate is valid now", "every peer"}, expired}},
		{"not parsed", []tlsconf.Info{own, ca, cut}, []judged{fine, {healthOK, "1 CA certificate is trusted", ""}, {healthWarn, "x.pem: can't be parsed", "replace it"}}},
		{"many", []tlsconf.Info{own, ca, gone, gone, gone, gone, gone, gone, gone}, []judged{
			fine, {healthOK, "1 CA certificate is trusted", ""}, expired, expired, expired, expired, expired, {healthWarn, "2 more like these", "as above"},
		}},
	}
	for _, tt := range tests {
		compareRows(t, tt.name, judgeCertificates(tt.certs, "", tlsconf.Options{}, now), tt.want...)
	}
	o := tlsconf.Options{Certificate: "my node.pem", CAFile: "ca.pem"}
	compareRows(t, "refused", judgeCertificates([]tlsconf.Info{own, ca}, "peers will refuse it", o, now),
		judged{healthFail, "peers will refuse it", "\nopenssl verify -CAfile ca.pem -untrusted 'my node.pem' 'my node.pem'"},
		judged{healthOK, "1 CA certificate is trusted", ""},
	)
}
