// Package capture reads packets and turns them into connection events: the source behind --pcap.
//
// # Reading
//
// [Open] opens a file by name, [Read] reads standard input. pcap in both byte orders and resolutions and pcapng with any
// number of sections and interfaces are known by their first bytes, and so is gzip around them. A regular file is read
// where it is pulled; a pipe by a goroutine that hands over what it has before it waits for more. Both are [Packets];
// live capture will be another one, handed to [New].
//
// [Merge] opens several captures as one, which is what several taps of one network are: their packets come in the order of
// their times, whichever capture they are from, and go to one connection table, so that a tap may have seen one direction
// only. What two taps saw both counts twice. Each capture is expected to be in order itself, as tools that merge captures
// expect it; where it is not, its order stays. One that is broken ends there, and the others go on.
//
// # Decoding
//
// gopacket decodes, header by header, into layers that are used again, so a packet costs no allocation (MPLS, PPPoE and
// PPP cost one). Links: Ethernet with any stack of VLAN, QinQ, MPLS and PPPoE headers, PPP, raw IP, BSD loopback, Linux
// cooked v1 and v2; IPv4, and IPv6 with hop-by-hop, destination, routing and fragment headers; TCP, UDP, ICMP. Lengths
// are taken from the IP header, so that a short snap length does not change a byte count. Checksums are not looked at.
// What is not tracked is counted in [Stats].
//
// Packets in pieces are put together and count as one, with the bytes of the whole, at the time of the piece that
// completes it; until then they count for nothing. Pieces wait 30 s and take 32 MB at most. Of pieces that were
// captured in part only the first is looked at.
//
// # Items
//
// An item is a packet or the end of a connection, in the order of their times, so that a node that stops before its next
// timer misses nothing. After the last packet connections end in the order of their start, all at the last packet's
// time.
//
// # Shards
//
// Several nodes can share the connections of a capture: each reads all of it, puts pieces together, and tracks the
// connections that [flow.Packet.Shard] says are its own; what is no connection is the first one's to count and to warn
// about. The clock of each moves with all packets, so that connections end and timers run at the same moments on all of
// them: taken together, their events are those of a node that reads everything, ids included, as long as none of them
// holds MaxFlows connections. A packet that is another's is read and decoded, which is half of what tracking it costs.
//
// # Damage
//
// A capture that ends in the middle of a packet, or is damaged, gives all that was before, its connections end, and then
// the source has failed, with file and offset. No length in a file makes us allocate or read more than 1 MB at once; a
// malformed packet is reported once per capture and counted from then on. Both decoding and reading survive a panic of
// the library as they do malformed input.
package capture
