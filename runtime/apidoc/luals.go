package apidoc

import "strings"

// cutType divides what follows a name into a type of LuaLS and the text behind it. A type ends at a blank that is not
// within brackets or quotes, beside a bar, or within the signature of a function.
func cutType(s string) (typ, text string) {
	depth, quote := 0, byte(0)
	function := false
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.IndexByte("([{<", c) >= 0:
			function = function || strings.HasSuffix(s[:i+1], "fun(")
			depth++
		case strings.IndexByte(")]}>", c) >= 0:
			depth--
		case c == ' ' && depth <= 0:
			rest := strings.TrimLeft(s[i:], " ")
			before := strings.TrimRight(s[:i], " ")
			goesOn := strings.HasPrefix(rest, "|") || strings.HasSuffix(before, "|") ||
				function && (strings.HasSuffix(before, "):") || strings.HasSuffix(before, ","))
			if !goesOn {
				return before, rest
			}
		}
	}
	return s, ""
}

// splitList splits at commas that are not within brackets or quotes.
func splitList(s string) (parts []string) {
	depth, quote, begin := 0, byte(0), 0
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{<", c) >= 0:
			depth++
		case strings.IndexByte(")]}>", c) >= 0:
			depth--
		case c == ',' && depth == 0:
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
	depth, quote := 0, byte(0)
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return i
		case c == ')':
			depth--
		}
	}
	return -1
}
