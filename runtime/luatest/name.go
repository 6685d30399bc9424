package luatest

import "strings"

// FullName joins the names of describes and the test's own.
func FullName(names []string) string { return strings.Join(names, " › ") }
