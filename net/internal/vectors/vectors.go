package vectors

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Hex is a byte string, hexadecimal in the file.
type Hex []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// Value is one value in all three forms.
type Value struct {
	Name          string
	Type          string
	Value         string // for people; of reals it holds the IEEE bits
	Bin           Hex
	JSON          *string
	JSONHex       Hex `json:"json_hex"`
	Text          *string
	TextHex       Hex  `json:"text_hex"`
	JSONDecodeOK  bool `json:"json_decode_ok"`
	JSONSameBin   bool `json:"json_roundtrip_same_bin"`
	JSONDecodeBin Hex  `json:"json_roundtrip_bin"` // where JSON loses something
}

// JSONBytes returns the JSON form.
func (v *Value) JSONBytes() []byte {
	if v.JSON == nil {
		return v.JSONHex
	}
	return []byte(*v.JSON)
}

// TextBytes returns the text form.
func (v *Value) TextBytes() []byte {
	if v.Text == nil {
		return v.TextHex
	}
	return []byte(*v.Text)
}

// JSONDecode is a JSON text, and what Broker made of it.
type JSONDecode struct {
	Name  string
	JSON  string
	OK    bool
	Error string
	Bin   Hex
	Text  string
}

// BinDecode is a byte string, and what Broker made of it.
type BinDecode struct {
	Name      string
	Bin       Hex
	OK        bool    `json:"data_ok"`
	Text      *string `json:"data_text"`
	TextHex   Hex     `json:"data_text_hex"`
	Reencoded Hex     `json:"data_reencoded"`
}

// Varbyte is a number as a length.
type Varbyte struct {
	Value uint32
	Bin   Hex
}

// Compare is a comparison.
type Compare struct {
	Name string
	A, B Hex
	Cmp  int
	Eq   bool
}

// Convert is a text of a given kind, and what Broker made of it.
type Convert struct {
	Type string
	In   string
	OK   bool
	Text string
	Bin  Hex
}

// Data is data.json.
type Data struct {
	Vectors    []Value
	JSONDecode []JSONDecode `json:"json_decode"`
	BinDecode  []BinDecode  `json:"bin_decode"`
	Varbyte    []Varbyte
	Compare    []Compare
	Convert    []Convert `json:"string_convert"`
}

// Message is one message with its frame.
type Message struct {
	Name     string
	Kind     string // handshake, data, zeek-event, store-command, …
	TypeTag  uint8  `json:"type_tag"`
	Payload  Hex
	Frame    Hex
	Text     string
	Sender   string
	Receiver string
	TTL      uint16
	Topic    string
	Node     Hex `json:"node_message"`
	JSON     string
	DataText string `json:"data_text"`

	CommandIndex uint8  `json:"command_index"`
	Seq          uint64 // of a store command
	CmdSender    string `json:"cmd_sender"`   // endpoint#object
	CmdReceiver  string `json:"cmd_receiver"` // endpoint#object
}

// LoadData reads data.json.
func LoadData(t testing.TB) *Data {
	t.Helper()
	var d Data
	load(t, "data.json", &d)
	return &d
}

// LoadMessages reads messages.json.
func LoadMessages(t testing.TB) []Message {
	t.Helper()
	var f struct{ Vectors []Message }
	load(t, "messages.json", &f)
	return f.Vectors
}

func load(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "tests/interop/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// root finds the repository from the folder the test runs in.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
}
