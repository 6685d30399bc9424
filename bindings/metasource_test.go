package bindings_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"
)

// eachNode calls fn for each node in the source of some files below this folder.
func eachNode(t *testing.T, pattern string, fn func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files (%v)", pattern, err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			fn(n)
			return true
		})
	}
}

// text returns the value of a literal, "" for anything else.
func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// kindMembers returns methods and fields of the typed values, by the word of their kind.
func kindMembers(t *testing.T) map[string]names {
	t.Helper()
	all := map[string]names{}
	eachNode(t, "convert/*.go", func(n ast.Node) {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return
		}
		if id, ok := lit.Type.(*ast.Ident); !ok || id.Name != "kindMeta" {
			return
		}
		word, members := "", names{}
		for _, e := range lit.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				t.Fatal("a kindMeta without field names")
			}
			switch key := kv.Key.(*ast.Ident).Name; key {
			case "word":
				word = text(kv.Value)
			case "fields", "methods":
				for _, m := range kv.Value.(*ast.CompositeLit).Elts {
					members[text(m.(*ast.KeyValueExpr).Key)] = key == "methods"
				}
			}
		}
		all[word] = members
	})
	if len(all) < 8 {
		t.Fatalf("only %d kinds of values in the source of convert", len(all))
	}
	return all
}

// namespaceMethods returns what is added to namespaces, Names.Method("event", …).
func namespaceMethods(t *testing.T) (all []string) {
	t.Helper()
	eachNode(t, "*lib/*.go", func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Method" && text(call.Args[0]) != "" {
			all = append(all, text(call.Args[0]))
		}
	})
	return all
}

// stringLists returns the lists of strings that variables of that name hold, in all modules.
func stringLists(t *testing.T, variable string) (all [][]string) {
	t.Helper()
	eachNode(t, "*lib/*.go", func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || spec.Names[0].Name != variable || len(spec.Values) != 1 {
			return
		}
		lit, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok {
			return
		}
		var list []string
		for _, e := range lit.Elts {
			list = append(list, text(e))
		}
		all = append(all, list)
	})
	return all
}
