package analysis

import (
	"fmt"
	"net/netip"
	"regexp"

	"github.com/yuin/gopher-lua/ast"
)

// relation looks for comparisons that can never be true, as Lua 5.1 asks no metamethod about operands of different
// kinds, and for orders that raise.
func (k *checker) relation(e *ast.RelationalOpExpr) {
	a, b := k.value(e.Lhs), k.value(e.Rhs)
	equality := e.Operator == "==" || e.Operator == "~="
	if a.kinds == kindNil || b.kinds == kindNil { // asked on purpose
		return
	}
	if !(a.kinds &^ kindNil).differ(b.kinds &^ kindNil) {
		if equality {
			k.compared(e.Lhs, e.Rhs, b, e.Line())
			k.compared(e.Rhs, e.Lhs, a, e.Line())
		}
		return
	}
	what := k.operand(e.Lhs, a, "%s is %s")
	other := k.operand(e.Rhs, b, "%[2]s, %[1]s")
	if equality {
		k.add(e.Line(), neverEqual, Error, "%s, which never equals %s%s", what, other, instead(e, a, b))
		return
	}
	k.add(e.Line(), notComparable, Error, "%s, which can't be compared with %s%s", what, other, instead(e, a, b))
}

// operand describes a side of a comparison: a literal as it is written, others by what they are and, where they have one,
// their name.
func (k *checker) operand(e ast.Expr, v value, withName string) string {
	if text := literalText(e); text != "" {
		return v.literal(text)
	}
	if name := written(e, 0); name != "" {
		return fmt.Sprintf(withName, name, v)
	}
	return v.String()
}

// literalText shows a literal as it is written, "" for what is none.
func literalText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StringExpr:
		return fmt.Sprintf("%q", clip(e.Value, maxQuoted))
	case *ast.NumberExpr:
		return clip(e.Value, maxQuoted)
	}
	return ""
}

// instead says what to write for a comparison of different kinds, " (write …)".
func instead(e *ast.RelationalOpExpr, a, b value) string {
	typed, lit, v, with := e.Lhs, e.Rhs, a, b
	if literalText(lit) == "" {
		typed, lit, v, with = lit, typed, b, a
	}
	text, name := literalText(lit), written(typed, 0)
	switch {
	case with.kinds.only(number):
		return insteadOfNumber(v, name, text)
	case v.kinds.only(number) && with.kinds.only(kindInterval): // neither is a literal
		return " (compare the interval's .sec)"
	case with.kinds.only(kindString):
		return insteadOfText(v, name, text, with.name)
	}
	return ""
}

// insteadOfNumber is instead for a number.
func insteadOfNumber(v value, name, text string) string {
	switch {
	case v.kinds.only(kindPort) && text != "":
		return fmt.Sprintf(" (write port \"%s/tcp\", or compare %s.number)", text, name)
	case v.kinds.only(kindPort):
		return fmt.Sprintf(" (compare %s.number)", name)
	case v.kinds.only(kindInterval) && text != "":
		return fmt.Sprintf(" (write interval(%s), or compare the interval's .sec)", text)
	case v.kinds.only(kindInterval):
		return " (compare the interval's .sec)"
	case v.kinds.only(kindTime):
		return " (compare the time's .sec)"
	}
	return ""
}

// insteadOfText is instead for a string; what is the literal's value.
func insteadOfText(v value, name, text, what string) string {
	whole := name
	if name == "" {
		whole = "…"
	}
	switch {
	case v.kinds.only(number):
		return fmt.Sprintf(" (write a number, or tostring(%s) for text)", whole)
	case v.kinds&(kindAddr|kindSubnet|kindPort|kindInterval|kindEnum|kindTime) == 0:
		return ""
	case text == "", v.class != "enum" && v.class != readsAs(what):
		return fmt.Sprintf(" (write tostring(%s) for text)", whole)
	case v.class == "enum":
		return fmt.Sprintf(" (write types.enum %s, or compare %s.name)", text, name)
	}
	return fmt.Sprintf(" (write %s %s, or tostring(%s) for text)", v.class, text, whole)
}

// compared looks at == and ~= of something that is not known and a literal that reads as a typed value.
func (k *checker) compared(e, other ast.Expr, against value, line int) {
	lit, ok := e.(*ast.StringExpr)
	if !ok || against.kinds&kindString != 0 {
		return
	}
	switch o := other.(type) {
	case *ast.StringConcatOpExpr:
		return
	case *ast.FuncCallExpr: // tostring(x) == "10.0.0.1" is what somebody means
		if id, ok := o.Func.(*ast.IdentExpr); ok && id.Value == "tostring" {
			return
		}
	}
	k.literal(lit, line, "comparison")
}

func (k *checker) literal(lit *ast.StringExpr, line int, what string) {
	if kind := readsAs(lit.Value); kind != "" {
		k.add(line, neverEqual, Error, "%s with the text %q never meets %s (write %s %q, or tostring(…) for text)", what, lit.Value, article(kind), kind, lit.Value)
	}
}

var portText = regexp.MustCompile(`^[0-9]{1,5}/(tcp|udp|icmp)$`)

// readsAs returns the constructor that would accept s, for literals that nobody writes by accident.
func readsAs(s string) string {
	if _, err := netip.ParseAddr(s); err == nil && s != "::" {
		return "addr"
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return "subnet"
	}
	if portText.MatchString(s) {
		return "port"
	}
	return ""
}
