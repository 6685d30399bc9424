// Package sim runs many nodes in one goroutine on a virtual clock: whole clusters in a test, with delay, loss,
// partitions, crashes and restarts, which one seed repeats byte for byte.
//
// The nodes are real ones (runtime/node), and what they send each other are the bytes that QUIC would carry
// (net/mempeer). Time, chance, the wires and the disks that stores lie on (store/membackend) are
// simulated, and nothing else.
//
// # Use
//
//	w, err := sim.New(sim.Options{Seed: 7, Delay: time.Millisecond})
//	a, err := w.Add(node.Options{Name: "a", Scripts: …, Modules: bindings.Modules, Listen: …})
//	b, err := w.Add(node.Options{Name: "b", …, Peer: []peering.Address{a.Address()}})
//	w.Start()                                  // node_init everywhere; then Listen and Peer are opened
//	err = w.Run()                              // until nothing is on its way
//	err = w.Partition([]string{"a"}, []string{"b"})
//	err = w.Advance(15 * time.Second)          // they have lost each other
//	b.Crash()
//	err = b.Restart()
//	fmt.Print(a.Output())
//
// A node's host has the node's name: what listens at any address of its own is dialled there, and an address with
// another host (127.0.0.1 with one port per node, say) leads to whoever listens at just that one.
//
// # Time
//
// World.Run works off what is due at this moment and follows what is on its way to when it arrives, with the timers
// that come before, and turns of slow nodes to their end; it does not wait for timeouts, timers, retries. World.Advance
// moves the clock by so much and works off everything in between, in the order of time. At one moment each node that
// has something to do takes a turn, in the order in which they were added, then the wires move; again until nobody has.
// A turn takes no time, unless its node is Slow.
//
// What does not come to rest is an error: Run and Advance return it, and from then on nothing moves.
//
// Between the calls anything may be done to a node that its loop might do: raise events, dial, subscribe. It
// happens at World.Now.
//
// # Faults
//
//	Partition  nothing gets through between two groups, both ways; what is on the wire waits, and what is dialled, too
//	Crash      the process is gone at once: what it had not sent is lost, nobody is told
//	Freeze     the process does not run; its links stay, and what is sent to it waits
//	Skew       its wall clock is wrong
//	Loss       a batch is lost on its way: it arrives later, in order, as QUIC sends it again
//	SetWire    delay, jitter and loss of some ways, from now on; SetWires for both directions
//	Slow       a turn in which the node does something takes so long: what it sends leaves at its end, what comes waits
//	Shuffle    an option: who is due at one moment takes turns in an order drawn from the seed
//
// Links are watched for silence (Transport.WatchesSilence) instead of pinged: two ends that have not heard each other
// for the smaller one's peer timeout both lose the link, a frozen one hears of it when it thaws. A slow node is not heard
// while a turn of its lasts. A dial that gets no
// answer is given up after Options.DialTimeout; where a host runs and nobody listens it fails after a round trip.
//
// A script that calls os.exit crashes its node, with an error in its reports and the code in Node.Code; none of its code
// runs on, and our process does not end.
//
// # Watchdogs
//
// One goroutine uses a world, but for World.Stop and World.Interrupt: another one ends with them a world that turns for
// ever, the latter also the Lua that runs, and the error names node, handler and line. Afterwards nothing moves.
//
// # Reports
//
// Node.Reports are the errors, warnings and infos of a node over all its runs, with their times; node.Options.OnReport
// sees them as they come.
//
// # What has happened
//
// Options.Trace takes a line for everything; package tracefile reads that again and draws it. The last 64 messages are
// remembered without it, which costs about two percent:
//
//	err := tracefile.Draw(os.Stderr, w.Recent(), tracefile.Options{Nodes: names, Describe: a.Describe})
//
// World.Exchanged are these messages alone. World.Turns counts turns: an idle world takes none.
//
// # Types
//
//	World    the clock, the wires and the nodes
//	Node     one node over all of its runs; the embedded node.Node is the present or the last one
//	State    running, frozen, crashed or stopped
//	Wire     delay, jitter and loss of the way from one node to another
//	Report   an error, warning or info of a node's
//
//	Interrupted  what ran when World.Interrupt ended the world
package sim
