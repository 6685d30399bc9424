// Package expectlib is what tests say of values: expect(v):to_equal(x) and its sisters, and spy.
//
// expect(v) returns an object whose methods are the matchers; each has a twin that begins with never_. One that does not
// hold raises a [Failure], a Go error as the value of a userdata, so that whoever runs the test finds it again, and Lua may
// catch it.
//
// [Lib] is the script.Module. [Lib.Idle] tells of an expect(v) that no matcher follows, which fails the test.
//
// # Equal
//
// to_equal goes by content: plain tables are equal when their entries are, containers when their elements are, records when
// their fields are; a container equals the plain table that convert.Space.Plain makes of it, a set any list of the same
// elements. Metatables are not asked, and tables that lie in themselves do not end badly. Values of different kinds are
// never equal, which a failure explains where they look alike.
package expectlib
