package node

import (
	"fmt"
	"net"
	"time"
)

// notifyPatience is how long a service manager may keep the loop that has too much unread.
const notifyPatience = 10 * time.Millisecond

// Notify tells the service manager behind $NOTIFY_SOCKET a state, such as READY=1. No socket, nothing happens; one that does not
// read what it is told gets an error.
func Notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	defer conn.Close()
	if err := conn.SetWriteDeadline(time.Now().Add(notifyPatience)); err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	return nil
}
