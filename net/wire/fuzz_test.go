package wire_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"moonpeer/net/internal/vectors"
	"moonpeer/net/wire"
)

func FuzzDecodeData(f *testing.F) {
	data := vectors.LoadData(f)
	for _, v := range data.Vectors {
		f.Add([]byte(v.Bin))
	}
	for _, v := range data.BinDecode {
		f.Add([]byte(v.Bin))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := wire.NewReader(b)
		skipped := r.Skip()
		d, err := wire.DecodeData(b)
		if err != nil {
			if skipped == nil && r.Remaining() == 0 && !errors.Is(err, wire.ErrDuplicate) {
				t.Fatalf("read over, but not decoded: %v", err)
			}
			return
		}
		if skipped != nil || r.Remaining() != 0 {
			t.Fatalf("decoded, but not read over: %v, %d left", skipped, r.Remaining())
		}
		canonical := wire.AppendData(nil, d)
		again, err := wire.DecodeData(canonical)
		if err != nil {
			t.Fatalf("canonical form %x refused: %v", canonical, err)
		}
		// Bytes are compared, since NaN equals nothing.
		if got := wire.AppendData(nil, again); !bytes.Equal(got, canonical) {
			t.Fatalf("canonical form %x encoded again: %x", canonical, got)
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	for _, m := range vectors.LoadMessages(f) {
		f.Add([]byte(m.Payload))
	}
	f.Add(ping())
	f.Fuzz(func(t *testing.T, b []byte) {
		if ev, err := wire.ParseEvent(b); err == nil {
			checkParsedEvent(t, b, ev)
		}
		batch, err := wire.ParseBatch(b)
		if err != nil {
			return
		}
		n := batch.Len()
		for m, ok := batch.Next(); ok; m, ok = batch.Next() {
			n--
			if typ, _, err := wire.ParseZeekHeader(m); err != nil {
				t.Fatalf("message of a batch: %v", err)
			} else if typ == wire.ZeekEvent {
				if _, err := wire.ParseEvent(m); err != nil {
					t.Fatalf("event of a batch: %v", err)
				}
			}
		}
		if n != 0 {
			t.Fatalf("%d messages of a batch were not there", n)
		}
	})
}

// checkParsedEvent writes an event anew from its parts, if its arguments are
// good, and expects the same parts.
func checkParsedEvent(t *testing.T, b []byte, ev wire.Event) {
	ev.Time()
	args := ev.Args
	for range ev.NArgs {
		if args.Skip() != nil {
			return
		}
	}
	raw := ev.Args.Rest()[:args.Offset()-ev.Args.Offset()]
	start := wire.AppendEventHeader
	if ev.Meta != nil {
		start = wire.AppendEventHeaderMeta
	}
	anew := append(append(start(nil, string(ev.Name), ev.NArgs), raw...), ev.Meta...)
	back, err := wire.ParseEvent(anew)
	if err != nil || !bytes.Equal(back.Name, ev.Name) || back.NArgs != ev.NArgs || !bytes.Equal(back.Meta, ev.Meta) {
		t.Fatalf("%x became %x: %+v, %v", b, anew, back, err)
	}
}

func FuzzParseFrame(f *testing.F) {
	for _, m := range vectors.LoadMessages(f) {
		if m.Node == nil {
			continue
		}
		f.Add([]byte(m.Node))
		h, payload, err := wire.ParseBrokerFrame(m.Node)
		if err != nil {
			f.Fatal(err)
		}
		h.Origin, h.LastHop, h.Seq = h.LastHop, idC, 7
		ours, err := wire.AppendFrame(nil, &h, payload, wire.DefaultMaxFrame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ours[wire.LengthSize:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, payload, err := wire.ParseFrame(b); err == nil {
			got, err := wire.AppendFrame(nil, &h, payload, len(b))
			if err != nil || !bytes.Equal(got[wire.LengthSize:], b) {
				t.Fatalf("%x became %x, %v", b, got, err)
			}
		}
		if h, payload, err := wire.ParseBrokerFrame(b); err == nil {
			got, err := wire.AppendBrokerFrame(nil, &h, payload, len(b))
			if err != nil || !bytes.Equal(got[wire.LengthSize:], b) {
				t.Fatalf("Broker's %x became %x, %v", b, got, err)
			}
		}
	})
}

func FuzzParseHandshake(f *testing.F) {
	for _, m := range vectors.LoadMessages(f) {
		if m.Kind == "handshake" {
			f.Add([]byte(m.Payload))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.ParseHandshake(b)
		if err != nil {
			return
		}
		frame := wire.AppendHandshake(nil, m)
		back, err := wire.ParseHandshake(frame[wire.LengthSize:])
		if err != nil || !reflect.DeepEqual(back, m) {
			t.Fatalf("%+v became %+v, %v", m, back, err)
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	for _, m := range vectors.LoadMessages(f) {
		if m.Kind == "store-command" {
			f.Add([]byte(m.Payload))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := wire.ParseCommand(b)
		if err != nil {
			return
		}
		anew := wire.AppendCommand(nil, &c)
		back, err := wire.ParseCommand(anew)
		if err != nil || !reflect.DeepEqual(back, c) {
			t.Fatalf("%+v became %+v, %v", c, back, err)
		}
	})
}
