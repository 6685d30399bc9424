// Package capturegen writes captures for tests and benchmarks: conversations between made-up hosts, always the same
// bytes for the same calls.
//
// A [Writer] has a clock that moves with each packet; [Writer.TCP] and [Writer.UDP] start conversations whose methods
// write their packets:
//
//	w, err := capturegen.New(file, start)
//	c := w.TCP("10.0.0.1:40000", "10.1.0.10:80")
//	c.Open()
//	c.Send(120)
//	c.Answer(4000)
//	c.Close()
//	err = w.Err()
//
// [Small] is the capture that the README's examples and the policies' tests read, policies/testdata/small.pcap. [Short]
// writes as many short connections as a benchmark wants.
package capturegen
