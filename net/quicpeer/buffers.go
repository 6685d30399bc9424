package quicpeer

import (
	"log/slog"
	"net"
	"sync"
)

// WantedBuffer is how large a UDP socket's buffers should be, in bytes: packets that find a full one are lost.
const WantedBuffer = 7 << 20

var buffersSaid sync.Once

// checkBuffers asks for large buffers and says once, with the remedy, if the system gives less.
func checkBuffers(c *net.UDPConn, log *slog.Logger) {
	c.SetReadBuffer(WantedBuffer)
	c.SetWriteBuffer(WantedBuffer)
	read, write, ok := bufferSizes(c)
	if !ok || read >= WantedBuffer && write >= WantedBuffer {
		return
	}
	buffersSaid.Do(func() {
		log.Warn("the system's UDP buffers are small, packets may be lost under load; raise the limits (node doctor tells how)",
			"receive", read, "send", write, "wanted", WantedBuffer)
	})
}
