// Package node puts one node together: hub, script domain, inputs, and the loop that turns them.
//
// # The turn
//
// A node is one stepped machine. [Node.Turn] does what is due and returns when it wants to be called again; it
// reads no clock, draws no random number that was not injected, waits for nothing and is called by one goroutine.
// In production that goroutine is [Node.Run]'s, in a simulation the simulator's; nothing else differs. A turn has
// five steps, each bounded:
//
//  1. timers that are due;
//  2. one pass over the ports that have input, one input each, of a batch at most 256 messages, routed at once; what
//     is for the scripts joins their queue undecoded;
//  3. the scripts' queue, 1,024 events or 2 ms;
//  4. if the queue is empty and every outgoing lane has room, up to 256 items of a replayed input. The node clock
//     moves to an item's time before the item is looked at, so that timers due before it run before it, and the
//     events of one item are handled before the next is pulled;
//  5. lanes are flushed, input batches released.
//
// Everything that waits for the world is outside, behind five edges (links, disk, files, processes, control;
// package step): a call that never blocks, and a completion that comes back through the inbox.
//
// # Clocks
//
// The transport clock that Turn is handed is monotonic. The node clock, what scripts see, is wall time, or packet
// time while an input is replayed: it starts at the first item and stays at the last one's time.
//
// # Identity
//
// The endpoint id is new with each start. What stays is the name, and the epoch orders the runs under it: [NextEpoch]
// keeps it in the state directory, and [System] hands it in.
//
// # Looking inside
//
// [Node.SetDebug] switches the streams of the debug log on and off, [Node.Debugf] writes to one; DebugStreams lists them.
//
// # Questions
//
// Once [Node.ControlPort] was called, the node can be asked from outside (package control): what it answers is in
// control.go, inspect.go, inquire.go, trace.go, profile.go and store*.go, and [Node.Answer] adds to it. A question is answered in the turn that
// takes it up, or turns later; it never blocks, and nothing an asker gives along ends the node but "stop".
//
//	status                      Status
//	peers                       []PeerInfo
//	stats                       Stats
//	drained                     Drained
//	print {id, json}            Printed
//	config.list                 []OptionValue
//	config.get {name}           OptionValue
//	config.set {name, text}     OptionValue, when it has changed; also location
//	eval {code}                 Evaluated
//	prompt                      a part, PromptOpened; then nothing, until its asker leaves
//	prompt.eval PromptText      Evaluated
//	prompt.complete {prompt, text}     script.Completion
//	prompt.variables {prompt, namespace}   []Variable; of all namespaces if that is ""
//	prompt.interrupt {prompt, eval}    {}; answered at once, while the loop is busy
//	trace {prefix}              parts, each a TraceLine; has no end
//	debug {changes}             Debugged
//	reload {force, check}       ReloadReport; with check nothing happens
//	profile {id, seconds, hz}   Profiled, when the time is over or the node ends; one at a time
//	profile.stop {id}           {}; the profile that is under way is answered
//	store.list                  []store.Info
//	store.get {store, key}      parts, each a StorePart, then a StoreRead; also parts, see store.more
//	store.keys {store}          the same, values left out
//	store.dump {store}          the same
//	store.more {read, parts}    {}; what is read may send so many parts
//	store.put StoreWrite        {}, when it has an outcome
//	store.erase {store, key}    StoreErased, likewise
//	store.load {store}          a part, StoreLoad, whose number is fed; then StoreLoaded, when all has an outcome
//	store.feed StoreFeed        StoreLoad, when there is room for more
//	store.backup {store, path}  a part, {}, when it has begun; then {}
//	exited {name, id}           {}; a supervisor says that another node's process has ended
//	started {name}              {}; that one can be reached again
//	stop {code}                 {}; the node then ends in good order
//
// Entries travel as a stream of bytes ([StoreEntry]) cut into parts of some 45 KB: an entry may be larger than an answer may
// be. What reads a store looks at some entries a turn and sends a part, while the asker takes them; a load writes some a turn,
// and leaves half of what may be under way to scripts.
//
// # Reload
//
// [Node.Reload] reads all scripts anew. Nothing happens before the scripts' queue is empty: what was queued is the old
// code's; the inbox waits meanwhile, but for pings. Then, between two events, a new domain is made and the scripts are
// loaded into it, with effects refused and registrations collected. An error, or state that the new code has no place
// for (a [LossError], unless Force), throws it away, and the old domain goes on as if nothing had been. Else the new
// domain takes over ([script.Heir]; DESIGN.md, decisions 18 to 20), node_reloaded is raised, and the inbox opens again.
//
// # Life
//
// [New] opens nothing but the input and the scripts' files. [Node.Run] raises node_init, says "ready" when it has run,
// turns until there is nothing left to do (DESIGN.md, decision 3) or it is told to stop, and has the node end in good
// order. [Node.End] is that, by turns as everything else: what is queued is handled within a deadline, node_done is
// raised, the peers are told goodbye. Then Run prints what was asked for and returns. Where [Options].Exit takes os.exit, a
// node that calls it does nothing more: no node_done, no goodbye, nothing printed.
package node
