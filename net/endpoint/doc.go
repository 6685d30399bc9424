// Package endpoint is the hub of a node: it knows who wants what, inside the node and at its peers, and takes
// messages from one to the others. It opens no socket, starts no goroutine and reads no clock.
//
// # Types
//
//	Hub       the endpoint: one EndpointID, one sequence, all subscriptions
//	Local     a party inside the node: script domain, store, WebSocket client. It subscribes and publishes
//	Receiver  what a Local hands in to be offered envelopes
//	Peer      a linked endpoint with the filter it announced
//	Envelope  a message in transit: header, topic, payload
//	Link      what a transport implements for the hub (step.Link with wire's header)
//
// # Use
//
//	hub := endpoint.New(endpoint.Options{ID: id, Env: env})
//	scripts := hub.Join("scripts", domain)            // domain has Offer(*Envelope) bool
//	scripts.Subscribe("zeek/event/", endpoint.SubscribeOptions{})
//	if scripts.Wanted("zeek/scan") {                  // before the arguments are encoded
//	        scripts.Publish("zeek/scan", payload)
//	}
//	peer, err := hub.Attach(remoteID, link, endpoint.PeerOptions{})
//	done, err := peer.Receive(batch, 256)             // in the turn's routing pass
//	hub.Flush()                                       // at the end of the turn
//
// # Goroutines
//
// Everything here belongs to the node's loop. Offer is called from within Publish and Receive, and may call back
// into the hub: publish, subscribe, even close or detach.
//
// # Who gets a message
//
// Topics are matched by byte prefix. A message goes once to every party that has a prefix of its topic, however
// many prefixes match, in the order in which parties joined and peers were attached.
//
//	published by        other Locals   itself                      peers
//	a Local             yes            if it subscribed with Self  yes
//	a peer              yes            never back                  if Options.Forwarding
//
// A message with a receiver goes to that endpoint alone, which must be this one or a direct peer. Topics under
// <$>/local/ never leave the node, and are refused when they come from a peer. What a peer is sent is also
// bounded by Hub.Restrict.
//
// # Filters
//
// The hub announces what its Locals subscribe to or forward, as the smallest set of prefixes, in one routing
// update per peer and turn, and only if it has changed. Unlike Broker's, the announced filter shrinks when a
// subscription ends. Filters are not passed on: for several hops the node in the middle subscribes itself, which
// is what Local.Forward is for.
//
// # Looking
//
// [Hub.Observe] shows each step of each message to whoever wants to look, such as debug streams and node trace.
//
// # Bytes
//
// Topic and payload are the sender's and are never rewritten; links put their own header in front. All slices in
// an Envelope are good during Offer only. What Publish is given may be used again at once: each link copies it,
// and of a payload above step.LargePayload the hub makes one copy that the links share.
//
// # Ids
//
// Every message sent here gets the next number of the hub's one sequence; origin and number are its id. While
// this node or one of its peers forwards, copies are recognised by id among the last 65,536; a message of the
// node's own origin is dropped always. What comes from a Broker has no id and gets one here.
package endpoint
