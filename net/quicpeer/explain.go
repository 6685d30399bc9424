package quicpeer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/quic-go/quic-go"

	"moonpeer/net/peering"
	"moonpeer/net/tlsconf"
)

// explain says in the operator's words why a dial has failed.
func (t *Transport) explain(err error) error {
	var (
		timeout *quic.HandshakeTimeoutError
		idle    *quic.IdleTimeoutError
		trouble *quic.TransportError
		version *quic.VersionNegotiationError
		app     *quic.ApplicationError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout), errors.As(err, &idle):
		return fmt.Errorf("no answer within %v: is a node listening there, and does UDP get through?", t.times.dial)
	case errors.As(err, &app):
		return fmt.Errorf("the peer closed the connection: %s", clip(app.ErrorMessage))
	case errors.As(err, &version):
		return errors.New("what answers there speaks another version of QUIC")
	case errors.As(err, &trouble):
		return explainTransport(trouble)
	}
	return err
}

const (
	firstAlert            = 0x100 // TLS's alerts are QUIC's errors from here on
	certificateRequired   = firstAlert + 116
	noApplicationProtocol = firstAlert + 120
)

func explainTransport(e *quic.TransportError) error {
	switch {
	case e.ErrorCode == noApplicationProtocol:
		return fmt.Errorf("what answers there does not speak %s", ALPN)
	case e.ErrorCode == quic.ConnectionRefused:
		return errors.New("the listener refuses connections for now: it is ending, or too many are shaking hands")
	case e.ErrorCode.IsCryptoError():
		return explainTLS(e)
	}
	return e
}

// explainTLS says why the TLS handshake was broken off. Of what the other end thinks only its alert is known.
func explainTLS(e *quic.TransportError) error {
	if e.Remote {
		alert := strings.TrimPrefix(tls.AlertError(e.ErrorCode-firstAlert).Error(), "tls: ")
		return fmt.Errorf("the peer did not accept this node's certificate: %s", alert)
	}
	for _, cause := range e.Unwrap() {
		if errors.Is(cause, tlsconf.ErrRefused) || errors.Is(cause, tlsconf.ErrNoCertificate) {
			return cause
		}
	}
	return fmt.Errorf("the TLS handshake failed: %w", e)
}

// explainDialler says to a listener why the handshake with somebody who dialled was broken off. A dialler that has no
// certificate gives up itself when it sees that one is demanded.
func explainDialler(e *quic.TransportError) error {
	if e.Remote && e.ErrorCode == certificateRequired {
		return errors.New("the peer has no certificate")
	}
	return explainTransport(e)
}

// ending says how a connection has ended.
func ending(cause error) (code uint64, why string, remote bool) {
	var (
		app   *quic.ApplicationError
		idle  *quic.IdleTimeoutError
		reset *quic.StatelessResetError
		trans *quic.TransportError
	)
	switch {
	case errors.As(cause, &app):
		return uint64(app.ErrorCode), clip(app.ErrorMessage), app.Remote
	case errors.As(cause, &idle):
		return 0, "nothing was heard for the peer timeout", true
	case errors.As(cause, &reset):
		return 0, "the peer does not know the connection any more: it has restarted", true
	case errors.As(cause, &trans):
		return 0, explainTransport(trans).Error(), true
	}
	return 0, fmt.Sprint(cause), true
}

// explainBind says what to do about a port that can't be had.
func explainBind(err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w: %w", peering.ErrInUse, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: %w", peering.ErrNoAddress, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this user may not bind that port, take one above 1023: %w", err)
	}
	return err
}
