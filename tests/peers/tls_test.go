package peers

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"moonpeer/net/tlsconf"
	"moonpeer/net/tlsconf/tlstest"
	"moonpeer/tests/testnode"
)

// tap passes datagrams between one dialler and a listener, and keeps them.
type tap struct {
	front, back *net.UDPConn
	wg          sync.WaitGroup
	mu          sync.Mutex
	dialler     *net.UDPAddr
	seen        bytes.Buffer
}

func newTap(t *testing.T, listener string) *tap {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", listener)
	if err != nil {
		t.Fatal(err)
	}
	w := &tap{}
	if w.front, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	if w.back, err = net.DialUDP("udp", nil, to); err != nil {
		t.Fatal(err)
	}
	w.wg.Go(func() { w.pass(w.front, func(b []byte) { w.back.Write(b) }) })
	w.wg.Go(func() {
		w.pass(w.back, func(b []byte) {
			w.mu.Lock()
			to := w.dialler
			w.mu.Unlock()
			w.front.WriteToUDP(b, to)
		})
	})
	t.Cleanup(func() {
		w.front.Close()
		w.back.Close()
		w.wg.Wait()
	})
	return w
}

func (w *tap) pass(from *net.UDPConn, on func([]byte)) {
	buf := make([]byte, 1<<16)
	for {
		n, addr, err := from.ReadFromUDP(buf)
		if err != nil {
			return
		}
		w.mu.Lock()
		w.seen.Write(buf[:n])
		if from == w.front {
			w.dialler = addr
		}
		w.mu.Unlock()
		on(buf[:n])
	}
}

// greeting has the dialler send a text when it is peered, and the listener print it and end the dialler.
const (
	greeter = statuses + `
broker.subscribe "bye"
on("Broker::peer_added", function() broker.publish("greeting", "E::greet", "a text to look for") end)
on("E::bye", function() print "bye" node.terminate() end)
`
	greeted = statuses + `
broker.subscribe "greeting"
namespace "E":event("greet", "text: string"):on(function(text) print(text) broker.publish("bye", "E::bye") end)
`
	listening = `on("node_init", function() broker.listen("127.0.0.1", 0) end)
`
	dialling = `on("node_init", function() broker.peer(node.args[1], nil, 0) end)
`
)

// TestS21Encrypted is S21 (a): without certificates events pass, and nobody in between can read them.
func TestS21Encrypted(t *testing.T) {
	t.Parallel()
	r := start(t, "r", greeted+listening)
	w := newTap(t, r.Address())
	s := start(t, "s", greeter+dialling, w.front.LocalAddr().String())
	s.AwaitLine("bye")
	r.AwaitLine("a text to look for")
	s.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range []string{"a text to look for", "greeting", "E::greet"} {
		if bytes.Contains(w.seen.Bytes(), []byte(text)) {
			t.Errorf("%q can be read on the wire", text)
		}
	}
	if w.seen.Len() < 2000 {
		t.Errorf("only %d bytes went over the wire that was looked at", w.seen.Len())
	}
}

// TestS21DisableSSL is S21 (b) and (c) with QUIC's meaning: it is encrypted always, whatever an end asks for, and who
// asks is told so once.
func TestS21DisableSSL(t *testing.T) {
	t.Parallel()
	const off = `broker.options.disable_ssl = true
on("node_init", function() broker.options.disable_ssl = true end)
`
	for _, tt := range []struct {
		name             string
		listener, dialer string
		told             [2]int
	}{{"listener", off, "", [2]int{1, 0}}, {"dialler", "", off, [2]int{0, 1}}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, "r", tt.listener+greeted+listening)
			s := start(t, "s", tt.dialer+greeter+dialling, r.Address())
			s.AwaitLine("bye")
			r.AwaitLine("a text to look for")
			s.AwaitReady()
			const text = "option broker.options.disable_ssl has no meaning for QUIC"
			if got := [2]int{reported(r, text), reported(s, text)}; got != tt.told {
				t.Errorf("listener and dialler were told %v times, want %v", got, tt.told)
			}
		})
	}
}

// inLua sets certificates as a policy does.
func inLua(o tlsconf.Options) string {
	var b strings.Builder
	for _, f := range [][2]string{{"certificate", o.Certificate}, {"keyfile", o.Keyfile}, {"passphrase", o.Passphrase}, {"cafile", o.CAFile}, {"capath", o.CAPath}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "broker.options.ssl_%s = %q\n", f[0], f[1])
		}
	}
	return b.String()
}

// settings writes a file for --config; the tables of certificates name what lies beside it relative to it.
func settings(t *testing.T, text string, o tlsconf.Options) string {
	t.Helper()
	dir := t.TempDir()
	if o.Certificate != "" {
		dir = filepath.Dir(o.Certificate)
	}
	text += "[tls]\n"
	for _, f := range [][2]string{{"certificate", o.Certificate}, {"keyfile", o.Keyfile}, {"cafile", o.CAFile}, {"capath", o.CAPath}} {
		if f[1] != "" {
			text += fmt.Sprintf("%s = %q\n", f[0], filepath.Base(f[1]))
		}
	}
	if o.Passphrase != "" {
		text += fmt.Sprintf("passphrase = %q\n", o.Passphrase)
	}
	file := filepath.Join(dir, fmt.Sprintf("settings-%s.toml", filepath.Base(t.TempDir())))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestS21Certificates is S21 (d): certificates of one CA on both sides. One side has them from its settings, the other
// one by the options of its policy, with a key that is encrypted and a folder of CAs.
func TestS21Certificates(t *testing.T) {
	t.Parallel()
	pki := tlstest.New(t)
	o := pki.Encrypted("s", "open sesame")
	o.CAFile, o.CAPath = "", pki.CAPath()
	file := settings(t, "[node]\nname = \"from-settings\"\n[peers]\nlisten = [\"127.0.0.1:0\"]\n", pki.Options("r"))
	r := testnode.Start(t, testnode.Options{Script: greeted, Flags: []string{"--config", file}})
	s := start(t, "s", inLua(o)+greeter+dialling, r.Address())
	s.AwaitLine("bye")
	r.AwaitLine("a text to look for")

	file = settings(t, fmt.Sprintf("[peers]\nconnect = [%q]\n", r.Address()), o)
	again := testnode.Start(t, testnode.Options{Name: "again", Script: greeter, Flags: []string{"--config", file}})
	again.AwaitLine("bye")
	r.AwaitLine("a text to look for")
}

// TestS21Refused is S21 (e) and its kin: an end that wants certificates, and one that has none or wrong ones. The
// dialler is told, the listener's scripts see nothing and take whoever comes next.
func TestS21Refused(t *testing.T) {
	t.Parallel()
	pki, other := tlstest.New(t), tlstest.New(t)
	good := pki.Options("good")
	server := pki.Issue("server only", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	for _, tt := range []struct {
		name              string
		listener, dialler tlsconf.Options
		next              tlsconf.Options // of a dialler that is taken
	}{
		{"a CA on the dialler only", tlsconf.Options{}, good, tlsconf.Options{}},
		{"a CA on the listener only", good, tlsconf.Options{}, pki.Options("next")},
		{"another CA", good, other.Options("stranger"), pki.Options("next")},
		{"expired", good, pki.Expired("late"), pki.Options("next")},
		{"for listeners", good, server, pki.Options("next")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, "r", inLua(tt.listener)+greeted+listening)
			s := start(t, "s", inLua(tt.dialler)+greeter+dialling, r.Address())
			s.AwaitLine("error\tBroker::PEER_UNAVAILABLE\t")
			if line := s.AwaitErr("peer can't be reached"); !strings.Contains(line, "certificate") {
				t.Errorf("s says %q, which is not about certificates", line)
			}
			if code := s.Wait(); code != 0 || len(s.Lines()) != 1 {
				t.Errorf("s ended with exit code %d and printed %q", code, s.Lines())
			}
			next := start(t, "next", inLua(tt.next)+greeter+dialling, r.Address())
			next.AwaitLine("bye")
			next.Wait()
			r.AwaitLine("endpoint_unreachable")
			if n := len(r.Lines()); n != 5 { // discovered, added, the text, lost, unreachable
				t.Errorf("r printed %q: want the proper peer only", r.Lines())
			}
		})
	}
}
