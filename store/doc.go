// Package store is distributed key-value stores: one master per name owns the entries, clones anywhere hold a copy, read
// it at memory speed and write through the master.
//
// # Types
//
//	Store    what a script holds: Get, Each, Do; a Master or a Clone
//	Master   owns the entries and numbers their changes
//	Clone    follows a master; sends it writes and waits for their answers
//	Bus      the network as a store needs it
//	Backend  where a master's entries outlive it; see pebblebackend and membackend
//	Change   what happened to one key, for whoever watches a store
//	Walk     a way through all entries, turn by turn, that misses nothing
//
// # Who calls what
//
// Masters and clones are stepped machines of the node's loop (step.Machine); nothing here starts a goroutine, reads a
// clock or waits. Besides Step, the loop calls Flush at the end of each turn, Receive and ReceiveCommand for what came on
// the store lane, PeersChanged when a peer came, went or announced another filter, and Tick with the node's clock, by which keys
// expire. Flush is where everything goes out: the turn's group to the disk, changes and answers to peers.
//
// # Bytes
//
// Keys and values are serialised values (net/wire). Keys are compared by their bytes, so they have to be canonical, which
// rules.CanonicalKey makes them. What Get and Each return is good until the next call into the store.
//
// # Durability
//
// A master with a Backend and Options.Sync lets nothing out before it is durable, neither an answer nor a change nor an
// event; its own Get sees it at once. Without Sync all leaves at once, and the backend syncs every 100 ms.
//
// # Between our own nodes
//
// On links with our header store commands are messages of type wire.TypeStore on the store lane, which keeps their order and
// loses none, so nothing is numbered that need not be. They go to direct peers only. The topic says store and direction,
// as Broker's do: NAME/<$>/data/master to the master, NAME/<$>/data/clone to a clone. The payload is one byte and what
// follows it, integers big-endian; an action is Broker's (wire.AppendCommandBody), so are keys and values:
//
//	1 attach  clone → master  entity, term u64, seq u64, answered u64        the last change that the clone holds, or 0, 0
//	2 resume  master → clone  object u64, term u64, seq u64, applied u64                 changes follow from seq+1 on
//	3 begin   master → clone  object u64, term u64, seq u64, applied u64, entries u64    chunks follow, and changes from seq+1 on
//	4 chunk   master → clone  n × (key, value)                               at most 32 KB, or one entry
//	5 end     master → clone  seq u64                                        what no chunk held is gone
//	6 change  master → clone  seq u64, action                                put, erase, expire, clear: absolute
//	7 write   clone → master  number u64, answered u64, action               put, put_unique, erase, add, subtract, clear; without action:
//	                                                                         the clone knows its outcome, from a master of Broker's
//	8 answer  master → clone  applied u64, durable u64, n × (number u64, code u8, inserted u8, text: u8 n + bytes)
//	9 refuse  master → clone  code u8, text                                  the clone is not served any more
//	10 claim  master → master entity, opened i64                             two masters of one name have met
//	11 leave  clone → master  entity
//
// A writer is known by its entity, which is unique: the endpoint's id is made afresh at each start. Numbers of writes rise
// by one, from 1. A master applies a number once, also after a restart (the last applied one of each writer is in its
// journal), so a clone sends again what is not answered whenever it attaches. Answers are cumulative: what is up to
// durable and not listed has succeeded. answered is the last number whose answer the writer has, so that the master can
// forget the outcome.
//
// A term is a master's run: it rises with each start. begin and resume say it for all that follows them in the lane, and
// wait until it is in the journal, so that no other run can have it. A clone does not follow a lower one than it has seen, unless
// it has been without a master for twice Resync: then it may be a new master whose clock is behind. object is that of the
// clone which had asked: another of the same endpoint, opened since, does not take it for its own. A write of a clone that is not
// attached is answered with refuse, and the clone attaches again.
//
// # Snapshots
//
// The master walks its table and sends one chunk a turn while the lane has room; changes flow meanwhile, in the same
// lane. They are absolute, so what was walked before a change is corrected by it, and what was walked later has it already. Neither side
// holds the entries twice. The clone marks what it saw and removes the rest at the end, so that after an interruption only
// real differences become changes. A clone answers nothing before its first end (StaleData). While
// a snapshot is under way a write may be done before the copy shows it; else its change comes before its answer.
//
// # With Brokers, and over nodes that forward
//
// A peer with Broker's header takes no messages of type wire.TypeStore, and they do not go beyond direct peers. Such masters
// and clones speak Broker's own protocol, messages of type wire.TypeCommand on the same two topics, which may get lost: the
// channels of package channel repair that. See spec/stores.md §3–§9 for the bytes. A node speaks both at once; between two
// stores our own is used where it is possible, and one of the two only.
//
//	masterChannel   one Producer to all clones, one Consumer from each that writes; for a session of a clone its entity is the name
//	cloneChannel    one Consumer from the master, one Producer to it; a session ends when the master's link goes, or after
//	                5 s without an acknowledgement; the next one has another entity, gets a snapshot, and sends again what was not acknowledged
//
// The promises are Broker's, which are weaker:
//
//	a write's outcome     success when the master has acknowledged it; a write that failed there is only in the master's log.
//	                      put_unique has a real answer
//	after a lost session  what was not acknowledged is sent again, so it may be applied twice; put_unique may find its own value
//	Options.Sync          nothing leaves a master of ours before it is durable, acknowledgements included. If the disk fails the
//	                      channel goes back to the last durable write, and the writers send what follows again
//	snapshots             one message, so a store above MaxEntry is refused to such clones, and the log says so
//	two masters           do not learn of each other
//
// # What may go wrong
//
//	no master known for 10 s              NoSuchMaster for reads of a clone that has no copy, and for writes
//	master away longer than Stale         StaleData for reads
//	master away longer than MutationBuffer  waiting writes end: NoSuchMaster if they were never sent, else RequestTimeout,
//	                                      as nobody knows whether they were applied
//	4,096 writes or 4 MB without answer   RequestTimeout at once, nothing sent
//	the disk fails                        BackendFailure for what was not durable and all writes, until it works again
//	a second master of the name           MasterExists: at once where it can be known, else when the two meet
package store
