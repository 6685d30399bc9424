package quicpeer

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"
)

// TestRefusedDiallers: a line about the first whose certificate is refused, others at once only count, and what is
// nobody's certificate is not told.
func TestRefusedDiallers(t *testing.T) {
	t.Parallel()
	log := new(logbook)
	l := &listener{t: New(Options{Log: slog.New(slog.NewTextHandler(log, nil))})}
	from := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1234}
	l.refused(from, errors.New("timeout"))
	for range 5 {
		l.refused(from, &quic.TransportError{ErrorCode: firstAlert + 42, Remote: true})
	}
	if got := log.String(); strings.Count(got, "a dialler was refused") != 1 || !strings.Contains(got, "from=127.0.0.1:1234") || l.untold != 4 {
		t.Errorf("%d not told, and the log says\n%s", l.untold, got)
	}
}
