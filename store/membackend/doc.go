// Package membackend is a disk in memory, for the simulator and for tests. A Disk outlives the backends that are opened on
// it one after another, as a disk outlives processes, and loses in a Crash what was not synced. It is deterministic: it
// has no goroutine and no clock, and nothing depends on the order of a map.
//
// Disk and Backend belong to one goroutine, the loop's or the simulator's.
//
// # What is durable
//
// A commit with sync, and what was committed before it, is on the disk when its DiskDone comes. A commit without sync is
// in the operating system's hands: the process may die and it is still there, but a Crash loses it, unless Sync was
// called, a commit with sync came after it, or it was loaded. There is no timer; who simulates time calls Sync every
// 100 ms.
//
// # When DiskDones come
//
// In the middle of Commit, put into the Inbox. With Options.Manual a commit waits until Settle is called, and MaxCommits
// bounds how many may wait; a Crash before that has it never happen.
//
// # Faults
//
// Break has all commits fail until Heal, BreakAfter those from some later one on, and Limit those that make the disk
// larger than it is. As on a real disk errors stick: after the first one every commit of this Backend fails until Load.
//
//	disk := membackend.NewDisk()
//	b, err := membackend.Open(disk, membackend.Options{Port: 7, Inbox: inbox})
//	...
//	disk.Crash()
//	b, err = membackend.Open(disk, ...) // what was durable
package membackend
