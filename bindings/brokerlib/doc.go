// Package brokerlib is the Lua module `broker`: publishing, subscriptions, peers and options, with the names,
// options, statuses and error codes of Zeek's Broker framework (zeek/features.md is the checklist).
//
// Publishing never raises: on wrong arguments it returns false and a message, and the reports name file and line.
// What concerns other nodes is asked of [Hub] and [Network]; a node without a transport answers that there is
// none instead of pretending.
package brokerlib
