// Package testnode starts nodes as processes of their own, for tests that speak of processes. Only tests may import it.
//
//	func TestMain(m *testing.M) { testnode.Main(m) }
//
//	func TestPing(t *testing.T) {
//	        r := testnode.Start(t, testnode.Options{Name: "r", Script: receiver})
//	        s := testnode.Start(t, testnode.Options{Name: "s", Script: sender, Args: []string{r.Address()}})
//	        s.AwaitLine("pong")
//	        s.Stop()
//	}
//
// The program is built once per run of the tests, with the race detector if the tests have it, and taken away by Main.
//
// # Waiting
//
// Nothing sleeps and nothing polls. Each Await looks for the next line that fits, behind the one that the last Await on
// that stream returned, and waits for the process to write it. A wait that lasts longer than a node may take, or whose
// node ends, fails the test and shows what all its nodes have written. What must not happen is told from what comes
// after it: wait for that, then look at Lines.
//
// # Ends
//
// A node that a test leaves behind is killed when the test ends, frozen or not. Awaits, Stop and Wait may fail the test,
// so they belong to its goroutine.
package testnode
