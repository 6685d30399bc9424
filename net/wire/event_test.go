package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// ping is an event with three arguments and metadata of two keys.
func ping() []byte {
	b := wire.AppendEventHeaderMeta(nil, "ping", 3)
	b = wire.AppendString(b, "hello world")
	b = wire.AppendCount(b, 42)
	b = wire.AppendAddress(b, broker.AddressFrom4([4]byte{192, 168, 1, 2}))
	b = wire.AppendVectorHeader(b, 2)
	b = wire.AppendString(wire.AppendEventMeta(b, wire.MetaUserFirst), "mine")
	return wire.AppendTimestamp(wire.AppendEventMeta(b, wire.MetaNetworkTimestamp), 1e9)
}

func TestEventGolden(t *testing.T) {
	t.Parallel()
	plain := wire.AppendEventHeader(nil, "event_1", 2)
	plain = wire.AppendString(wire.AppendInteger(plain, 42), "test")
	timed := wire.AppendEventHeaderMeta(nil, "Supervisor::node_status", 2)
	timed = wire.AppendCount(wire.AppendString(timed, "TEST"), 42)
	timed = wire.AppendEventTime(timed, 0)
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"S21 no metadata", plain, "0e03 020000000000000001 020000000000000001 0e02 05076576656e745f31 0e02 03000000000000002a 050474657374"},
		{"S22 network time", timed, "0e03 020000000000000001 020000000000000001 0e03 051753757065727669736f723a3a6e6f64655f737461747573 " +
			"0e02 050454455354 02000000000000002a 0e01 0e02 020000000000000001 090000000000000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if want := bin(t, tt.want); !bytes.Equal(tt.got, want) {
				t.Errorf("encoded %x\nwant    %x", tt.got, want)
			}
			if _, err := wire.ParseEvent(tt.got); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseEvent(t *testing.T) {
	t.Parallel()
	ev, err := wire.ParseEvent(ping())
	if err != nil {
		t.Fatal(err)
	}
	if string(ev.Name) != "ping" || ev.NArgs != 3 {
		t.Errorf("event %s with %d arguments", ev.Name, ev.NArgs)
	}
	if d, err := ev.Args.Data(); err != nil || broker.Text(d) != "hello world" {
		t.Errorf("first argument %v, %v", d, err)
	}
	if at, ok := ev.Time(); !ok || at != 1e9 {
		t.Errorf("time %d, %v", at, ok)
	}
	var keys []uint64
	for key, value := range ev.Metadata() {
		keys = append(keys, key)
		if d, err := value.Data(); err != nil || value.Remaining() != 0 {
			t.Errorf("metadata %d: %v, %v, %d bytes behind it", key, d, err, value.Remaining())
		}
	}
	if len(keys) != 2 || keys[0] != wire.MetaUserFirst || keys[1] != wire.MetaNetworkTimestamp {
		t.Errorf("metadata keys %v", keys)
	}
}

func TestEventWithoutTime(t *testing.T) {
	t.Parallel()
	ev, err := wire.ParseEvent(wire.AppendEventHeader(nil, "e", 0))
	if err != nil || ev.Meta != nil {
		t.Fatalf("%+v, %v", ev, err)
	}
	if at, ok := ev.Time(); ok {
		t.Errorf("time %d from nowhere", at)
	}
}

func TestParseEventShapes(t *testing.T) {
	t.Parallel()
	const head = "0e03 020000000000000001 020000000000000001 "
	tests := []struct {
		name, in string
		want     error // nil: accepted
	}{
		{"minimal", head + "0e02 0500 0e00", nil},
		{"more elements outside", "0e04 020000000000000001 020000000000000001 0e02 0500 0e00 00", nil},
		{"more elements inside", head + "0e04 0500 0e00 0e00 00", nil},
		{"unknown metadata", head + "0e03 0500 0e00 0e01 0e02 0200000000000000c8 0500", nil},
		{"not a vector", "0c00", wire.ErrShape},
		{"two elements", "0e02 020000000000000001 020000000000000001", wire.ErrShape},
		{"version 2", "0e03 020000000000000002 020000000000000001 0e02 0500 0e00", wire.ErrShape},
		{"version an integer", "0e03 030000000000000001 020000000000000001 0e02 0500 0e00", wire.ErrShape},
		{"another type", "0e03 020000000000000001 020000000000000004 0e02 0500 0e00", wire.ErrShape},
		{"type 6", "0e03 020000000000000001 020000000000000006 0e02 0500 0e00", wire.ErrShape},
		{"type 257", "0e03 020000000000000001 020000000000000101 0e02 0500 0e00", wire.ErrShape},
		{"content no vector", head + "0d00", wire.ErrShape},
		{"one element of content", head + "0e01 0500", wire.ErrShape},
		{"name an enum", head + "0e02 0b00 0e00", wire.ErrShape},
		{"arguments a set", head + "0e02 0500 0c00", wire.ErrShape},
		{"metadata a table", head + "0e03 0500 0e00 0d00", wire.ErrShape},
		{"metadata of singles", head + "0e03 0500 0e00 0e01 0e01 020000000000000001", wire.ErrShape},
		{"metadata key a string", head + "0e03 0500 0e00 0e01 0e02 0500 00", wire.ErrShape},
		{"time a count", head + "0e03 0500 0e00 0e01 0e02 020000000000000001 020000000000000001", wire.ErrShape},
		{"cut in the metadata", head + "0e03 0500 0e00 0e01 0e02 020000000000000001 09", wire.ErrTruncated},
		{"cut in the name", head + "0e02 0505 0e00", wire.ErrTruncated},
		{"bad argument before metadata", head + "0e03 0500 0e01 0f 0e00", wire.ErrTag},
		{"nothing", "", wire.ErrTruncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := wire.ParseEvent(bin(t, tt.in)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestParseBatchShapes(t *testing.T) {
	t.Parallel()
	const (
		one   = "020000000000000001 "
		batch = "0e03 " + one + "020000000000000005 "
		event = "0e03 " + one + one + "0e02 0500 0e00 "
		write = "0e03 " + one + "020000000000000003 "
	)
	tests := []struct {
		name, in string
		want     error
	}{
		{"empty", batch + "0e00", nil},
		{"event and log write", batch + "0e02 " + event + write + "0e04 0b00 0b00 0500 0500", nil},
		{"messages with more elements", batch + "0e02 " + "0e04 " + one + one + "0e04 0500 0e00 0e00 0500 00 " + event, nil},
		{"log create with five elements", batch + "0e01 0e03 " + one + "020000000000000002 0e05 0b00 0b00 00 0e00 00", nil},
		{"an event, not a batch", event, wire.ErrShape},
		{"one bad among good", batch + "0e02 " + event + "0e00", wire.ErrShape},
		{"log write without data", batch + "0e01 " + write + "0e03 0b00 0b00 0500", wire.ErrShape},
		{"log write with a count for a path", batch + "0e01 " + write + "0e04 0b00 0b00 " + one + "0500", wire.ErrShape},
		{"unknown type within", batch + "0e01 0e03 " + one + "020000000000000009 0e00", wire.ErrShape},
		{"trailing byte", batch + "0e00 00", wire.ErrTrailing},
		{"cut short", batch + "0e02 " + event, wire.ErrTruncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := wire.ParseBatch(bin(t, tt.in)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	deep := bytes.Repeat(bin(t, batch+"0e01"), wire.MaxDepth)
	if _, err := wire.ParseBatch(deep); !errors.Is(err, wire.ErrDepth) {
		t.Errorf("batches in batches: got %v, want %v", err, wire.ErrDepth)
	}
}
