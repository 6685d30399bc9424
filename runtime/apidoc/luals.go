package apidoc

import (
	"iter"
	"strings"
)

// unquoted goes through the bytes of a type that stand in no quotes, each with its place and the number of brackets that
// are open in front of it.
func unquoted(s string) iter.Seq2[int, int] {
	return func(yield func(at, depth int) bool) {
		depth, quote := 0, byte(0)
		for i := range len(s) {
			switch c := s[i]; {
			case quote != 0:
				if c == quote {
					quote = 0
				}
				continue
			case strings.IndexByte("\"'`", c) >= 0:
				quote = c
				continue
			}
			if !yield(i, depth) {
				return
			}
			switch {
			case strings.IndexByte("([{<", s[i]) >= 0:
				depth++
			case strings.IndexByte(")]}>", s[i]) >= 0:
				depth--
			}
		}
	}
}

// cutType divides what follows a name into a type of LuaLS and the text behind it. A type ends at a blank that is not
// within brackets or quotes, beside a bar, or within the signature of a function.
func cutType(s string) (typ, text string) {
	function := false
	for i, depth := range unquoted(s) {
		function = function || strings.HasSuffix(s[:i+1], "fun(")
		if s[i] != ' ' || depth > 0 {
			continue
		}
		rest := strings.TrimLeft(s[i:], " ")
		before := strings.TrimRight(s[:i], " ")
		goesOn := strings.HasPrefix(rest, "|") || strings.HasSuffix(before, "|") ||
			function && (strings.HasSuffix(before, "):") || strings.HasSuffix(before, ","))
		if !goesOn {
			return before, rest
		}
	}
	return s, ""
}

// splitList splits at commas that are not within brackets or quotes.
func splitList(s string) (parts []string) {
	begin := 0
	for i, depth := range unquoted(s) {
		if s[i] == ',' && depth == 0 {
			parts = append(parts, strings.TrimSpace(s[begin:i]))
			begin = i + 1
		}
	}
	if last := strings.TrimSpace(s[begin:]); last != "" {
		parts = append(parts, last)
	}
	return parts
}

// parseFun reads the type of a function, fun(a: T, b?: T): R, S.
func parseFun(typ string) (s Signature, ok bool) {
	inner, ok := strings.CutPrefix(typ, "fun(")
	if !ok {
		return s, false
	}
	end := closing(inner)
	if end < 0 {
		return s, false
	}
	for _, part := range splitList(inner[:end]) {
		name, t, _ := strings.Cut(part, ":")
		name, optional := strings.CutSuffix(strings.TrimSpace(name), "?")
		s.Params = append(s.Params, Param{Name: name, Type: strings.TrimSpace(t), Optional: optional})
	}
	rest := strings.TrimSpace(inner[end+1:])
	if rest == "" {
		return s, true
	}
	results, ok := strings.CutPrefix(rest, ":")
	for _, part := range splitList(results) {
		s.Returns = append(s.Returns, Return{Type: part})
	}
	return s, ok
}

// closing returns where the bracket ends that s is within, -1 when it does not.
func closing(s string) int {
	for i, depth := range unquoted(s) {
		if s[i] == ')' && depth == 0 {
			return i
		}
	}
	return -1
}
