package broker_test

import (
	"bytes"
	"fmt"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/internal/vectors"
	"moonpeer/net/wire"
)

func TestVectorTexts(t *testing.T) {
	t.Parallel()
	for _, v := range vectors.LoadData(t).Vectors {
		d, err := wire.DecodeData(v.Bin)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		// Broker's own text of a subnormal is that of the value it was
		// given, not of what it put on the wire.
		if v.Name == "real-denorm-min" || v.Name == "real-denorm-2e-310" {
			continue
		}
		if got := broker.AppendText(nil, d); !bytes.Equal(got, v.TextBytes()) {
			t.Errorf("%s: text %q, want %q", v.Name, got, v.TextBytes())
		}
	}
}

func TestVectorCompare(t *testing.T) {
	t.Parallel()
	for _, v := range vectors.LoadData(t).Compare {
		a, err := wire.DecodeData(v.A)
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		b, err := wire.DecodeData(v.B)
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		if got := broker.Compare(a, b); got != v.Cmp {
			t.Errorf("%s: Compare %d, want %d", v.Name, got, v.Cmp)
		}
		if got := broker.Compare(b, a); got != -v.Cmp {
			t.Errorf("%s: Compare backwards %d, want %d", v.Name, got, -v.Cmp)
		}
		if got := broker.Equal(a, b); got != v.Eq {
			t.Errorf("%s: Equal %v, want %v", v.Name, got, v.Eq)
		}
	}
}

func TestVectorConversions(t *testing.T) {
	t.Parallel()
	deviations := vectors.NewDeviations(map[string]string{
		"subnet 1.2.3.4/33": "Broker makes it ::/0 without a word",
		"port 99999/tcp":    "Broker takes it modulo 65536",
		"port abc/tcp":      "Broker reads no digits as 0",
	})
	for _, v := range vectors.LoadData(t).Convert {
		deviations.Check(t, v.Type+" "+v.In, conversion(v))
	}
	deviations.Done(t)
}

// conversion says what is different from the vector.
func conversion(v vectors.Convert) string {
	var (
		d   broker.Data
		err error
	)
	switch v.Type {
	case "address":
		d, err = broker.ParseAddress(v.In)
	case "subnet":
		d, err = broker.ParseSubnet(v.In)
	case "port":
		d, err = broker.ParsePort(v.In)
	default:
		return "unknown type " + v.Type
	}
	switch {
	case err != nil && v.OK:
		return err.Error()
	case err != nil:
		return ""
	case !v.OK:
		return "accepted as " + broker.Text(d)
	}
	if got := broker.Text(d); got != v.Text {
		return fmt.Sprintf("text %q, want %q", got, v.Text)
	}
	if got := wire.AppendData(nil, d); !bytes.Equal(got, v.Bin) {
		return fmt.Sprintf("bytes %x, want %x", got, v.Bin)
	}
	return ""
}
