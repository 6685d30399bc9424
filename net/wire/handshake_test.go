package wire_test

import (
	"errors"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

func TestParseHandshakeRefusals(t *testing.T) {
	t.Parallel()
	const zeek = "5a45454b"
	id := strings.Repeat("11", 16)
	tests := []struct {
		name, in string
		code     broker.Code
		text     string
	}{
		{"S50 versions 200 to 201", "06" + zeek + id + "c8c9", broker.PeerIncompatible, "unsupported versions offered"},
		{"versions 0 to 0", "06" + zeek + id + "0000", broker.PeerIncompatible, "unsupported versions offered"},
		{"version 2 selected", "08" + zeek + id + "02", broker.PeerIncompatible, "unsupported version selected"},
		{"magic of hello", "06 5a45454c" + id + "0101", broker.WrongMagicNumber, "wrong magic number"},
		{"magic of probe", "07 00000000", broker.WrongMagicNumber, "wrong magic number"},
		{"magic of version_select", "08 00000000" + id + "01", broker.WrongMagicNumber, "wrong magic number"},
		{"magic of drop_conn", "09 00000000" + id + "0100", broker.WrongMagicNumber, "wrong magic number"},
		{"short hello", "06" + zeek + id + "01", broker.InvalidMessage, "failed to parse hello"},
		{"short probe", "07 5a4545", broker.InvalidMessage, "failed to parse probe"},
		{"short version_select", "08" + zeek + id, broker.InvalidMessage, "failed to parse version_select"},
		{"short drop_conn", "09" + zeek + id + "01 05 61", broker.InvalidMessage, "failed to parse drop_conn"},
		{"short originator_syn", "0a 02 0161", broker.InvalidMessage, "failed to parse originator_syn"},
		{"huge filter", "0b ffffffff0f", broker.InvalidMessage, "failed to parse responder_syn_ack"},
		{"data", "01 00", broker.InvalidMessage, "invalid message type tag"},
		{"type 13", "0d", broker.InvalidMessage, "invalid message type tag"},
		{"drop_conn with code 41", "09" + zeek + id + "29 02 6869", broker.Unspecified, "hi"},
		{"drop_conn with code 255", "09" + zeek + id + "ff 00", broker.Unspecified, ""},
		{"nothing", "", broker.InvalidMessage, "empty message"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := wire.ParseHandshake(bin(t, tt.in))
			var got *broker.Error
			if !errors.As(err, &got) || got.Code != tt.code || got.Context != tt.text {
				t.Errorf("got %+v, %v, want %v %q", m, err, tt.code, tt.text)
			}
		})
	}
}

func TestParseHandshakeAccepts(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("11", 16)
	tests := []struct{ name, in string }{
		{"S51 versions 1 to 99", "06 5a45454b" + id + "0163"},
		{"versions 0 to 1", "06 5a45454b" + id + "0001"},
		{"trailing bytes", "0c 00ff"},
		{"unsorted filter with duplicates", "0a 03 0162 0161 0162"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := wire.ParseHandshake(bin(t, tt.in)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseFilterErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     error
	}{
		{"nothing", "", wire.ErrTruncated},
		{"one missing", "02 0161", wire.ErrTruncated},
		{"trailing byte", "01 0161 00", wire.ErrTrailing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if f, err := wire.ParseFilter(bin(t, tt.in)); !errors.Is(err, tt.want) {
				t.Errorf("got %q, %v, want %v", f, err, tt.want)
			}
		})
	}
}

func TestParseCommandErrors(t *testing.T) {
	t.Parallel()
	entity := strings.Repeat("22", 16) + "0000000000000009"
	tests := []struct {
		name, in string
		want     error // nil: accepted
	}{
		{"S56 put", "00 0503666f6f 03000000000000002a 00" + entity, nil},
		{"trailing bytes", "07" + entity + "ffff", nil},
		{"nothing", "", wire.ErrTruncated},
		{"kind 14", "0e", wire.ErrCommand},
		{"init type 15", "05 00 00 0f 00" + entity, wire.ErrCommand},
		{"bad key", "03 0f" + entity, wire.ErrTag},
		{"no publisher", "07", wire.ErrTruncated},
		{"expiry cut short", "00 00 00 01 00", wire.ErrTruncated},
		{"snapshot with half an item", "0c 0000000000000001 0005 01 00", wire.ErrTruncated},
		{"snapshot that lies", "0c 0000000000000001 0005 ffffffff0f 0000", wire.ErrTruncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if c, err := wire.ParseCommandBody(bin(t, tt.in)); !errors.Is(err, tt.want) {
				t.Errorf("got %+v, %v, want %v", c, err, tt.want)
			}
		})
	}
	if _, err := wire.ParseCommand(make([]byte, 55)); !errors.Is(err, wire.ErrTruncated) {
		t.Errorf("header cut short: %v", err)
	}
}
