package bindings

import (
	"strings"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// declared tells what scripts have declared, in the words of the definitions in scripts/meta.
func (a *all) declared() (list []node.Declaration) {
	a.names.Each(func(e *namespacelib.Export) {
		if e.Place == "the core" {
			return
		}
		list = append(list, node.Declaration{ID: e.ID, Kind: e.Kind, Type: e.Type, Place: e.Place, Parts: declaredParts(e)})
	})
	return list
}

func declaredParts(e *namespacelib.Export) (parts []node.DeclaredPart) {
	add := func(name string, t *convert.Type) {
		takes, gives := definitionType(t)
		parts = append(parts, node.DeclaredPart{Name: name, Takes: takes, Gives: gives, Optional: t.Optional})
	}
	switch v := e.Go.(type) {
	case *script.Event:
		if sig, ok := v.Sig.(*convert.Signature); ok {
			for _, arg := range sig.Args {
				add(arg.Name, arg.Type)
			}
		}
	case *convert.RecordType:
		for i := range v.Len() {
			add(v.Field(i).Name, v.Field(i).Type)
		}
	case namespacelib.Holder:
		t := v.ValueType()
		switch e.Kind {
		case "set":
			add("v", t.Key)
		case "map", "subnet_map":
			add("k", t.Key)
			add("v", t.Elem)
		case "vector":
			add("v", t.Elem)
		default:
			add("value", t)
		}
	}
	return parts
}

// definitionTypes are what scripts put into places of a kind, and what they get; one word where that is the same.
var definitionTypes = map[convert.Kind][2]string{
	convert.KindAny:      {"any"},
	convert.KindBool:     {"boolean"},
	convert.KindCount:    {"count"},
	convert.KindInt:      {"integer|big"},
	convert.KindReal:     {"number"},
	convert.KindString:   {"string"},
	convert.KindAddr:     {"addr"},
	convert.KindSubnet:   {"subnet"},
	convert.KindPort:     {"port"},
	convert.KindTime:     {"time"},
	convert.KindInterval: {"intervallike", "interval"},
	convert.KindEnum:     {"enum"},
	convert.KindTuple:    {"tuple"},
	convert.KindSet:      {"set|table", "set"},
	convert.KindTable:    {"map|subnet_map|table", "map"},
	convert.KindVector:   {"vector|table", "vector"},
}

// coreRecords are the records of the core whose classes have other names than they.
var coreRecords = map[string]string{"Broker::EndpointInfo": "endpoint_info", "Broker::NetworkInfo": "network_info"}

func definitionType(t *convert.Type) (takes, gives string) {
	if name := t.RecordName(); name != "" {
		class := coreRecords[name]
		if class == "" {
			class = strings.ReplaceAll(name, "::", ".")
		}
		return class + "|table", class
	}
	pair := definitionTypes[t.Kind]
	if pair[1] == "" {
		pair[1] = pair[0]
	}
	return pair[0], pair[1]
}
