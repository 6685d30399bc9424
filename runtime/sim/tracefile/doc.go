// Package tracefile is the file in which a simulated world writes down what happens in it, and the picture that is drawn of
// that: who sent what to whom, and when.
//
// # The file
//
//	moonpeer trace 1
//	# known_clients_test.lua › forgets after a day, seed 7
//	0 * world seed 7 delay 1ms jitter 0s loss 0
//	0 worker-1 loaded id 5b9f…
//	1000000 worker-1 -> manager events sent 0 0000002a0110…
//	1200000 worker-1 -> manager events sent 0 again 200000 0000002a0110…
//	1300000 worker-1 -x manager events sent 1250000 0000002a0110… of 70000
//	2000000 worker-1 out "hello\n"
//	2000000 * partition worker-1 | manager proxy-1
//	3000000 worker-1 crashed
//
// The first line says what the file is. A line that begins with # and a blank begins a section, one for each world, and is
// its title. All others begin with virtual time in nanoseconds since the world's beginning, and are in the order in which
// things happened.
//
// A message has the names of both ends, with -> when it arrives and -x when it is lost for good on its way; its lane; when
// it was put on the wire first and, if it was lost and sent again, when it was for the last time; and its whole frame as
// QUIC would carry it (net/wire), in hexadecimal digits. Of a frame above 64 KiB only the beginning is written, and how
// many bytes it had.
//
// A note has a node's name or * for the world, what happened (the constants of type What), and more about it. Names that
// have other characters than letters, digits and _ . : - are quoted as in Go, and so is what nodes print and report.
//
// One seed writes the same bytes each time.
//
// # Use
//
//	b = tracefile.AppendHeader(b)                      // the harness, once
//	b = tracefile.AppendSection(b, "a_test.lua › x, seed 7")
//	b = tracefile.AppendMessage(b, &m)                 // runtime/sim, for each line
//	b = tracefile.AppendNote(b, at, "worker-1", tracefile.Crashed, "")
//
//	r := tracefile.NewReader("run.trace", file)
//	s, err := r.Next()
//	for ; err == nil; s, err = r.Next() {
//		err = tracefile.Draw(os.Stdout, s.Entries, tracefile.Options{Describe: node.Describe})
//	}
//	if err != io.EOF { … }                             // says file and line
//
// # Types
//
//	Entry    a line: a message or a note
//	Message  a message with its frame; Parse reads the header
//	Reader   reads a file section by section; it is for files that others have made
//	Section  the entries of one world
//	Options  how Draw draws
//
// # Bounds
//
// A line may have 1 MiB. What is read takes at most about thirty times the memory of its section's text, where that
// is as short as can be, and half of it where frames are long. Draw makes a row of at most Options.Width for each line of
// what is shown.
package tracefile
