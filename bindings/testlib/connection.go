package testlib

import (
	"cmp"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/inputlib"
	"moonpeer/net/broker"
	"moonpeer/runtime/input/flow"
)

// connection is sim.connection{…}: a connection as captures have them. orig and resp are "10.0.0.1:4242/tcp", or tables
// of bytes and packets.
func (l *Lib) connection(L *lua.LState) int {
	o := readOptions(L, "sim.connection", L.OptTable(1, L.NewTable()))
	g := flow.Given{UID: o.text("uid", ""), Start: broker.Timestamp(l.d.Now()), Duration: broker.Timespan(o.duration("duration", 0)),
		State: l.connState(o)}
	if l.running != nil { // outside of a test there is nobody to tell them apart
		g.Again = l.running.made
		l.running.made++
	}
	if at := o.get("start_time"); at != lua.LNil {
		t, ok := convert.AsTime(at)
		if !ok {
			o.refuse("start_time", "a time", at)
		}
		g.Start = t
	}
	g.ID = flow.ID{
		OrigH: broker.Address{10: 0xff, 11: 0xff, 12: 10, 15: 1}, OrigP: broker.Port{Number: 40000},
		RespH: broker.Address{10: 0xff, 11: 0xff, 12: 10, 15: 2}, RespP: broker.Port{Number: 80},
	}
	l.end(o, "orig", &g.ID.OrigH, &g.ID.OrigP, &g.Orig)
	l.end(o, "resp", &g.ID.RespH, &g.ID.RespP, &g.Resp)
	if id := o.table("id"); id != nil {
		l.ends(L, id, &g.ID)
	}
	g.Proto = l.proto(o, &g.ID)
	g.ID.OrigP.Proto, g.ID.RespP.Proto = g.Proto, g.Proto
	o.done()
	L.Push(l.conns.Value(g.Conn()))
	return 1
}

// connOf returns the connection that a value of a test stands for.
func (l *Lib) connOf(v lua.LValue) (*flow.Conn, bool) { return inputlib.ConnOf(v) }

func (l *Lib) connState(o *options) flow.State {
	text := o.text("conn_state", string(flow.SF))
	for _, s := range flow.States {
		if string(s) == text {
			return s
		}
	}
	o.refuse("conn_state", fmt.Sprintf("one of %v", flow.States), lua.LString(text))
	return ""
}

// proto is what the option says, else the port of the service, else that of the client; else it is TCP.
func (l *Lib) proto(o *options, id *flow.ID) broker.Proto {
	switch text := o.text("proto", ""); text {
	case "tcp":
		return broker.TCP
	case "udp":
		return broker.UDP
	case "icmp":
		return broker.ICMP
	case "":
		return cmp.Or(id.RespP.Proto, id.OrigP.Proto, broker.TCP)
	default:
		o.refuse("proto", `"tcp", "udp" or "icmp"`, lua.LString(text))
	}
	return broker.TCP
}

// end reads one side: "10.0.0.1:4242/tcp", "[::1]:80/tcp", an address, or a table with addr, port, bytes, packets.
func (l *Lib) end(o *options, name string, h *broker.Address, p *broker.Port, e *flow.GivenEndpoint) {
	e.Packets = 1
	v := o.get(name)
	switch v := v.(type) {
	case *lua.LNilType:
	case lua.LString:
		if err := parseEnd(string(v), h, p); err != nil {
			o.L.RaiseError("sim.connection: option %s: %s", name, err.Error())
		}
	case *lua.LTable:
		side := readOptions(o.L, "sim.connection: option "+name, v)
		e.Bytes = uint64(side.count("bytes", 0))
		e.Packets = uint64(side.count("packets", 1))
		e.IPBytes = uint64(side.count("ip_bytes", 0))
		side.host("addr", h)
		side.port("port", p)
		side.done()
	default:
		if a, ok := convert.AsAddress(v); ok {
			*h = a
			return
		}
		o.refuse(name, `"10.0.0.1:4242/tcp", an address, or a table with bytes and packets`, v)
	}
}

// ends reads id = { orig_h =, orig_p =, resp_h =, resp_p = }.
func (l *Lib) ends(L *lua.LState, t *lua.LTable, id *flow.ID) {
	o := readOptions(L, "sim.connection: option id", t)
	o.host("orig_h", &id.OrigH)
	o.port("orig_p", &id.OrigP)
	o.host("resp_h", &id.RespH)
	o.port("resp_p", &id.RespP)
	o.done()
}

func (o *options) host(name string, to *broker.Address) {
	if v := o.get(name); v != lua.LNil {
		a, ok := convert.AsAddress(v)
		if !ok {
			o.refuse(name, `an address, such as addr "10.0.0.1"`, v)
		}
		*to = a
	}
}

func (o *options) port(name string, to *broker.Port) {
	if v := o.get(name); v != lua.LNil {
		p, ok := convert.AsPort(v)
		if !ok {
			o.refuse(name, `a port, such as port "80/tcp"`, v)
		}
		*to = p
	}
}

// parseEnd reads an address with or without a port.
func parseEnd(text string, h *broker.Address, p *broker.Port) error {
	host, port := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 && strings.Contains(text[i:], "/") {
		host, port = text[:i], text[i+1:]
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	a, err := broker.ParseAddress(host)
	if err != nil {
		return fmt.Errorf("%q: %w (write \"10.0.0.1:4242/tcp\")", text, err)
	}
	*h = a
	if port == "" {
		return nil
	}
	parsed, err := broker.ParsePort(port)
	if err != nil {
		return fmt.Errorf("%q: %w (write \"10.0.0.1:4242/tcp\")", text, err)
	}
	if parsed.Proto == broker.ProtoUnknown { // which is no port of a connection, but what another text parses as
		return fmt.Errorf("%q: it ends with /tcp, /udp or /icmp (write \"10.0.0.1:4242/tcp\")", text)
	}
	*p = parsed
	return nil
}
