package wirejson_test

import (
	"bytes"
	"fmt"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/internal/vectors"
	"moonpeer/net/wire"
	"moonpeer/net/wirejson"
)

func TestVectorsEncode(t *testing.T) {
	t.Parallel()
	deviations := vectors.NewDeviations(map[string]string{
		"string-bs-ff-vt":      `Broker writes \v, which is no JSON`,
		"string-nul":           "Broker writes NUL raw, which is no JSON",
		"string-ctrl-01-1f-7f": "Broker writes control characters raw, which is no JSON",
		"real-inf":             "Broker writes inf, which is no JSON",
		"real-neg-inf":         "Broker writes -inf, which is no JSON",
		"real-nan":             "Broker writes nan, which is no JSON",
		"set-reals":            "there is an infinity in it",
		"real-denorm-min":      "what the binary form holds is not what Broker was given",
		"real-denorm-2e-310":   "the same",
	})
	for _, v := range vectors.LoadData(t).Vectors {
		got := wirejson.AppendData(nil, value(t, v.Bin))
		problem := ""
		if !bytes.Equal(got, v.JSONBytes()) {
			problem = fmt.Sprintf("encoded %s, want %s", got, v.JSONBytes())
		}
		deviations.Check(t, v.Name, problem)
	}
	deviations.Done(t)
}

func TestVectorsDecode(t *testing.T) {
	t.Parallel()
	const tooLarge = "Broker can't read its own integer digits beyond 64 bits"
	deviations := vectors.NewDeviations(map[string]string{
		"real-1e21":                    tooLarge,
		"real-1e22":                    tooLarge,
		"real-1e100":                   tooLarge,
		"real-max":                     tooLarge,
		"real-lowest":                  tooLarge,
		"timespan-9223372036854775807": "Broker goes through a double and overflows",
		"subnet-unchecked-len-200":     "Broker makes 10.0.0.0/104 ::/0 without a word",
	})
	for _, v := range vectors.LoadData(t).Vectors {
		want := v.Bin
		if v.JSONDecodeBin != nil {
			want = v.JSONDecodeBin // JSON has fewer digits
		}
		deviations.Check(t, v.Name, decoding(v.JSONBytes(), v.JSONDecodeOK, want))
	}
	deviations.Done(t)
}

func TestVectorsDecodeOnly(t *testing.T) {
	t.Parallel()
	const (
		modulo = "Broker takes ports modulo 65536"
		noNum  = "Broker takes no digits as 0"
		zeroed = "Broker makes it ::/0 without a word"
	)
	deviations := vectors.NewDeviations(map[string]string{
		"string-escapes":                 `Broker reads \/ as a question mark`,
		"subnet-10.0.0.0/33":             zeroed,
		"subnet-2001:db8::/129":          zeroed,
		"subnet-10.0.0.0/8x":             "Broker ignores what follows the number",
		"port-65536/tcp":                 modulo,
		"port--1/tcp":                    modulo,
		"port-/tcp":                      noNum,
		"timespan-9223372036854775807ns": "Broker goes through a double and overflows",
	})
	for _, v := range vectors.LoadData(t).JSONDecode {
		problem := decoding([]byte(v.JSON), v.OK, v.Bin)
		if problem == "" && !v.OK {
			problem = refusal([]byte(v.JSON), v.Error)
		}
		deviations.Check(t, v.Name, problem)
	}
	deviations.Done(t)
}

// decoding says what is different from Broker in reading doc as a value. The
// order of a set in want is the sender's.
func decoding(doc []byte, ok bool, want []byte) string {
	d, err := wirejson.DecodeData(doc)
	switch {
	case err != nil && ok:
		return err.Error()
	case err != nil:
		return ""
	case !ok:
		return "accepted as " + broker.Text(d)
	}
	w, err := wire.DecodeData(want)
	if err != nil {
		return err.Error()
	}
	if got, want := wire.AppendData(nil, d), wire.AppendData(nil, w); !bytes.Equal(got, want) {
		return fmt.Sprintf("decoded %s (%x), want %s (%x)", broker.Text(d), got, broker.Text(w), want)
	}
	return ""
}

// refusal says what is different in the error.
func refusal(doc []byte, want string) string {
	_, err := wirejson.DecodeData(doc)
	got := broker.CodeOf(err).String()
	if got == broker.DeserializationFailed.String() {
		got += `("failed to parse data")`
	}
	if got != want {
		return fmt.Sprintf("refused with %v, want %s", err, want)
	}
	return ""
}

func TestMessages(t *testing.T) {
	t.Parallel()
	deviations := vectors.NewDeviations(map[string]string{
		"log-write": "Broker writes control characters raw, which is no JSON",
	})
	seen := 0
	for _, v := range vectors.LoadMessages(t) {
		if v.JSON == "" {
			continue
		}
		seen++
		got := wirejson.AppendMessage(nil, v.Topic, value(t, v.Payload))
		problem := ""
		if string(got) != v.JSON {
			problem = fmt.Sprintf("encoded %s, want %s", got, v.JSON)
		}
		deviations.Check(t, v.Name, problem)
		checkMessage(t, v.Topic, got)
		if v.Name != "log-write" { // there is a NUL in it, which Broker can't read either
			checkMessage(t, v.Topic, []byte(v.JSON))
		}
	}
	deviations.Done(t)
	if seen != 21 {
		t.Errorf("%d messages with JSON, want 21", seen)
	}
}

// checkMessage reads a message and expects to write the same.
func checkMessage(t *testing.T, topic string, doc []byte) {
	t.Helper()
	m, err := wirejson.DecodeMessage(doc)
	if err != nil {
		t.Errorf("%s: %v", doc, err)
		return
	}
	if m.Topic != topic || !m.HasTopic || m.Type != "data-message" {
		t.Errorf("%s: topic %q, type %q", doc, m.Topic, m.Type)
	}
	if again := wirejson.AppendMessage(nil, m.Topic, m.Data); !bytes.Equal(again, doc) {
		t.Errorf("%s came back as %s", doc, again)
	}
}

func value(t *testing.T, b []byte) broker.Data {
	t.Helper()
	d, err := wire.DecodeData(b)
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	return d
}
