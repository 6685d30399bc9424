package tlsconf_test

import (
	"bytes"
	crand "crypto/rand"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"moonpeer/net/tlsconf"
)

// ca is a folder with a CA, and the clock that it is used by.
type ca struct {
	t      testing.TB
	folder string
	now    time.Time
}

func newCA(t testing.TB) *ca {
	return &ca{t: t, folder: filepath.Join(t.TempDir(), "ca"), now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
}

func (c *ca) clock() time.Time { return c.now }

func (c *ca) try() (*tlsconf.Authority, error) {
	return tlsconf.OpenAuthority(c.folder, c.clock, crand.Reader)
}

func (c *ca) open() *tlsconf.Authority {
	c.t.Helper()
	a, err := c.try()
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// issue opens the CA and has it issue a certificate, which can be loaded.
func (c *ca) issue(name string) tlsconf.Options {
	c.t.Helper()
	o, err := c.open().Issue(name)
	if err != nil {
		c.t.Fatal(err)
	}
	loaded := load(c.t, o, c.clock)
	if w := loaded.Warning(); w != "" {
		c.t.Error(w)
	}
	if got := loaded.Certificates()[0].Subject; got != "CN="+name {
		c.t.Errorf("%s was issued the certificate of %s", name, got)
	}
	return o
}

func (c *ca) read(name string) []byte {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.folder, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func (c *ca) write(name string, data []byte) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.folder, name), data, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// files lists the folder with the modes of what is in it.
func (c *ca) files() (out []string) {
	c.t.Helper()
	err := filepath.WalkDir(c.folder, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		rel, _ := filepath.Rel(c.folder, p)
		out = append(out, filepath.ToSlash(rel)+" "+info.Mode().String())
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	c := newCA(t)
	a, b := c.issue("worker-1"), c.issue("logger")
	if want := []string{". drwx------", "ca.key -rw-------", "ca.pem -rw-r--r--", "nodes drwx------",
		"nodes/logger.pem -rw-------", "nodes/worker-1.pem -rw-------"}; runtime.GOOS != "windows" && !slices.Equal(c.files(), want) {
		t.Errorf("files %q, want %q", c.files(), want)
	}
	certs := load(t, a, c.clock).Certificates()
	if len(certs) != 2 || certs[0].Subject != "CN=worker-1" || !certs[1].CA || certs[0].Issuer != certs[1].Subject ||
		!strings.HasPrefix(certs[1].Subject, "CN=moonpeer cluster CA ") {
		t.Errorf("certificates %+v", certs)
	}
	if from, to := c.now.AddDate(0, 0, -1), c.now.AddDate(10, 0, 0); !certs[1].NotBefore.Equal(from) || !certs[1].NotAfter.Equal(to) {
		t.Errorf("the CA is good from %v to %v", certs[1].NotBefore, certs[1].NotAfter)
	}

	// Each may dial and listen, and is known by its name to the other.
	for _, ends := range [][2]tlsconf.Options{{a, b}, {b, a}} {
		server, client := load(t, ends[0], c.clock), load(t, ends[1], c.clock)
		if _, _, err := pair(t, server, client); err != nil {
			t.Error(err)
		}
	}

	// Another cluster's are strangers.
	other := newCA(t)
	if _, _, err := pair(t, load(t, a, c.clock), load(t, other.issue("worker-1"), c.clock)); !errors.Is(err, tlsconf.ErrRefused) {
		t.Errorf("two clusters meet: %v", err)
	}
}

// TestNames: what may be a node's name survives the certificate as it is; what may not has none.
func TestNames(t *testing.T) {
	t.Parallel()
	c := newCA(t)
	manager := load(t, c.issue("manager"), c.clock)
	for _, name := range []string{"a", "7", "worker_1", "worker_1.site-2.", "A.b..c", "x.-_", "localhost", "10.0.0.1", "ca",
		strings.Repeat("n", 64)} {
		if got := sees(t, manager, load(t, c.issue(name), c.clock)); !slices.Equal(got, []string{name}) {
			t.Errorf("%s: the peer is granted %q", name, got)
		}
	}
	a := c.open()
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "-a", "_a", "a b", "a\n", "*", "ä", "a\x00", strings.Repeat("n", 65)} {
		if o, err := a.Issue(name); err == nil {
			t.Errorf("%q has a certificate: %+v", name, o)
		}
	}
	if got := len(c.files()); got != 4+11 {
		t.Errorf("%d files: %q", got, c.files())
	}
}

// sees is what a dialler is told of a listener.
func sees(t testing.TB, dialler, listener *tlsconf.Config) []string {
	t.Helper()
	cs, serverErr, clientErr := shake(t, listener.Server(alpn), dialler.Client(alpn))
	if err := errors.Join(serverErr, clientErr); err != nil {
		t.Fatal(err)
	}
	return dialler.Granted(cs)
}

// TestGrantedByNobody: an anonymous node has looked at nothing, so it grants nothing.
func TestGrantedByNobody(t *testing.T) {
	t.Parallel()
	anonymous := load(t, tlsconf.Options{}, time.Now)
	if got := sees(t, anonymous, anonymous); got != nil {
		t.Errorf("granted %q", got)
	}
}

// TestCertificateIsKept, as long as it does; what is wrong with it has it made anew, and nothing else.
func TestCertificateIsKept(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(c *ca)
		kept   bool
	}{
		{"nothing", func(*ca) {}, true},
		{"four years", func(c *ca) { c.now = c.now.AddDate(4, 0, 0) }, true},
		{"31 days left", func(c *ca) { c.now = c.now.AddDate(5, 0, -31) }, true},
		{"29 days left", func(c *ca) { c.now = c.now.AddDate(5, 0, -29) }, false},
		{"expired", func(c *ca) { c.now = c.now.AddDate(5, 0, 1) }, false},
		{"not yet valid", func(c *ca) { c.now = c.now.AddDate(0, 0, -2) }, false},
		{"missing", func(c *ca) { os.Remove(filepath.Join(c.folder, "nodes", "n.pem")) }, false},
		{"cut", func(c *ca) { c.write("nodes/n.pem", c.read("nodes/n.pem")[:500]) }, false},
		{"empty", func(c *ca) { c.write("nodes/n.pem", nil) }, false},
		{"another name's", func(c *ca) { c.issue("m"); c.write("nodes/n.pem", c.read("nodes/m.pem")) }, false},
		{"another key", func(c *ca) {
			c.issue("m")
			n, m := c.read("nodes/n.pem"), c.read("nodes/m.pem")
			cut := []byte("-----BEGIN PRIVATE")
			c.write("nodes/n.pem", append(n[:bytes.Index(n, cut):bytes.Index(n, cut)], m[bytes.Index(m, cut):]...))
		}, false},
		{"another CA's", func(c *ca) { o := newCA(c.t); o.issue("n"); c.write("nodes/n.pem", o.read("nodes/n.pem")) }, false},
		{"another CA", func(c *ca) {
			os.Remove(filepath.Join(c.folder, "ca.pem"))
			os.Remove(filepath.Join(c.folder, "ca.key"))
		}, false},
		{"the CA's certificate anew", func(c *ca) { os.Remove(filepath.Join(c.folder, "ca.pem")) }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newCA(t)
			c.issue("n")
			before := c.read("nodes/n.pem")
			tc.change(c)
			c.issue("n")
			if kept := bytes.Equal(before, c.read("nodes/n.pem")); kept != tc.kept {
				t.Errorf("kept %v, want %v", kept, tc.kept)
			}
			after := c.read("nodes/n.pem")
			if c.issue("n"); !bytes.Equal(after, c.read("nodes/n.pem")) {
				t.Error("it is made anew each time")
			}
		})
	}
}

// TestAuthorityIsRenewed before it expires, and what it has issued stays good, at nodes that know either certificate.
func TestAuthorityIsRenewed(t *testing.T) {
	t.Parallel()
	c := newCA(t)
	c.issue("early")
	first := c.read("ca.pem")
	c.now = c.now.AddDate(9, 0, -1)
	o := c.issue("n")
	if !bytes.Equal(first, c.read("ca.pem")) {
		t.Error("renewed too early")
	}
	if certs := load(t, o, c.clock).Certificates(); certs[0].NotAfter.After(certs[1].NotAfter) {
		t.Errorf("%v outlives its CA's %v", certs[0].NotAfter, certs[1].NotAfter)
	}
	running, leaf := load(t, o, c.clock), c.read("nodes/n.pem")
	c.now = c.now.AddDate(0, 0, 2)
	fresh := load(t, c.issue("m"), c.clock)
	if bytes.Equal(first, c.read("ca.pem")) {
		t.Error("not renewed in the last year")
	}
	if c.issue("n"); !bytes.Equal(leaf, c.read("nodes/n.pem")) {
		t.Error("renewing the CA has touched a node's certificate")
	}
	for _, ends := range [][2]*tlsconf.Config{{running, fresh}, {fresh, running}} {
		if _, _, err := pair(t, ends[0], ends[1]); err != nil {
			t.Error(err)
		}
	}
}

// TestBadAuthority: what can't be mended here is told with the file's name, and changes nothing.
func TestBadAuthority(t *testing.T) {
	t.Parallel()
	mode := func(name string, m fs.FileMode) func(c *ca) {
		return func(c *ca) {
			if err := os.Chmod(filepath.Join(c.folder, name), m); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	for _, tc := range []struct {
		name   string
		change func(c *ca)
		file   string
		want   string
		modes  bool
	}{
		{"key open to the group", mode("ca.key", 0o640), "ca.key", "open to others than its owner (mode 0640): chmod 600", true},
		{"key open to all", mode("ca.key", 0o604), "ca.key", "chmod 600", true},
		{"folder open", mode(".", 0o750), "", "open to others than its owner (mode 0750): chmod 700", true},
		{"folder of the nodes open", mode("nodes", 0o777), "nodes", "chmod 700", true},
		{"key missing", func(c *ca) { os.Remove(filepath.Join(c.folder, "ca.key")) }, "ca.key", "is missing, though ca.pem is there", false},
		{"key damaged", func(c *ca) { c.write("ca.key", c.read("ca.key")[:100]) }, "ca.key", "PEM block is damaged", false},
		{"key empty", func(c *ca) { c.write("ca.key", nil) }, "ca.key", "holds no private key", false},
		{"key encrypted", func(c *ca) { c.write("ca.key", []byte(folder{t: c.t}.content("testdata/pbes2-aes256-sha256.key"))) }, "ca.key", "is encrypted", false},
		{"key of another", func(c *ca) { o := newCA(c.t); o.open(); c.write("ca.key", o.read("ca.key")) }, "ca.pem", "not the certificate of the key in ca.key", false},
		{"certificate damaged", func(c *ca) { c.write("ca.pem", bytes.Replace(c.read("ca.pem"), []byte("MII"), []byte("AII"), 1)) }, "ca.pem", "certificate 1 of the file", false},
		{"certificate empty", func(c *ca) { c.write("ca.pem", nil) }, "ca.pem", "certificate of one CA", false},
		{"certificate of a node", func(c *ca) { c.issue("n"); c.write("ca.pem", c.read("nodes/n.pem")) }, "ca.pem", "certificate of one CA", false},
		{"two certificates", func(c *ca) { c.write("ca.pem", append(c.read("ca.pem"), c.read("ca.pem")...)) }, "ca.pem", "certificate of one CA", false},
		{"key is a folder", func(c *ca) {
			os.Remove(filepath.Join(c.folder, "ca.key"))
			os.Mkdir(filepath.Join(c.folder, "ca.key"), 0o700)
		}, "ca.key", "not a regular file", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.modes && runtime.GOOS == "windows" {
				t.Skip("files have no modes here")
			}
			c := newCA(t)
			c.open()
			tc.change(c)
			before := c.files()
			a, err := c.try()
			if a != nil || err == nil || !strings.Contains(err.Error(), tc.want) ||
				!strings.HasPrefix(err.Error(), "the cluster's certificates: "+filepath.Join(c.folder, tc.file)+": ") {
				t.Errorf("got %v, %v, want %q about %q", a, err, tc.want, tc.file)
			}
			if !slices.Equal(before, c.files()) {
				t.Errorf("the files are %q, were %q", c.files(), before)
			}
		})
	}

	c := newCA(t)
	c.folder = filepath.Join(t.TempDir(), "file", "ca")
	os.WriteFile(filepath.Dir(c.folder), nil, 0o600)
	if _, err := c.try(); err == nil {
		t.Error("a CA below a file")
	}
}

// TestOpenKeyOfANode: a key that others could read is not used again.
func TestOpenKeyOfANode(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes here")
	}
	c := newCA(t)
	o := c.issue("n")
	before := c.read("nodes/n.pem")
	if err := os.Chmod(o.Keyfile, 0o644); err != nil {
		t.Fatal(err)
	}
	if c.issue("n"); bytes.Equal(before, c.read("nodes/n.pem")) {
		t.Error("the key is used on")
	}
	if info, err := os.Stat(o.Keyfile); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestAuthorityFollowsTheSource: what is made is a function of clock and source, and a bad source makes nothing.
func TestAuthorityFollowsTheSource(t *testing.T) {
	t.Parallel()
	made := func(seed byte) (out [][]byte) {
		c := newCA(t)
		a, err := tlsconf.OpenAuthority(c.folder, c.clock, rand.NewChaCha8([32]byte{seed}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Issue("n"); err != nil {
			t.Fatal(err)
		}
		return [][]byte{c.read("ca.key"), c.read("ca.pem"), c.read("nodes/n.pem")}
	}
	one, again, two := made(1), made(1), made(2)
	for i := range one {
		if !bytes.Equal(one[i], again[i]) || bytes.Equal(one[i], two[i]) {
			t.Errorf("file %d does not follow the source", i)
		}
	}
	c := newCA(t)
	empty := errors.New("empty")
	if _, err := tlsconf.OpenAuthority(c.folder, c.clock, iotest.ErrReader(empty)); !errors.Is(err, empty) {
		t.Errorf("a bad source: %v", err)
	}
	if got := len(c.files()); got != 2 {
		t.Errorf("a bad source has made files: %q", c.files())
	}
}
