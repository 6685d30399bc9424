package bindings_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// declared returns what a script declares.
func declared(t *testing.T, src string) []node.Declaration {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := node.Declared(node.Options{Scripts: []string{file}, Modules: bindings.Modules}, node.System{
		Now: func() step.Time { return 1 }, Wall: func() int64 { return 1_700_000_000e9 }, Rand: rand.New(rand.NewPCG(1, 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const everyKind = `local EX = namespace "EX"
EX:record("info", { { "orig_h", "addr" }, { "note", "string?" } })
EX:event("all", [[bool, count, int, real, string, addr, subnet, port, time, interval, enum, any, i: EX::info, set[addr, port],
  table[addr] of count, vector of string, connection, Broker::EndpointInfo, Broker::NetworkInfo, conn_id, conn_side?]])
EX:option("limit", "interval", "1 min")
EX:var("n", "count?")
EX:set("known", "addr, port")
EX:map("hits", "addr", "EX::info")
EX:vector("seen", "string")
namespace():subnet_map("sites", "string")
EX:enum "Scan"
EX:event("none", "")`

func TestDeclared(t *testing.T) {
	want := []string{
		"EX::info record: orig_h addr, note? string",
		"EX::all event: boolean, count, integer|big, number, string, addr, subnet, port, time, intervallike/interval, enum, any, " +
			"i EX.info|table/EX.info, set|table/set, map|subnet_map|table/map, vector|table/vector, connection|table/connection, " +
			"endpoint_info|table/endpoint_info, network_info|table/network_info, conn_id|table/conn_id, ? conn_side|table/conn_side",
		"EX::limit option interval: value intervallike/interval",
		"EX::n var count?: value? count",
		"EX::known set set[addr, port]: v tuple",
		"EX::hits map table[addr] of EX::info: k addr, v EX.info|table/EX.info",
		"EX::seen vector vector of string: v string",
		"sites subnet_map table[subnet] of string: k subnet, v string",
		"EX::Scan enum value: ",
		"EX::none event (): ",
	}
	var got []string
	for _, d := range declared(t, everyKind) {
		var parts []string
		for _, p := range d.Parts {
			name := p.Name
			if p.Optional {
				name += "?"
			}
			typ := p.Takes
			if p.Gives != p.Takes {
				typ += "/" + p.Gives
			}
			parts = append(parts, strings.TrimSpace(name+" "+typ))
		}
		typ := " " + d.Type
		if d.Kind == "record" || len(d.Parts) > 5 {
			typ = "" // long
		}
		got = append(got, d.ID+" "+d.Kind+typ+": "+strings.Join(parts, ", "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestDeclaredTypes: the words that types are written in are classes and aliases of the definitions.
func TestDeclaredTypes(t *testing.T) {
	d := readDefinitions(t)
	own := []string{"any", "boolean", "integer", "number", "string", "table"} // LuaLS's
	for _, decl := range declared(t, everyKind) {
		for _, p := range decl.Parts {
			for _, word := range regexp.MustCompile(`[\w.]+`).FindAllString(p.Takes+" "+p.Gives, -1) {
				if !slices.Contains(own, word) && !strings.HasPrefix(word, "EX.") && d.Lookup(word) == nil {
					t.Errorf("%s %s: the definitions have no %s", decl.ID, p.Name, word)
				}
			}
		}
	}
}
