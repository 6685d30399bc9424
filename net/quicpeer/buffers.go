package quicpeer

import (
	"log/slog"
	"net"
	"sync"
)

// WantedBuffer is how large a UDP socket's buffers should be, in bytes: packets that find a full one are lost.
const WantedBuffer = 7 << 20

var buffersSaid sync.Once

// checkBuffers says once, with the remedy, if the system gives a socket less. QUIC has asked for what it can get.
func checkBuffers(c *net.UDPConn, log *slog.Logger) {
	read, write, ok := bufferSizes(c)
	if !ok || read >= WantedBuffer && write >= WantedBuffer {
		return
	}
	buffersSaid.Do(func() {
		log.Warn("the system's UDP buffers are small, packets may be lost under load",
			"receive", read, "send", write, "wanted", WantedBuffer, "remedy", buffersRemedy)
	})
}
