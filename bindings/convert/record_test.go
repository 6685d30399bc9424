package convert

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// remoteRecord is a record that came from the wire.
func remoteRecord(t testing.TB, v vm) lua.LValue {
	v.record(t, "EX::id", "orig_h", "addr", "orig_p", "port", "resp_h", "addr", "resp_p", "port")
	v.record(t, "EX::conn", "uid", "string", "id", "EX::id", "note", "string?", "tags", "set[string]", "n", "count",
		"kind", "enum?", "net", "subnet?", "x", "any")
	a, b := broker.AddressFrom4([4]byte{10, 0, 0, 1}), broker.AddressFrom4([4]byte{10, 0, 0, 2})
	val, err := v.FromData(broker.Vector{
		broker.String("C1"),
		broker.Vector{a, broker.Port{Number: 1024, Proto: broker.TCP}, b, broker.Port{Number: 80, Proto: broker.TCP}},
		broker.None{}, mustSet(t, broker.String("t")), broker.Count(7), broker.Enum("A::B"), broker.None{}, broker.Real(1.5),
	}, v.typ(t, "EX::conn"))
	if err != nil {
		t.Fatal(err)
	}
	return val
}

func TestRecordInLua(t *testing.T) {
	v := luaVM(t)
	v.L.SetGlobal("c", remoteRecord(t, v))
	v.L.SetGlobal("each", v.L.NewFunction(func(L *lua.LState) int {
		L.Push(v.recordMT.RawGetString("__pairs"))
		L.Push(L.Get(1))
		L.Call(1, 3)
		return 3
	}))
	for _, c := range []struct{ expr, want string }{
		{`c.uid`, "C1"},
		{`c.id.resp_h`, "10.0.0.2"},
		{`c.id.resp_h == addr "10.0.0.2"`, "true"},
		{`c.id.orig_p.number`, "1024"},
		{`c.id == c.id`, "true"},
		{`c.tags == c.tags`, "true"},
		{`c.note`, "nil"},
		{`c.net`, "nil"},
		{`c.n + 1`, "8"},
		{`c.x`, "1.5"},
		{`c.kind.name`, "A::B"},
		{`tostring(c)`, "record EX::conn"},
		{`c.id.resp`, `error: record EX::id has no field "resp" (did you mean resp_h?)`},
		{`c[1]`, "error: record EX::conn has no field 1: fields are names"},
		{`getmetatable(c)`, "record"},
		{`(function() c.n = 8; return c.n end)()`, "8"},
		{`(function() c.note = "new"; return c.note end)()`, "new"},
		{`(function() c.note = nil; return c.note end)()`, "nil"},
		{`(function() c.id.resp_h = addr "::1"; return c.id.resp_h end)()`, "::1"},
		{`(function() c.n = "8" end)()`, `error: n: expected count, got string "8" (write 8)`},
		{`(function() c.n = nil end)()`, "error: EX::conn.n can't be unset: it is not optional"},
		{`(function() c.nn = 1 end)()`, `error: record EX::conn has no field "nn"`},
		{`(function() local s = "" for k, v in each(c) do s = s .. k .. " " end return s end)()`, "uid id tags n kind x "},
	} {
		if got := v.eval(c.expr); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
	d, err := v.ToData(v.L.GetGlobal("c"), nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = "(C1, (10.0.0.1, 1024/tcp, ::1, 80/tcp), nil, {t}, 8, A::B, nil, 1.500000)"
	if got := broker.Text(d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestStoredRecordIsTheSame: what is read from a map is what was stored, not a copy.
func TestStoredRecordIsTheSame(t *testing.T) {
	v := newVM(t)
	val := remoteRecord(t, v)
	ty := v.typ(t, "EX::conn")
	st, err := v.ToStored(ty, val)
	if err != nil {
		t.Fatal(err)
	}
	if v.FromStored(ty, st) != val {
		t.Error("another record comes back")
	}
	// In another VM, after a hot reload, it is a record of that VM.
	w := newVM(t)
	remoteRecord(t, w)
	w.L.SetGlobal("c", w.FromStored(w.typ(t, "EX::conn"), st))
	if got := w.eval("c.id.resp_h"); got != "10.0.0.2" {
		t.Errorf("after a hand-over: %s", got)
	}
	if got, err := w.Check(w.typ(t, "EX::conn"), w.L.GetGlobal("c")); err != nil || got == lua.LNil {
		t.Errorf("the other VM's declaration does not accept it: %v", err)
	}
}

// liveConn is a Go value that scripts see as an open record.
type liveConn struct {
	rt, idType *RecordType
	reads      map[int]int
}

func (c *liveConn) RecordType() *RecordType { return c.rt }

func (c *liveConn) Field(i int, s *Space) lua.LValue {
	c.reads[i]++
	switch c.rt.Field(i).Name {
	case "uid":
		return lua.LString("C1")
	case "id":
		return s.WrapRecord(&liveID{c.idType})
	}
	return nil
}

type liveID struct{ rt *RecordType }

func (id *liveID) RecordType() *RecordType { return id.rt }

func (id *liveID) Field(i int, s *Space) lua.LValue {
	return s.Address(broker.AddressFrom4([4]byte{10, 0, 0, byte(i)}))
}

func TestGoRecord(t *testing.T) {
	v := luaVM(t)
	idType := v.record(t, "conn_id2", "orig_h", "addr", "resp_h", "addr")
	rt, err := NewRecordType("connection", Field{"uid", Scalar(KindString)}, Field{"id", RecordOf(idType)},
		Field{"duration", Option(Scalar(KindInterval))})
	if err != nil {
		t.Fatal(err)
	}
	rt.Open = true
	if _, err := v.DeclareRecord(rt); err != nil {
		t.Fatal(err)
	}
	conn := &liveConn{rt: rt, idType: idType, reads: map[int]int{}}
	val := v.WrapRecord(conn)
	v.L.SetGlobal("c", val)
	for _, c := range []struct{ expr, want string }{
		{`c.uid`, "C1"},
		{`c.id.resp_h`, "10.0.0.1"},
		{`c.id == c.id`, "true"},
		{`c.duration`, "nil"},
		{`c.seen`, "nil"},
		{`(function() c.seen = {1, 2}; return c.seen[2] end)()`, "2"},
		{`(function() c.seen = nil; return c.seen end)()`, "nil"},
		{`(function() c.uid = "x" end)()`, "error: connection.uid can't be changed"},
		{`c.origin`, "nil"},
		{`c.resp_h`, `error: record connection has no field "resp_h" (did you mean id.resp_h?)`},
		{`(function() c.resp_h = 1; c.resp_h = nil; return c.resp_h end)()`, "nil"},
		{`c.dur`, `error: record connection has no field "dur" (did you mean duration?)`},
		{`c.uidd`, `error: record connection has no field "uidd" (did you mean uid?)`},
		{`c.id.resp`, `error: record conn_id2 has no field "resp" (did you mean resp_h?)`},
		{`(function() c.id.note = 1 end)()`, `error: record conn_id2 has no field "note"`},
	} {
		if got := v.eval(c.expr); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
	if conn.reads[1] != 1 {
		t.Errorf("the inner record was asked for %d times", conn.reads[1])
	}
	d, err := v.ToData(val, v.typ(t, "connection"))
	if got := broker.Text(d); err != nil || got != "(C1, (10.0.0.0, 10.0.0.1), nil)" {
		t.Errorf("on the wire: %s, %v", got, err)
	}
	st, err := v.ToStored(v.typ(t, "connection"), val)
	if err != nil || v.FromStored(v.typ(t, "connection"), st) != val {
		t.Errorf("stored and read back it is another: %v", err)
	}
	if got, ok := AsGoRecord(val); !ok || got != GoRecord(conn) {
		t.Error("AsGoRecord")
	}
}

func TestNewRecord(t *testing.T) {
	v := newVM(t)
	rt := v.record(t, "EX::info", "a", "addr", "n", "count?")
	r := v.NewRecord(rt)
	if _, err := v.AppendDefault(nil, r.Value()); err == nil {
		t.Error("a record without a required field was sent")
	}
	if err := r.SetField(0, lua.LString("10.0.0.1")); err == nil {
		t.Error("SetField takes anything")
	}
	if err := r.SetField(0, v.parse(t, KindAddr, "10.0.0.1")); err != nil {
		t.Fatal(err)
	}
	if got := string(v.AppendPrint(nil, r.Value())); got != "[a=10.0.0.1, n=<uninitialized>]" {
		t.Errorf("got %s", got)
	}
}

func TestAdopt(t *testing.T) {
	v, w := newVM(t), newVM(t)
	val := remoteRecord(t, v)
	st, err := v.ToStored(v.typ(t, "vector of EX::conn"), v.bagOf(t, "vector of EX::conn", val))
	if err != nil {
		t.Fatal(err)
	}
	w.Adopt(st)
	r, _ := AsRecord(val)
	inner, _ := AsRecord(r.Field(1))
	if r.space != w.Space || inner.space != w.Space || inner.ud.Metatable != lua.LValue(w.recordMT) {
		t.Error("a record still belongs to the old VM")
	}
	self := w.NewRecord(w.record(t, "EX::loop", "next", "EX::loop?"))
	if err := self.SetField(0, self.Value()); err != nil {
		t.Fatal(err)
	}
	v.Adopt(Stored{Ref: self}) // ends
	if _, err := v.AppendDefault(nil, self.Value()); err == nil {
		t.Error("a record inside itself was sent")
	}
	v.AppendPrint(nil, self.Value())
}
