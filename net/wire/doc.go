// Package wire writes and reads Broker's binary format, version 1: values,
// Zeek's messages, and the frames that carry them.
package wire
