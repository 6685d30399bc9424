package relay

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

const maxClients = 256

// Options are the faults of a network; the zero value is a network without. Rates are probabilities from 0 to 1, for
// each packet in each direction.
type Options struct {
	Seed      uint64 // of all that happens by chance
	Loss      float64
	Duplicate float64
	Reorder   float64       // near 1 there are few packets left that could overtake
	Delay     time.Duration // one way
}

func (o Options) check() error {
	for _, rate := range []struct {
		name string
		p    float64
	}{{"loss", o.Loss}, {"duplicate", o.Duplicate}, {"reorder", o.Reorder}} {
		if !(rate.p >= 0 && rate.p <= 1) {
			return fmt.Errorf("relay: %s is %v, want a probability from 0 to 1", rate.name, rate.p)
		}
	}
	return nil
}

// Relay passes packets between its clients and one target.
type Relay struct {
	tb     testing.TB
	target *net.UDPAddr
	down   *net.UDPConn // towards the clients

	inbox   chan arrival // 256; readers wait when it is full
	calls   chan func()  // unbuffered: what is called has happened when the method returns
	stop    chan struct{}
	done    chan struct{} // closed when the loop has ended
	readers sync.WaitGroup

	// The loop's own; after done anybody may read them.
	faults   faults
	clients  map[netip.AddrPort]*client
	order    []*client // by their first packets
	waiting  []waiter
	reported bool
}

// waiter is a call of Await.
type waiter struct {
	ok   func(Stats) bool
	done chan struct{}
}

// patience is how long Await waits.
const patience = 10 * time.Second

// New starts a relay to target, an address with a port. It ends with the test.
func New(tb testing.TB, target string, o Options) *Relay {
	tb.Helper()
	if err := o.check(); err != nil {
		tb.Fatal(err)
	}
	to, err := net.ResolveUDPAddr("udp", target)
	if err != nil {
		tb.Fatalf("relay: %v", err)
	}
	down, err := net.ListenUDP("udp", sameFamily(to))
	if err != nil {
		tb.Fatalf("relay: %v", err)
	}
	down.SetReadBuffer(socketBuffer)
	r := &Relay{
		tb: tb, target: to, down: down, faults: faults{o: o}, clients: map[netip.AddrPort]*client{},
		inbox: make(chan arrival, 256), calls: make(chan func()), stop: make(chan struct{}), done: make(chan struct{}),
	}
	r.readers.Go(func() { r.read(down, arrival{}) })
	go r.loop()
	tb.Cleanup(r.end)
	return r
}

// sameFamily returns a loopback address that a client of target can send to.
func sameFamily(target *net.UDPAddr) *net.UDPAddr {
	if target.IP.To4() != nil || target.IP == nil || target.IP.IsUnspecified() {
		return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	}
	return &net.UDPAddr{IP: net.IPv6loopback}
}

// Addr returns where clients send to instead of the target.
func (r *Relay) Addr() string { return r.down.LocalAddr().String() }

// SetLoss changes Options.Loss for packets that come from now on.
func (r *Relay) SetLoss(p float64) {
	r.tb.Helper()
	if err := (Options{Loss: p}).check(); err != nil {
		r.tb.Error(err)
		return
	}
	r.do(func() { r.faults.o.Loss = p })
}

// Cut drops what is held and all that comes, in both directions: when it returns, nothing passes any more.
func (r *Relay) Cut() { r.do(r.faults.sever) }

// Heal ends Cut. What a client has sent just before may pass.
func (r *Relay) Heal() { r.do(func() { r.faults.cut = false }) }

// Rebind replaces the sockets towards the target by new ones, as a NAT does that has forgotten its clients: the
// target sees them come from other ports, and what it sends to the old ones is lost.
func (r *Relay) Rebind() {
	r.tb.Helper()
	var err error
	r.do(func() {
		for _, c := range r.order {
			if err = r.connect(c); err != nil {
				return
			}
		}
	})
	if err != nil {
		r.tb.Errorf("relay: rebind: %v", err)
	}
}

// Stats returns the counts, also after the test has ended.
func (r *Relay) Stats() (s Stats) {
	if !r.do(func() { s = r.faults.now() }) {
		s = r.faults.now()
	}
	return s
}

// Await waits until ok holds for the counts, and returns them; the test fails if that takes more than 10 s. Asking Stats
// again and again instead would keep the processor from the packets. ok is called by the relay's goroutine, and must
// not call the relay.
func (r *Relay) Await(ok func(Stats) bool) (s Stats) {
	r.tb.Helper()
	w := waiter{done: make(chan struct{})}
	w.ok = func(now Stats) bool { s = now; return ok(now) }
	timer := time.NewTimer(patience)
	defer timer.Stop()
	r.do(func() { r.waiting = append(r.waiting, w) })
	select {
	case <-w.done:
		return s
	case <-r.done:
		r.tb.Fatalf("relay: it has ended, and will not come to what the test waits for: %+v", r.Stats())
	case <-timer.C:
		r.tb.Fatalf("relay: after %v the test still waits: %+v", patience, r.Stats())
	}
	return s
}

// do calls f in the loop and waits for it. It returns false, without a call, when the loop has ended.
func (r *Relay) do(f func()) bool {
	finished := make(chan struct{})
	select {
	case r.calls <- func() { f(); close(finished) }:
		<-finished
		return true
	case <-r.done:
		return false
	}
}

func (r *Relay) loop() {
	defer close(r.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		if at, ok := r.faults.next(); ok {
			timer.Reset(time.Until(at))
			due = timer.C
		}
		select {
		case a := <-r.inbox:
			r.arrive(a)
		case f := <-r.calls:
			f()
		case <-due:
		case <-r.stop:
			return
		}
		r.faults.step(time.Now())
		r.wake()
	}
}

// wake ends the waiting of those whose condition holds.
func (r *Relay) wake() {
	if len(r.waiting) == 0 {
		return
	}
	now := r.faults.now()
	r.waiting = slices.DeleteFunc(r.waiting, func(w waiter) bool {
		ok := w.ok(now)
		if ok {
			close(w.done)
		}
		return ok
	})
}

func (r *Relay) arrive(a arrival) {
	now := time.Now()
	if a.via == nil {
		if c := r.clientOf(a.from); c != nil {
			r.faults.arrive(now, c.out, a.data)
			return
		}
	} else if a.via == a.client.up {
		r.faults.arrive(now, a.client.back, a.data)
		return
	}
	r.faults.stats.Received++
	r.faults.stats.Dropped++
}

// clientOf returns nil, and says so once, if there is no room for a new client.
func (r *Relay) clientOf(addr netip.AddrPort) *client {
	if c := r.clients[addr]; c != nil {
		return c
	}
	var err error
	if len(r.order) >= maxClients {
		err = fmt.Errorf("it has %d clients, and takes no more", maxClients)
	} else {
		var c *client
		if c, err = r.newClient(addr); err == nil {
			return c
		}
	}
	if !r.reported {
		r.reported = true
		r.tb.Logf("relay: packets from %v are dropped: %v", addr, err)
	}
	return nil
}

// end stops everything, and waits for it.
func (r *Relay) end() {
	close(r.stop)
	<-r.done
	r.down.Close()
	for _, c := range r.order {
		c.up.Close()
	}
	r.readers.Wait()
}
