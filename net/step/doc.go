// Package step says what a stepped machine is, and what the edges are through which it meets the world.
//
// A node is one stepped machine. Inside it the hub, peerings, stores, cluster, log streams and the script domain
// are Machines that call each other directly, in one goroutine, without queue, lock or channel. They own no
// goroutine and no timer: they are handed the time, and say with Next when they want to be stepped again.
//
// Whatever waits for the world is outside, behind five edges:
//
//	edge       what the loop calls            what comes back as Input
//	links      Link                           *Batch, Writable, Closed; peering.Up
//	disk       Disk                           DiskDone, DiskReady
//	files      Files, File                    FileDone, FileReady
//	processes  Processes                      ProcessDone, *ProcessOutput, ProcessFile
//	control    Asker                          ControlRequest, ControlClosed, ParentLost
//
// Every call into an edge returns at once. What it sets off ends as an Input, which the edge puts into the node's
// Inbox from whichever goroutine it works in. Inputs of one Port stay in the order in which they were put;
// between ports there is no order. Production and simulator differ in who implements the edges and in who calls
// the node's Turn, and in nothing else.
//
// # Who may call what
//
// Machine, Link, Disk, Files, File, Processes, Asker, Timers and Heap belong to the loop: one goroutine calls
// them, none of them needs a lock on that side. Inbox.Put is the only thing that other goroutines call, apart
// from Batch.Release.
//
// # Ownership of bytes
//
// A Batch belongs to the loop until Release; slices of it are good until then, and whoever keeps them longer
// copies them. Bytes handed to an edge are copied by it before the call returns, with the exceptions named at
// the method: they exist where copying would cost more than the promise not to change them.
//
// # Time
//
// Time counts nanoseconds and says nothing about its origin: a node hands wall time, packet time or virtual time
// to its machines. Never is the time that does not come.
//
// The package knows no message. A Link is generic in the header it writes, so that this package stays a leaf and
// the message model stays in net/wire; endpoint.Link is the Link everyone uses.
package step
