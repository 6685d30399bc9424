package convert

import (
	"bytes"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// TestRoundTrips takes values of random types through every way there is. What comes back must be the same bytes:
// they are canonical, as Broker writes them.
func TestRoundTrips(t *testing.T) {
	v := newVM(t)
	rapid.Check(t, func(t *rapid.T) {
		ty := drawType(t, 3)
		d := drawData(t, ty)
		want := wire.AppendData(nil, d)

		same := func(way string, got []byte, err error) {
			t.Helper()
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s: %s, %s:\ngot  %x, %v\nwant %x", way, ty, broker.Text(d), got, err, want)
			}
		}
		r := wire.NewReader(want)
		val, err := v.DecodeTyped(&r, ty)
		if err != nil {
			t.Fatalf("decoding %s, %s: %v", ty, broker.Text(d), err)
		}
		if r.Remaining() != 0 {
			t.Fatalf("%d bytes left", r.Remaining())
		}
		got, err := v.AppendTyped(nil, ty, val)
		same("bytes, Lua, bytes", got, err)

		checked, err := v.Check(ty, val)
		if err != nil || checked != val {
			t.Fatalf("Check: got %v, %v", checked, err)
		}

		st, err := v.ToStored(ty, val)
		if err != nil {
			t.Fatal(err)
		}
		got, err = v.AppendStored(nil, ty, st)
		same("Lua, stored, bytes", got, err)
		got, err = v.AppendTyped(nil, ty, v.FromStored(ty, st))
		same("stored, Lua, bytes", got, err)

		r = wire.NewReader(want)
		st, err = v.DecodeStored(&r, ty)
		if err != nil {
			t.Fatal(err)
		}
		got, err = v.AppendStored(nil, ty, st)
		same("bytes, stored, bytes", got, err)

		back, err := v.ToData(val, ty)
		if err != nil || !broker.Equal(back, d) {
			t.Fatalf("ToData: got %s, %v, want %s", broker.Text(back), err, broker.Text(d))
		}
		val, err = v.FromData(d, ty)
		if err != nil {
			t.Fatal(err)
		}
		got, err = v.AppendTyped(nil, ty, val)
		same("FromData", got, err)
	})
}

// TestUndeclaredSettles: where nothing is declared the kind of a number may change on the first way through Lua,
// and nothing on the second.
func TestUndeclaredSettles(t *testing.T) {
	v := newVM(t)
	rapid.Check(t, func(t *rapid.T) {
		d := drawData(t, Any)
		first := v.throughLua(t, wire.AppendData(nil, d))
		if second := v.throughLua(t, first); !bytes.Equal(first, second) {
			t.Fatalf("%s:\nfirst  %x\nsecond %x", broker.Text(d), first, second)
		}
	})
}

func (v vm) throughLua(t *rapid.T, b []byte) []byte {
	r := wire.NewReader(b)
	out, err := v.DecodeArgs(&r, 1, nil, nil)
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	got, err := v.AppendArgs(nil, nil, out)
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	if _, err := wire.DecodeData(got); err != nil {
		t.Fatalf("%x came out as %x: %v", b, got, err)
	}
	return got
}

// TestKeysOrderLikeBroker is what wire order, print order and duplicates rest on.
func TestKeysOrderLikeBroker(t *testing.T) {
	v := newVM(t)
	rapid.Check(t, func(t *rapid.T) {
		ty := drawKeyType(t)
		a, b := drawData(t, ty), drawData(t, ty)
		ka, kb := v.key(t, ty, a), v.key(t, ty, b)
		if got, want := bytes.Compare(ka, kb), broker.Compare(a, b); got != want {
			t.Fatalf("%s with %s: keys %x, %x compare %d, want %d", broker.Text(a), broker.Text(b), ka, kb, got, want)
		}
		if w := ty.KeyWidth(); w > 0 && len(ka) != w {
			t.Fatalf("%s: %d bytes, want %d", ty, len(ka), w)
		}
	})
}

// TestAnyKeysOrderLikeBroker mixes the kinds. Numbers have their default kinds.
func TestAnyKeysOrderLikeBroker(t *testing.T) {
	v := newVM(t)
	rapid.Check(t, func(t *rapid.T) {
		var keys [2][]byte
		var data [2]broker.Data
		for i := range keys {
			d := drawData(t, drawKeyType(t))
			if f, ok := d.(broker.Real); ok && f == 0 {
				d = broker.Real(0)
			}
			r := wire.NewReader(wire.AppendData(nil, d))
			dec := decoder{s: v.Space, r: r}
			var err error
			if keys[i], err = dec.readKey(nil, Any, true); err != nil {
				t.Fatal(err)
			}
			data[i] = d
			out, _, ok := appendKeyWire(nil, Any, keys[i], true)
			if want := wire.AppendData(nil, d); !ok || !v.sameValue(out, want) {
				t.Fatalf("%s: back on the wire %x, want %x", broker.Text(d), out, want)
			}
			if v.KeyToLua(Any, keys[i]) == lua.LNil {
				t.Fatalf("%s: no Lua value", broker.Text(d))
			}
		}
		if got, want := bytes.Compare(keys[0], keys[1]), broker.Compare(data[0], data[1]); got != want {
			t.Fatalf("%s with %s: keys %x, %x compare %d, want %d", broker.Text(data[0]), broker.Text(data[1]),
				keys[0], keys[1], got, want)
		}
	})
}

// key makes a key of d in two ways and takes it back in two.
func (v vm) key(t *rapid.T, ty *Type, d broker.Data) []byte {
	val, err := v.FromData(d, ty)
	if err != nil {
		t.Fatal(err)
	}
	key, err := v.AppendKey(nil, ty, val)
	if err != nil {
		t.Fatal(err)
	}
	b := wire.AppendData(nil, d)
	dec := decoder{s: v.Space, r: wire.NewReader(b)}
	if direct, err := dec.readKey(nil, ty, true); err != nil || !bytes.Equal(direct, key) {
		t.Fatalf("%s: from the wire %x, %v, from Lua %x", broker.Text(d), direct, err, key)
	}
	if back := v.KeyToLua(ty, key); back != val {
		t.Fatalf("%s: back in Lua %s", broker.Text(d), AppendText(nil, back))
	}
	if out, rest, ok := appendKeyWire(nil, ty, key, true); !ok || len(rest) > 0 || !v.sameValue(out, b) {
		t.Fatalf("%s: back on the wire %x, want %x", broker.Text(d), out, b)
	}
	return key
}

// sameValue allows for the zero that has a sign.
func (v vm) sameValue(a, b []byte) bool {
	x, err := wire.DecodeData(a)
	if err != nil {
		return false
	}
	y, err := wire.DecodeData(b)
	return err == nil && broker.Equal(x, y)
}

// TestJSONRoundTrips leaves out what JSON can't say: bytes that are no UTF-8, NaN and infinities.
func TestJSONRoundTrips(t *testing.T) {
	v := newVM(t)
	rapid.Check(t, func(t *rapid.T) {
		ty := drawType(t, 3)
		d := drawData(t, ty)
		val, err := v.FromData(d, ty)
		if err != nil {
			t.Fatal(err)
		}
		text, err := v.AppendJSON(nil, val)
		if err != nil || bytes.Contains(text, []byte("\uFFFD")) {
			t.Skip("not JSON")
		}
		decoded, err := DecodeJSON(string(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		back, err := v.FromJSON(decoded, ty)
		if err != nil {
			t.Fatalf("%s as %s: %v", text, ty, err)
		}
		again, err := v.ToData(back, ty)
		if err != nil || !broker.Equal(again, d) {
			t.Fatalf("%s as %s: got %s, %v, want %s", text, ty, broker.Text(again), err, broker.Text(d))
		}
	})
}

// TestPrintNeverFails also looks at the messages about values.
func TestPrintNeverFails(t *testing.T) {
	v := newVM(t)
	rapid.Check(t, func(t *rapid.T) {
		ty := drawType(t, 3)
		val, err := v.FromData(drawData(t, ty), ty)
		if err != nil {
			t.Fatal(err)
		}
		if text := v.AppendPrint(nil, val); len(text) == 0 && ty.Kind != KindString && ty.Kind != KindEnum {
			t.Fatal("no text")
		}
		Describe(val)
	})
}

// FuzzDecodeArgs feeds bytes to a signature with every kind in it, and to none. What is accepted must be encodable
// again.
func FuzzDecodeArgs(f *testing.F) {
	v := newVM(f)
	v.record(f, "EX::info", "a", "addr", "s", "string?", "t", "table[addr, port] of vector of count", "e", "enum",
		"sub", "EX::sub?", "x", "any")
	v.record(f, "EX::sub", "n", "subnet", "s", "string", "sub", "EX::sub?")
	sig := v.sig(f, "set[string, real], EX::info, vector of EX::sub, int, any?, bool?, time?, interval?, count?")
	full, err := v.AppendArgs(nil, sig, v.fuzzSeed(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte("\x0e\x03\x02\x00\x00\x00\x00\x00\x00\x00\x01\x0c\x02\x01\x00\x01\x01\x0d\x01\x05\x01a\x04\x40\x04\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, sig := range []*Signature{sig, nil} {
			r := wire.NewReader(b)
			n := 1
			if sig != nil {
				n = len(sig.Args)
			}
			args, err := v.DecodeArgs(&r, n, sig, nil)
			if err != nil {
				_ = err.Error()
				continue
			}
			out, err := v.AppendArgs(nil, sig, args)
			if err != nil {
				t.Fatalf("accepted %x, but can't send it: %v", b, err)
			}
			r = wire.NewReader(out)
			again, err := v.DecodeArgs(&r, n, sig, nil)
			if err != nil {
				t.Fatalf("%x came out as %x: %v", b, out, err)
			}
			out2, err := v.AppendArgs(nil, sig, again)
			if err != nil || !bytes.Equal(out, out2) {
				t.Fatalf("not settled: %x, then %x, %v", out, out2, err)
			}
			for _, a := range args {
				v.AppendPrint(nil, a)
				_, _ = v.AppendJSON(nil, a)
			}
		}
	})
}

func (v vm) fuzzSeed(t testing.TB) []lua.LValue {
	sub := v.L.NewTable()
	sub.RawSetString("n", v.parse(t, KindSubnet, "10.0.0.0/8"))
	sub.RawSetString("s", lua.LString("x"))
	info := v.L.NewTable()
	info.RawSetString("a", v.parse(t, KindAddr, "10.0.0.1"))
	info.RawSetString("t", v.L.NewTable())
	info.RawSetString("e", v.parse(t, KindEnum, "A::B"))
	info.RawSetString("sub", sub)
	info.RawSetString("x", lua.LNumber(5))
	tup, err := v.Tuple(lua.LString("a"), lua.LNumber(1.5))
	if err != nil {
		t.Fatal(err)
	}
	return []lua.LValue{v.bagOf(t, "set[string, real]", tup), info, v.L.NewTable(), lua.LNumber(-5)}
}
