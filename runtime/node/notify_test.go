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
