package zeeklog

import "moonpeer/net/broker"

// protos are the values of a log's column proto that name the protocol of its ports.
var protos = map[string]broker.Proto{"tcp": broker.TCP, "udp": broker.UDP, "icmp": broker.ICMP}

// nameProtocols gives the ports of rec the protocol that the record's field proto names, at the top and in the nested
// record beside it: Zeek writes 443 in one column and tcp in another, and means 443/tcp.
func (l *layout) nameProtocols(rec broker.Vector) {
	if !l.named {
		return
	}
	var name string
	switch v := rec[l.proto].(type) {
	case broker.String:
		name = string(v)
	case broker.Enum:
		name = string(v)
	}
	p, ok := protos[name]
	if !ok {
		return
	}
	setProtocol(rec, p)
	for _, v := range rec {
		if nested, ok := v.(broker.Vector); ok {
			setProtocol(nested, p)
		}
	}
}

func setProtocol(rec broker.Vector, p broker.Proto) {
	for i, v := range rec {
		if port, ok := v.(broker.Port); ok && port.Proto == broker.ProtoUnknown {
			port.Proto = p
			rec[i] = port
		}
	}
}
