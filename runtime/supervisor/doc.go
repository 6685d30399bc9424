// Package supervisor keeps the processes of supervised nodes running: it starts them, hands on what they write,
// revives those that end by themselves, and ends them in order. It knows nothing of nodes but that they are
// programs.
//
// # Types
//
//	Supervisor  the machine: who is to run, pacing, ends; a step.Machine without goroutine or clock
//	Spec        a node: program, folder, output files, limits
//	Status      what is known of one, with its last Exit
//	Processes   the edge: real children, the only place with goroutines; implements step.Processes
//
// Package limits, below, is the child's side of Spec.Limits.
//
//	edge := supervisor.NewProcesses(supervisor.ProcessesOptions{Inbox: n.Inbox()})
//	var timer *step.Entry
//	s := supervisor.New(supervisor.Options{Env: n.Env, Ports: n, Processes: edge,
//		Environ: os.Environ(), Changed: func() { timer.Changed() }})
//	timer = n.Register(s)
//	err := s.Create(supervisor.Spec{Name: "worker-1", Path: exe, Args: args, Dir: dir})
//
// Supervisor belongs to the loop. Its hooks are called by it, and all but Ask may call it back. Processes takes calls
// from the loop and answers by inputs; Close may be called when the loop has ended.
//
// # A node's life
//
//	  Create                    exit nobody asked for
//	    │                    ┌─────────────────────────┐
//	    ▼                    │                         ▼
//	starting ──► running ────┤   ┌──────────── waiting for restart, failed
//	    ▲            │       │   │ time since the last start ≥ delay
//	    ├────────────┼───────┼───┘
//	    │ Restart    ▼ Restart, Destroy, Stop
//	    └──────── stopping ──► gone (Destroy), stopped (Stop)
//
// # Pacing
//
// A node that ends without having been asked to is premature, also with exit code 0, and is revived when the time
// since it was last started has reached its delay; so at once after a long run. The delay is 1 s, and each third
// revival doubles it: a node that dies at once is started 1, 1, 1, 2, 2, 2, 4 … seconds after the start before. A run
// of more than 30 s sets it back, and so does Restart, which waits for the first second only. Nobody is given up. Exits
// drive this; nothing polls.
//
// # Failing
//
// A node is failing from a premature end until it is back, which is when Supervisor.Up has said so of a later process,
// or when that has run for more than 30 s. Who has been revived three times, so that its delay has doubled, dies again
// and again: it is failing until it has run for more than 30 s, or Restart has given it a clean sheet and it is up. So
// it does not matter in which moment somebody looks.
//
// # Ends
//
// Options.Ask first, if it can reach the node. Then, at once or after Grace, SIGTERM, again every 2 s, and SIGKILL
// when KillAfter is over. Each node has a way to its end of its own; others are revived meanwhile. Stop takes one
// group after another, and from then on nobody is revived. Kill takes everybody at once.
//
// # Output
//
// What a child writes goes to its files first, byte for byte in whole lines, appended; a file of 16 MB becomes NAME.1.
// Then each line that is not empty goes to the loop, those above 64 KB in pieces. While the loop is behind, 256 KB
// per child wait and further lines are dropped and counted, for the loop and not for the files. A file that can't be
// written is said once, and once more when it can; what it missed is counted, and the child goes on. The last 100
// lines, each up to 1 KB, come with the exit.
//
// Two locks are held at once in this order: Processes.mu, process.mu or logFile.mu, the inbox's own.
//
// # Systems
//
//	                                     Linux      macOS, BSD   Windows
//	Stop                                 SIGTERM    SIGTERM      kills
//	Kill                                 group      group        process
//	supervisor killed                    SIGTERM    –            –
//	child ends, its group's others       SIGKILL    left         left
package supervisor
