// Package capture reads packets and turns them into connection events: the source behind --pcap.
//
// # Reading
//
// [Open] opens a file by name, [Read] reads standard input. pcap in both byte orders and resolutions and pcapng with any
// number of sections and interfaces are known by their first bytes, and so is gzip around them. A regular file is read
// where it is pulled; a pipe by a goroutine that hands over what it has before it waits for more. Both are [Packets];
// live capture will be another one, handed to [New].
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
// # Damage
//
// A capture that ends in the middle of a packet, or is damaged, gives all that was before, its connections end, and then
// the source has failed, with file and offset. No length in a file makes us allocate or read more than 1 MB at once; a
// malformed packet is reported once per capture and counted from then on. Both decoding and reading survive a panic of
// the library as they do malformed input.
package capture
