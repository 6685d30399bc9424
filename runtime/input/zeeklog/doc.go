// Package zeeklog reads the logs that Zeek writes, in both of its formats, as a source of records.
//
// [Open] opens a log by name: tab-separated or JSON, told apart by the first line, compressed or not, finished or
// still growing ([Options.Follow]). [New] reads one from a pipe. Each line becomes a call of [input.Sink.Record] with
// the log's path, a type and the values. A line that does not fit is reported with its number, field and text,
// skipped, and the next one read; what is no Zeek log at all ends the input.
//
// # Tab-separated
//
// Separators, the marks for empty and unset, path, names and types come from the header, which may appear again, as
// after concatenating logs. Zeek's types become broker's kinds:
//
//	bool  boolean     addr    address     double    real         string func file  string
//	int   integer     subnet  subnet      time      timestamp    set[T]            set
//	count count       enum    enum        interval  timespan     vector[T]         vector
//	port  port, of the protocol in the column proto, unknown without one, unless written 80/tcp
//
// Times keep all nine digits behind the point. \xNN and \\ are taken back after splitting. Columns whose names have
// a common part before a dot, id.orig_h and id.resp_h, become a nested record id at the place of the first.
//
// # JSON
//
// One object per line. JSON says nothing of kinds, so fields have none and values speak for themselves: an integral
// number is a count, or an integer below zero, other numbers are reals, arrays vectors, objects nested records. A few
// names are clear in Zeek's logs and their values are read as what they are: ts is a time, in seconds, milliseconds or
// ISO 8601; orig_h, resp_h, src and dst are addresses if they read as such, orig_p and resp_p ports, proto an
// enum, duration and rtt intervals. The type of a path grows with the names that appear, at the end, so the place of
// a field stays. A key _path overrides the path, which is otherwise the file's name up to its first dot.
package zeeklog
