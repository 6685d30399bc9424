package control

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"moonpeer/net/step"
)

// taker answers every request at once, and counts what it is given.
type taker struct{ asked, gone atomic.Int64 }

func (t *taker) Put(in step.Input) {
	switch in := in.(type) {
	case step.ControlRequest:
		t.asked.Add(1)
		in.Asker.Reply([]byte("{}"))
		in.Asker.Reply([]byte("{}"))
	case step.ControlClosed:
		t.gone.Add(1)
	}
}

// FuzzConn: whatever comes over a connection, it ends when the other end does, and nothing is left of it.
func FuzzConn(f *testing.F) {
	for _, text := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"status"}`, `{"jsonrpc":"2.0","id":"x","method":"print","params":{"id":"EX::a"}}`,
		`{"id":1,"result":{}}`, `{"id":1,"error":{"code":1,"message":"x"}}`, `[{"id":1,"method":"x"}]`, `{"method":"part","params":{"id":1,"part":1}}`,
		`{"id":-1,"method":"relay","params":{"nodes":["a"],"method":"x"}}`, `{"id":2,"method":"register","params":{"name":"a"}}`, "null", "{}", "\x00",
	} {
		f.Add([]byte(text + "\n" + text + "\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var loop taker
		var held atomic.Int64
		relay := NewRelay(RelayOptions{Inbox: &loop})
		relay.SetNodes([]Known{{Name: "a"}})
		ours, theirs := net.Pipe()
		c := newConn(context.Background(), ours, edge{inbox: &loop, held: &held, relay: relay, parsing: new(sync.Mutex), longest: 4096})
		read := make(chan struct{})
		go func() {
			defer close(read)
			for buf := make([]byte, 4096); ; {
				if _, err := theirs.Read(buf); err != nil {
					return
				}
			}
		}()
		theirs.Write(text) // an error: the connection was ended over it
		theirs.Close()
		c.wait()
		<-read
		if held.Load() != 0 || len(relay.Running()) != 0 || loop.gone.Load() != 0 {
			t.Errorf("%d bytes are held, %d children, %d askers are reported gone that were answered", held.Load(), len(relay.Running()), loop.gone.Load())
		}
	})
}
