package main

import (
	crand "crypto/rand"
	"errors"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/tlsconf"
)

// clientFlags say to whom a command talks, and how.
type clientFlags struct {
	Peer []string `name:"peer" sep:"none" placeholder:"ADDR" help:"Talk to this node: host, host:port or quic://host:port; default is 127.0.0.1:9999. May be repeated."`
	tlsFlags
	Config string `name:"config" env:"MOONPEER_CONFIG" placeholder:"FILE" help:"Settings in TOML, of which [tls] and max_frame count here."`
}

const defaultPeer = "127.0.0.1:9999"

// peers reads the addresses.
func (f *clientFlags) peers(command string) ([]peering.Address, error) {
	texts := f.Peer
	if len(texts) == 0 {
		texts = []string{defaultPeer}
	}
	return addresses(command, "--peer", texts)
}

// settings reads the file, and looks whether the certificates are of use: else each attempt would fail over them.
func (f *clientFlags) settings() (s peering.Settings, err error) {
	file := &config{}
	if f.Config != "" {
		if file, err = loadConfig(f.Config); err != nil {
			return s, err
		}
	}
	s.TLS, s.MaxFrame = f.options(file.TLS), int(file.Limits.MaxFrame)
	if !s.TLS.Anonymous() {
		_, err = tlsconf.Load(s.TLS, time.Now, crand.Reader)
	}
	return s, err
}

// interval is a time that is longer than none, written as in scripts. Zero: not given.
type interval time.Duration

// UnmarshalText implements encoding.TextUnmarshaler for kong.
func (i *interval) UnmarshalText(text []byte) error {
	span, err := broker.ParseInterval(string(text))
	if err == nil && span <= 0 {
		err = errors.New("want more than no time")
	}
	*i = interval(span)
	return err
}
