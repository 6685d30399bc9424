//go:build unix

package node

import (
	"net"
	"path/filepath"
	"testing"
)

// TestNotify: the service manager behind the socket is told once; without a socket nothing happens.
func TestNotify(t *testing.T) {
	name := filepath.Join(t.TempDir(), "n")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := Notify(name, "READY=1"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	if n, err := conn.Read(b); err != nil || string(b[:n]) != "READY=1" {
		t.Errorf("got %q, %v", b[:n], err)
	}
	if err := Notify("", "READY=1"); err != nil {
		t.Error(err)
	}
	if err := Notify(name+"x", "READY=1"); err == nil {
		t.Error("a socket that is not there gives no error")
	}
}

// TestNotifyUnread: a service manager that does not read holds up nobody.
func TestNotifyUnread(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 100_000 {
		if err := Notify(path, "WATCHDOG=1"); err != nil {
			return // it was told so, and not kept
		}
	}
	t.Error("a socket that nobody reads takes everything")
}
