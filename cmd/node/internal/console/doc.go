// Package console is how commands talk to whoever started them: tables that align, colours, a progress line, JSON,
// and messages on standard error. Every command uses it, so that all of them look alike.
//
//   - Console stands for the two output streams. What is a terminal is found out once, in New; colours and the
//     progress line appear on terminals only, colours not when NO_COLOR is set (https://no-color.org) or TERM is dumb.
//   - Table collects rows and writes them with aligned columns, numbers to the right.
//   - Wrap breaks running text into lines of TextWidth; Table.Wrap does that to a table's last column.
//   - Progress is one line on standard error, at most ten times a second and not in the first half second, erased
//     before anything else is written and when the work is done.
//   - Message lines begin with "error: ", "warning: ", "info: " or "debug: "; on a terminal that word has a colour.
//
// Text from outside (a host name in a capture, a file's name) may hold control characters that would steer the
// terminal: tables, log lines and errors show them escaped.
//
// All methods may be called from several goroutines. A Console owns no goroutine and nothing to close.
package console
