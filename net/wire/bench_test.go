package wire_test

import (
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

var client = broker.AddressFrom4([4]byte{192, 168, 1, 2})

// appendPing writes the event that Broker's own figures are for: 69 bytes.
func appendPing(b []byte, i uint64) []byte {
	b = wire.AppendEventHeader(b, "ping", 3)
	b = wire.AppendString(b, "hello world")
	b = wire.AppendCount(b, i)
	return wire.AppendAddress(b, client)
}

// readPing reads it down to the last argument.
func readPing(payload []byte) (uint64, error) {
	ev, err := wire.ParseEvent(payload)
	if err != nil {
		return 0, err
	}
	r := &ev.Args
	if _, err = r.Kind(); err != nil {
		return 0, err
	}
	if _, err = r.Bytes(); err != nil {
		return 0, err
	}
	if _, err = r.Kind(); err != nil {
		return 0, err
	}
	i, err := r.Count()
	if err != nil {
		return 0, err
	}
	if _, err = r.Kind(); err != nil {
		return 0, err
	}
	_, err = r.Address()
	return i, err
}

// conn is an event with a record like a line of conn.log.
func conn() broker.Data {
	tcp := func(n uint16) broker.Data { return broker.Port{Number: n, Proto: broker.TCP} }
	return broker.Vector{broker.Count(1), broker.Count(1), broker.Vector{broker.String("conn_line"), broker.Vector{broker.Vector{
		broker.Timestamp(1700000000123456789), broker.String("CHhAvVGS1DHFjwGM9"),
		broker.Vector{client, tcp(50123), client, tcp(443)},
		broker.Enum("tcp"), broker.String("ssl"), broker.Timespan(1234567890), broker.Count(1234), broker.Count(56789),
		broker.String("SF"), broker.Boolean(true), broker.Boolean(false), broker.Count(0),
		broker.String("ShADadfF"), broker.Count(20), broker.Count(2274), broker.None{}}}}}
}

func TestNoAllocation(t *testing.T) {
	buf := make([]byte, 0, 512)
	payload := appendPing(nil, 7)
	h := wire.Header{Type: wire.TypeData, TTL: wire.DefaultTTL, Seq: 1, Origin: idA, LastHop: idB, Receiver: idC, Topic: []byte("/zeek/events")}
	ours, err := wire.AppendFrame(nil, &h, payload, wire.DefaultMaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	brokers, err := wire.AppendBrokerFrame(nil, &h, payload, wire.DefaultMaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	value, timed, line, bad := conn(), ping(), wire.AppendData(nil, conn()), bin(t, "0e ffffffff0f")
	put := bin(t, "00 0503666f6f 03000000000000002a 00 22222222222252229222222222222222 0000000000000009")
	tests := map[string]func() error{
		"encode event": func() error { buf = appendPing(buf[:0], 7); return nil },
		"encode value": func() error { buf = wire.AppendData(buf[:0], value); return nil },
		"read event":   func() error { _, err := readPing(payload); return err },
		"read event time": func() error {
			ev, err := wire.ParseEvent(timed)
			ev.Time()
			return err
		},
		"skip": func() error { r := wire.NewReader(line); return r.Skip() },
		"refuse": func() error {
			r := wire.NewReader(bad)
			if r.Skip() == nil {
				t.Error("accepted")
			}
			return nil
		},
		"encode frame":          func() (err error) { buf, err = wire.AppendFrame(buf[:0], &h, payload, 1000); return err },
		"parse frame":           func() error { _, _, err := wire.ParseFrame(ours[wire.LengthSize:]); return err },
		"encode Broker's frame": func() (err error) { buf, err = wire.AppendBrokerFrame(buf[:0], &h, payload, 1000); return err },
		"parse Broker's frame":  func() error { _, _, err := wire.ParseBrokerFrame(brokers[wire.LengthSize:]); return err },
		"parse command":         func() error { _, err := wire.ParseCommandBody(put); return err },
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			if err := f(); err != nil {
				t.Fatal(err)
			}
			if n := testing.AllocsPerRun(100, func() { _ = f() }); n != 0 {
				t.Errorf("%v allocations, want none", n)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	buf := make([]byte, 0, 512)
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = appendPing(buf[:0], 7)
		}
		b.SetBytes(int64(len(buf)))
	})
	for name, d := range benchValues(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = wire.AppendData(buf[:0], d)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	payload := appendPing(nil, 7)
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(payload)))
		for b.Loop() {
			if _, err := readPing(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, d := range benchValues(b) {
		enc := wire.AppendData(nil, d)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(enc)))
			for b.Loop() {
				if _, err := wire.DecodeData(enc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"-skip", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(enc)))
			for b.Loop() {
				r := wire.NewReader(enc)
				if err := r.Skip(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchValues(b *testing.B) map[string]broker.Data {
	small, err := wire.DecodeData(appendPing(nil, 7))
	if err != nil {
		b.Fatal(err)
	}
	return map[string]broker.Data{"event-value": small, "conn-value": conn()}
}

func BenchmarkFrame(b *testing.B) {
	payload := appendPing(nil, 7)
	h := wire.Header{Type: wire.TypeData, TTL: wire.DefaultTTL, Seq: 1, Origin: idA, LastHop: idA, Topic: []byte("/zeek/events")}
	buf, err := wire.AppendFrame(nil, &h, payload, wire.DefaultMaxFrame)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = wire.AppendFrame(buf[:0], &h, payload, wire.DefaultMaxFrame)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := wire.ParseFrame(buf[wire.LengthSize:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
