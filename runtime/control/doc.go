// Package control is how a running node is asked things from outside: JSON-RPC 2.0 over a Unix socket in its state
// folder. It knows the names of few methods but its own three; what a node answers is in runtime/node.
//
// # Types
//
//	Folder  a node's state folder, which one process holds at a time
//	Server  the node's socket: an edge, which makes requests into inputs of the node's loop
//	Client  whoever asks: a command
//	Parent  a child's connection to its supervisor, over which the supervisor asks the child
//	Relay   a supervisor's connections to its children, which are asked all at once
//
// # Use
//
//	folder, err := control.Claim("state/worker-1")            // a *TakenError if another process runs there
//	server, err := control.Serve(control.Options{Folder: folder, Inbox: n.Inbox(), Port: port})
//	parent, err := control.Attach(ctx, control.ChildOptions{Path: os.Getenv(control.ParentVariable), …})
//
//	client, err := control.Find(ctx, "state/worker-1")
//	err = client.Call(ctx, "status", nil, &status)
//	err = client.Relay(ctx, nil, "print", params, 10, func(a control.Answer) { … })   // of a supervisor
//
// # Files
//
// Below a node's state folder: lock (held by the process), pid, node.sock (mode 0600), and control, which says where the
// socket is. It lies in a temporary folder when its path would be longer than the system allows. What a killed process
// has left is replaced.
//
// # Goroutines and bounds
//
// Each connection has a reader, which puts a step.ControlRequest into the node's inbox, and a writer, which empties the
// connection's queue. The loop answers by step.Asker, which never blocks. Nothing that an asker does delays the node:
//
//	connections          256, and one for each child; further ones are closed
//	a request            1 MB, else the connection is closed
//	a request's id       a string of 256 bytes, or an integer from 0 to 2^63-1, else the connection is closed
//	a method's name      64 bytes, else it is refused
//	requests under way   64 for a connection, 4 evals among them, 16 MB for a server; further ones are refused
//	an answer            16 MB, else it is an error
//	answers that wait    16 MB for a connection, else it is closed; parts of an answer are not taken beyond 256 KB
//	a write              30 s, then the connection is closed
//	notifications        not taken
//
// What is counted has 512 bytes for each request and answer on top. A request counts until it is answered, or its asker is
// gone and the loop has come to it, which then skips it (step.Asker.Begin).
//
// The connection between a supervisor and its child is not closed for what the other end does not read: the child would
// end by it. An answer that has no room there becomes an error, a question is not asked, and a write has no deadline.
//
// Server, Client, Relay and Parent may be used by any goroutine. The Relay's lock is held while it puts inputs, and the
// inbox's is taken below it; a connection's is never held together with another.
//
// # Protocol
//
// One JSON-RPC object a line. An answer that has parts (a trace, a relayed question) sends them in front of its result as
// notifications: {"method": "part", "params": {"id": …, "part": …}}. When the asker's connection ends, the node hears of
// it. A supervisor answers three methods itself: present; register {name, pid, id}, by which a child makes its connection one
// over which it is asked; and relay {nodes, method, params, seconds}, whose parts are {node, result} or {node, error}, in the
// order of output: loggers, manager, proxies, workers, each by number. trace and prompt are not relayed: they have no end but
// their asker's, of whom the nodes would not hear. What can't wait for a busy loop is answered by the connection's reader
// (Options.Urgent).
//
// # Orphans
//
// A child whose connection to its supervisor ends gets a step.ParentLost and has to end. If its loop does not take it
// within 5 s, or does not end 15 s after that, the process is ended by force. On Linux one that was stopped (SIGSTOP) goes on
// then, for that.
package control
