package wire_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

var (
	idA = broker.EndpointID{0: 0x11, 15: 0xaa}
	idB = broker.EndpointID{0: 0x22, 15: 0xbb}
	idC = broker.EndpointID{0: 0x33, 15: 0xcc}
)

func TestFrame(t *testing.T) {
	t.Parallel()
	const (
		hexA = "110000000000000000000000000000aa"
		hexB = "220000000000000000000000000000bb"
	)
	tests := []struct {
		name string
		h    wire.Header
		want string // with payload 0x42
	}{
		{"own message", wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1, Origin: idA, LastHop: idA, Topic: []byte("/t")},
			"0000000f 01 10 0002 0000000000000001 2f74 42"},
		{"origin left to the link", wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1, Topic: []byte("/t")},
			"0000000f 01 10 0002 0000000000000001 2f74 42"},
		{"forwarded", wire.Header{Type: wire.TypeCommand, TTL: 15, Seq: 0x0102030405060708, Origin: idA, LastHop: idB, Topic: []byte("/t")},
			"0000001f 22 0f 0002 0102030405060708 " + hexA + " 2f74 42"},
		{"to one", wire.Header{Type: wire.TypePing, TTL: 255, Seq: 2, Origin: idA, LastHop: idA, Receiver: idB, Topic: []byte("<$>")},
			"00000020 14 ff 0003 0000000000000002 " + hexB + " 3c243e 42"},
		{"forwarded to one", wire.Header{Type: wire.TypeStore, TTL: 1, Seq: 2, Origin: idA, LastHop: idC, Receiver: idB},
			"0000002d 38 01 0000 0000000000000002 " + hexA + hexB + " 42"},
		{"link control", wire.Header{Type: wire.TypeLink, Seq: 3},
			"0000000d 09 00 0000 0000000000000003 42"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload := []byte{0x42}
			frame, err := wire.AppendFrame(nil, &tt.h, payload, wire.DefaultMaxFrame)
			if want := bin(t, tt.want); err != nil || !bytes.Equal(frame, want) {
				t.Fatalf("frame %x, %v\nwant  %x", frame, err, want)
			}
			if n := wire.FrameSize(&tt.h, 1); n != len(frame) {
				t.Errorf("FrameSize %d, want %d", n, len(frame))
			}
			if n, err := wire.FrameLen(frame, len(frame)-wire.LengthSize); err != nil || n != len(frame) {
				t.Errorf("FrameLen %d, %v, want %d", n, err, len(frame))
			}
			want := tt.h
			if want.Origin == want.LastHop {
				want.Origin = broker.EndpointID{}
			}
			want.LastHop = broker.EndpointID{}
			want.Topic = append([]byte{}, want.Topic...)
			got, rest, err := wire.ParseFrame(frame[wire.LengthSize:])
			if err != nil || !reflect.DeepEqual(got, want) || !bytes.Equal(rest, payload) {
				t.Errorf("parsed %+v, %x, %v\nwant   %+v", got, rest, err, want)
			}
		})
	}
}

func TestParseFrameErrors(t *testing.T) {
	t.Parallel()
	const seq = " 0000000000000001 "
	zeros := strings.Repeat("00", 16)
	tests := []struct {
		name, in string
		want     error
	}{
		{"nothing", "", wire.ErrFrameShort},
		{"eleven bytes", "01 10 0000 00000000000000", wire.ErrFrameShort},
		{"type 0", "00 10 0000" + seq, wire.ErrFrameType},
		{"type 6", "06 10 0000" + seq, wire.ErrFrameType},
		{"type 10", "0a 10 0000" + seq, wire.ErrFrameType},
		{"flag 0x40", "41 10 0000" + seq, wire.ErrFrameType},
		{"flag 0x80", "81 10 0000" + seq, wire.ErrFrameType},
		{"topic longer than the rest", "01 10 0003" + seq + "2f74", wire.ErrFrameShort},
		{"no room for an origin", "21 10 0000" + seq + "11", wire.ErrFrameShort},
		{"no room for a receiver", "31 10 0000" + seq + "11" + zeros[2:], wire.ErrFrameShort},
		{"nil origin", "21 10 0000" + seq + zeros, wire.ErrFrameID},
		{"nil receiver", "11 10 0000" + seq + zeros, wire.ErrFrameID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _, err := wire.ParseFrame(bin(t, tt.in))
			if !errors.Is(err, tt.want) || !errors.Is(err, broker.ErrInvalidMessage) {
				t.Errorf("got %+v, %v, want %v", h, err, tt.want)
			}
		})
	}
}

func TestParseBrokerFrameErrors(t *testing.T) {
	t.Parallel()
	ids := strings.Repeat("00", 32)
	tests := []struct {
		name, in string
		want     error
	}{
		{"36 bytes", ids + "01 0010 00", wire.ErrFrameShort},
		{"type 0", ids + "00 0010 0000", wire.ErrFrameType},
		{"type 6", ids + "06 0010 0000", wire.ErrFrameType},
		{"our store type", ids + "08 0010 0000", wire.ErrFrameType},
		{"topic longer than the rest", ids + "01 0010 0001", wire.ErrFrameShort},
		{"empty topic and payload", ids + "01 0010 0000", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := wire.ParseBrokerFrame(bin(t, tt.in)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAppendFrameErrors(t *testing.T) {
	t.Parallel()
	type encoder func([]byte, *wire.Header, []byte, int) ([]byte, error)
	const max = 100
	tests := []struct {
		name   string
		encode encoder
		h      wire.Header
		size   int
		want   error
	}{
		{"at the limit", wire.AppendFrame, wire.Header{Type: 1}, max - 12, nil},
		{"above the limit", wire.AppendFrame, wire.Header{Type: 1}, max - 11, wire.ErrFrameTooLarge},
		{"ids count", wire.AppendFrame, wire.Header{Type: 1, Origin: idA, Receiver: idB}, max - 43, wire.ErrFrameTooLarge},
		{"ttl 256", wire.AppendFrame, wire.Header{Type: 1, TTL: 256}, 0, wire.ErrTTL},
		{"type 6", wire.AppendFrame, wire.Header{Type: 6}, 0, wire.ErrFrameType},
		{"type with a flag", wire.AppendFrame, wire.Header{Type: 0x11}, 0, wire.ErrFrameType},
		{"Broker's at the limit", wire.AppendBrokerFrame, wire.Header{Type: 1}, max - 37, nil},
		{"Broker's above the limit", wire.AppendBrokerFrame, wire.Header{Type: 1}, max - 36, wire.ErrFrameTooLarge},
		{"Broker's with ttl 256", wire.AppendBrokerFrame, wire.Header{Type: 1, TTL: 256}, 0, nil},
		{"Broker's with our type", wire.AppendBrokerFrame, wire.Header{Type: wire.TypeStore}, 0, wire.ErrFrameType},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := []byte("before")
			got, err := tt.encode(before, &tt.h, make([]byte, tt.size), max)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err != nil && !bytes.Equal(got, before) {
				t.Errorf("buffer is %x after an error", got)
			}
		})
	}
	for name, encode := range map[string]encoder{"ours": wire.AppendFrame, "Broker's": wire.AppendBrokerFrame} {
		h := wire.Header{Type: 1, Topic: make([]byte, 1<<16-1)}
		if _, err := encode(nil, &h, nil, wire.DefaultMaxFrame); err != nil {
			t.Errorf("%s with the longest topic: %v", name, err)
		}
		h.Topic = make([]byte, 1<<16)
		if _, err := encode(nil, &h, nil, wire.DefaultMaxFrame); !errors.Is(err, wire.ErrTopicTooLong) {
			t.Errorf("%s with a longer one: %v", name, err)
		}
	}
}

func TestFrameLen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		n        int
		err      error
	}{
		{"three bytes", "000000", 0, nil},
		{"empty frame", "00000000", 4, nil},
		{"at the limit", "00000064 ff", 104, nil},
		{"above it", "00000065", 0, wire.ErrFrameTooLarge},
		{"largest number", "ffffffff", 0, wire.ErrFrameTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if n, err := wire.FrameLen(bin(t, tt.in), 100); n != tt.n || !errors.Is(err, tt.err) {
				t.Errorf("got %d, %v, want %d, %v", n, err, tt.n, tt.err)
			}
		})
	}
}
