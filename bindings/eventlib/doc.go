// Package eventlib is what scripts see of events: `EX:event`, `EX:record`, `EX:enum`, the global `on`, and the
// module `event`; and the one place where an event's arguments are checked, encoded and decoded for the others.
//
// An event is an object. Raising checks the arguments against the declaration and queues them; publishing (package
// brokerlib) encodes them once, straight into the message. What arrives is decoded here, when it is the event's
// turn. Nothing here blocks, and all of it runs on the node's loop.
package eventlib
