package convert

import (
	"fmt"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// threeArgs is the event that the project's budget is about.
func threeArgs(t testing.TB) (v vm, sig *Signature, args []lua.LValue, payload []byte) {
	v = newVM(t)
	sig = v.sig(t, "name: string, n: count, src: addr")
	args = []lua.LValue{lua.LString("a-name-of-22-characters"[:22]), lua.LNumber(123456), v.parse(t, KindAddr, "10.1.2.3")}
	payload, err := v.AppendArgs(nil, sig, args)
	if err != nil {
		t.Fatal(err)
	}
	return v, sig, args, payload
}

func BenchmarkEncode3Args(b *testing.B) {
	v, sig, args, payload := threeArgs(b)
	for _, c := range []struct {
		name string
		sig  *Signature
	}{{"typed", sig}, {"default", nil}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(payload)))
			buf := make([]byte, 0, 256)
			for b.Loop() {
				if _, err := v.AppendArgs(buf, c.sig, args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode3Args(b *testing.B) {
	v, sig, _, payload := threeArgs(b)
	for _, c := range []struct {
		name string
		sig  *Signature
	}{{"typed", sig}, {"untyped", nil}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(payload)))
			out := make([]lua.LValue, 0, 8)
			for b.Loop() {
				r := wire.NewReader(payload)
				if _, err := v.DecodeArgs(&r, 3, c.sig, out[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkIntern(b *testing.B) {
	v := newVM(b)
	b.Run("last", func(b *testing.B) {
		b.ReportAllocs()
		a := broker.AddressFrom4([4]byte{10, 0, 0, 1})
		keep := v.Address(a)
		for b.Loop() {
			v.Address(a)
		}
		_ = keep
	})
	b.Run("hit", func(b *testing.B) {
		b.ReportAllocs()
		var keep []lua.LValue
		for i := range 4096 {
			keep = append(keep, v.Address(broker.AddressFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})))
		}
		i := 0
		for b.Loop() {
			i++
			v.Address(broker.AddressFrom4([4]byte{10, 1, byte(i >> 8 & 15), byte(i)}))
		}
		_ = keep
	})
	b.Run("miss", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			i++
			v.Address(broker.AddressFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}))
		}
	})
	b.Run("time", func(b *testing.B) {
		b.ReportAllocs()
		i := broker.Timestamp(0)
		for b.Loop() {
			i += 1000
			v.Time(i)
		}
	})
}

// tenFields is a record as connection logs have them.
func tenFields(t testing.TB) (v vm, typ *Type, value lua.LValue, payload []byte) {
	v = newVM(t)
	v.record(t, "EX::conn", "uid", "string", "orig_h", "addr", "orig_p", "port", "resp_h", "addr", "resp_p", "port",
		"start", "time", "duration", "interval?", "bytes", "count", "state", "string", "service", "string?")
	typ = v.typ(t, "EX::conn")
	L := v.L
	tb := L.NewTable()
	for k, val := range map[string]lua.LValue{
		"uid": lua.LString("CHhAvVGS1DHFjwGM9"), "orig_h": v.parse(t, KindAddr, "10.0.0.1"),
		"orig_p": v.parse(t, KindPort, "4242/tcp"), "resp_h": v.parse(t, KindAddr, "2001:db8::1"),
		"resp_p": v.parse(t, KindPort, "80/tcp"), "start": v.Time(1404901004123456000),
		"duration": v.Interval(1500), "bytes": lua.LNumber(123456), "state": lua.LString("SF"),
	} {
		tb.RawSetString(k, val)
	}
	payload, err := v.AppendTyped(nil, typ, tb)
	if err != nil {
		t.Fatal(err)
	}
	value, err = v.Check(typ, tb)
	if err != nil {
		t.Fatal(err)
	}
	return v, typ, value, payload
}

func BenchmarkRecord(b *testing.B) {
	v, typ, value, payload := tenFields(b)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 512)
		for b.Loop() {
			if _, err := v.AppendTyped(buf, typ, value); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode table", func(b *testing.B) {
		b.ReportAllocs()
		tb := v.L.NewTable()
		r, _ := AsRecord(value)
		for i := range r.typ.fields {
			tb.RawSetString(r.typ.fields[i].Name, r.Field(i))
		}
		buf := make([]byte, 0, 512)
		for b.Loop() {
			if _, err := v.AppendTyped(buf, typ, tb); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, fields := range []int{0, 1, 3, 10} {
		b.Run(fmt.Sprintf("decode, %d fields read", fields), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := wire.NewReader(payload)
				val, err := v.DecodeTyped(&r, typ)
				if err != nil {
					b.Fatal(err)
				}
				rec, _ := AsRecord(val)
				for i := range fields {
					rec.Field(i)
				}
			}
		})
	}
}

func BenchmarkLuaField(b *testing.B) {
	v, _, value, _ := tenFields(b)
	v.L.SetGlobal("r", value)
	fn, err := v.L.LoadString(`local r, n = r, 0 for i = 1, 1000 do n = r.bytes end`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		v.L.Push(fn)
		v.L.Call(0, 0)
	}
}

func BenchmarkSet1000(b *testing.B) {
	v := newVM(b)
	set := newBag(v.typ(b, "set[addr]"))
	for i := range 1000 {
		a := broker.AddressFrom4([4]byte{10, byte(i * 7), byte(i >> 8), byte(i)})
		set.Put(a[:], Stored{})
	}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		var err error
		if buf, err = v.AppendDefault(buf[:0], &set.ud); err != nil {
			b.Fatal(err)
		}
	}
}
