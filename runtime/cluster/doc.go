// Package cluster is what a node knows of the cluster that it belongs to: the layout, its own role, who is there, and
// which node of a pool is responsible for what (zeek/frameworks.md §3). It opens no socket, starts no goroutine and
// reads no clock; the node hands it what its peers do.
//
// # Types
//
//	Layout   all nodes with their roles and addresses; who dials whom follows from it
//	Cluster  this node's view: members that are up, pools, whether everybody is connected
//	Pool     nodes that share work; the choice by key (highest random weight) or by turns
//	Config   the values that options of policies were given while the cluster runs
//	Backend  the network as Cluster needs it: peers over QUIC today, another engine some day
//
// Everything belongs to the node's loop.
//
// # Identity
//
// A member is a name of the layout together with an epoch, which is higher after each restart. Cluster.Claim is asked
// before a peer that claims a name is taken up:
//
//	not in the layout              a peer like any other, never a member
//	not granted by the certificate refused
//	nobody has the name            taken
//	somebody has it, lower epoch   the newcomer replaces it: node_down, then node_up
//	somebody has it, else          refused, and the message has both addresses
//
// # Who is up
//
// A member is up from the time its peering is established until that ends. Members see only those that they are
// linked with: workers see manager, loggers and proxies, never other workers.
//
// # When the cluster has started
//
// A node is fully connected when it is linked with everybody it dials, and with everybody who dials it: a link has two
// ends, and one may have it before the other. It tells the manager, which knows from that when
// all are, raises cluster_started and publishes it. Every process raises cluster_started once: who comes late is told
// alone, and a manager that was restarted believes the first node that was told by the one before.
//
// # Options
//
// A change of an option goes to the manager, which numbers it by (term, sequence) and publishes it to all, and every node takes
// it from there. The event for all of that is Config::cluster_set_option:
//
//	id, value, location                    as in Zeek
//	early                                  its node had not met the cluster yet
//	term, sequence                         of the manager; 0, 0 on the way there
//	endpoint id, number                    who has made it; "" for what is sent again
//
// Who comes gets all values. A manager that comes gets from each node what it has not numbered itself, which is how a
// restarted one learns what its former self knew; and the changes that had not come back.
// Config::cluster_send_options asks it for all values, when a sequence number is missing.
package cluster
