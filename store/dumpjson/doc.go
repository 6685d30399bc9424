// Package dumpjson is the text form of a store's entries: one JSON object a line, which loses nothing and is easy to read for
// people and for jq. "node store dump" writes it and "node store load" reads it.
//
//	{"key":"ann","value":5}
//	{"key":["ann",{"addr":"10.0.0.1"}],"value":{"time":"2026-01-02T03:04:05.123456789Z"},"expires":"2026-02-01T00:00:00Z"}
//
// expires is when the entry ends, to the nanosecond; without it the entry stays. Fields may come in any order; others than these
// three are an error.
//
// # Values
//
// What JSON has no doubt about is written plainly; everything else is an object with one member, whose name is the word that
// scripts and command lines have for the kind.
//
//	none       null
//	boolean    true
//	count      5                          up to 2^53, else {"count":"18446744073709551615"}
//	string     "text"                     if it is UTF-8, else {"base64":"/w=="}
//	vector     [1,"a"]
//	integer    {"int":-5}                 up to ±2^53, else {"int":"-9223372036854775808"}
//	real       {"real":2.5}               shortest that reads back; {"real":"nan"}, "inf", "-inf"
//	address    {"addr":"10.0.0.1"}
//	subnet     {"subnet":"10.0.0.0/8"}
//	port       {"port":"80/tcp"}
//	timestamp  {"time":"2026-01-02T03:04:05.000000001Z"}
//	timespan   {"interval":"5 min"}       exact, as broker.FormatInterval writes it
//	enum       {"enum":"Notice::LOG"}
//	set        {"set":[1,2]}
//	table      {"table":[["key","value"],…]}
//	others     {"raw":"…"}                base64 of the serialised value
//
// Numbers that are not counts are in objects since tools write 2.0 as 2, and large ones with other digits. raw is for what
// has no text: a subnet that is none, a name that is not UTF-8, and bytes that are no value at all, which ParseLine refuses.
//
// Reading is lenient where nothing is ambiguous: sets and tables may have any order, numbers within an object may be texts.
// What is returned is canonical (package rules), so a key is found by its bytes.
package dumpjson
