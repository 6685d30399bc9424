package analysis

import (
	"os"
	"testing"

	"moonpeer/runtime/apidoc"
)

// BenchmarkPolicy is about a policy of 168 lines: what loading it costs beyond its compilation.
func BenchmarkPolicy(b *testing.B) {
	src, err := os.ReadFile("../../../../policies/bench/init.lua")
	if err != nil {
		b.Fatal(err)
	}
	docs, err := apidoc.Embedded()
	if err != nil {
		b.Fatal(err)
	}
	for _, whole := range []bool{false, true} {
		name := "names"
		if whole {
			name = "whole"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := Parse("init.lua", src)
				if err != nil {
					b.Fatal(err)
				}
				w := testWorld(b)
				c.Names(w)
				if whole {
					w.API = NewAPI(docs)
					c.Check(w)
				}
			}
		})
	}
	b.Run("definitions", func(b *testing.B) {
		for b.Loop() {
			NewAPI(docs)
		}
	})
}
