// Package channel is the reliable channel of Broker's stores: one producer sends numbered events to any number of
// consumers over a network that loses, doubles and reorders messages, and each consumer gets them in order, exactly
// once. A store has two kinds: from the master to all clones, and from each clone that writes to the master.
//
// [Producer] and [Consumer] are state machines without clock, goroutine or lock. The owner hands in what arrives, calls
// Tick every 100 ms, and sends what they say through [ProducerOut] and [ConsumerOut]:
//
//	ProducerOut          from master   from writer     Consumer's method
//	Handshake            ack_clone     attach_writer   Handshake
//	Broadcast, Event     an action     an action       Event
//	HeartbeatAll, -      keepalive     keepalive       Heartbeat
//	RetransmitFailed     retransmit_failed             RetransmitFailed
//
//	ConsumerOut                                        Producer's method
//	Ack                  cumulative_ack                Ack
//	Nack                 nack                          Nack
//
// The payload is whatever the owner likes, one []byte per event.
//
// # A life
//
// Numbers begin with 1, which no event has, so the first event is 2 and 0 can mean "nothing yet". A consumer asks with
// nack [0]; the producer adds it and answers with a handshake that carries its present number, the offset: what came
// before is in the snapshot that the owner puts in, what comes after are events. The consumer acknowledges the offset,
// then at every heartbeat what it has. When it has made no progress for some ticks and knows of later numbers, it names
// what it lacks, and the producer sends that again, or says that it is gone. A producer keeps events until all have
// acknowledged them, and drops who is silent for too long.
//
// # Owner's duties
//
// Handshake of a Consumer delivers what was waiting, so the snapshot has to be applied before the call. If it returns
// false it was a repetition; a master then acknowledges Next()-1 once more.
//
// A repeated handshake carries the original offset, as in Broker, so a master has to keep the snapshot that goes with it
// until Attached. With ProducerOptions.Fresh it carries the present number, and the owner makes a new snapshot.
//
// Nack of a Producer adds whoever asks with [0]. A writer, whose only consumer is the master, must not hand in nacks of
// others. Who may speak for a consumer at all is the owner's matter, too.
//
// # Bytes and calls
//
// Produce takes the payload over, nobody may change it afterwards. Event of a Consumer copies what it has to keep;
// Deliver gets either that or the slice that was handed in. The list that Nack of ConsumerOut gets is good during the
// call only.
//
// The machines call their owner in the middle of their work. The owner must not call back into the same machine, except
// Reset of a Consumer in Deliver and Lost.
//
// # Bounds
//
// Whatever arrives, a machine holds no more than its options say, and one call does no more than they say: numbers may
// jump by 2^60, lists may be long, unordered or full of repetitions. What does not fit in is treated as if the network had
// lost it, and is repaired in the same way. The options' comments name the bounds, DESIGN.md says why.
package channel
