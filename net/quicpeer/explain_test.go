package quicpeer

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"

	"moonpeer/net/broker"
)

func TestEnding(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		cause  error
		code   uint64
		why    string
		remote bool
	}{
		{"closed here", &quic.ApplicationError{ErrorCode: 7, ErrorMessage: "bye"}, 7, "bye", false},
		{"closed there", &quic.ApplicationError{Remote: true, ErrorCode: 7, ErrorMessage: "bye"}, 7, "bye", true},
		{"silence", &quic.IdleTimeoutError{}, 0, "nothing was heard for the peer timeout", true},
		{"restarted", &quic.StatelessResetError{}, 0, "it has restarted", true},
		{"broken QUIC", &quic.TransportError{ErrorCode: quic.FlowControlError, Remote: true}, 0, "FLOW_CONTROL_ERROR", true},
		{"certificate", &quic.TransportError{ErrorCode: firstAlert + 45, Remote: true}, 0,
			"did not accept this node's certificate: expired certificate", true},
		{"something else", errors.New("odd"), 0, "odd", true},
	} {
		code, why, remote := ending(tc.cause)
		if code != tc.code || !strings.Contains(why, tc.why) || remote != tc.remote {
			t.Errorf("%s: %d %q %v", tc.name, code, why, remote)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	tr := &Transport{times: defaultTimeouts()}
	for _, tc := range []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, "no answer within 2s"},
		{&quic.HandshakeTimeoutError{}, "no answer within 2s"},
		{&quic.VersionNegotiationError{}, "another version of QUIC"},
		{&quic.TransportError{ErrorCode: quic.ConnectionRefused, Remote: true}, "refuses connections for now"},
		{&quic.TransportError{ErrorCode: noApplicationProtocol, Remote: true}, "does not speak " + ALPN},
		{&quic.TransportError{ErrorCode: firstAlert + 40}, "the TLS handshake failed"},
		{&quic.TransportError{ErrorCode: quic.ProtocolViolation}, "PROTOCOL_VIOLATION"},
		{broker.ErrShuttingDown, "shutting_down"},
	} {
		if got := tr.explain(tc.err).Error(); !strings.Contains(got, tc.want) {
			t.Errorf("%v: %q, want %q", tc.err, got, tc.want)
		}
	}
}

// TestExplainDialler: a dialler without a certificate ends the handshake itself, which is no word about the listener's.
func TestExplainDialler(t *testing.T) {
	t.Parallel()
	for code, want := range map[quic.TransportErrorCode]string{
		certificateRequired: "the peer has no certificate",
		firstAlert + 45:     "the peer did not accept this node's certificate: expired certificate",
	} {
		if got := explainDialler(&quic.TransportError{ErrorCode: code, Remote: true}).Error(); got != want {
			t.Errorf("%d: got %q, want %q", code, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                  "",
		"short":                             "short",
		strings.Repeat("a", 300):            strings.Repeat("a", 200),
		strings.Repeat("\u00e4", 150):       strings.Repeat("\u00e4", 100),
		"a" + strings.Repeat("\u00e4", 150): "a" + strings.Repeat("\u00e4", 99),
	} {
		if got := clip(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}
