// Package relay is a bad network for tests: a UDP relay that loses, duplicates, reorders and delays packets, can be
// cut, and can forget its clients as a NAT does. Only tests import it, hence the names of its files; they do not end
// in _test.go because the tests are those of other packages.
//
//	r := relay.New(t, listener.Addr().String(), relay.Options{Seed: 1, Loss: 0.05, Duplicate: 0.05, Reorder: 0.05})
//	dial(r.Addr())
//	…
//	r.Await(func(s relay.Stats) bool { return s.Dropped > 0 && s.Reordered > 0 }) // else nothing was put to the test
//
// # Types
//
//	Relay    the sockets, and one goroutine that owns all else; every method may be called by any goroutine
//	Options  the faults, and the seed that chooses whom they hit
//	Stats    what was done to how many
//
// # What happens to a packet
//
// It is lost, or passes. One that is duplicated passes twice, both at once. One that is reordered is held back until
// one to three later ones of its client and direction have passed, but for 10 ms at most. What has passed
// is sent, after Options.Delay if there is one. At all times
//
//	Received + Duplicated = Passed + Dropped + Held
//
// The fate of a packet is a function of the seed, the number of its client in the order of their first packets, the
// direction, and its own number in that. So it does not matter how the packets of several clients, or the two
// directions of one, are interleaved. Only the 10 ms depend on the clock.
//
// # Limits
//
// 1,024 packets are held, for whatever reason. Beyond that none is reordered, and one that would have to be delayed
// is dropped, as a router does it. 256 clients are served; packets of others are dropped. A client that was seen
// stays until the test ends, which ends the goroutines and sockets too.
package relay
