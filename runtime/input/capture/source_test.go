package capture

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/inputtest"
)

var update = flag.Bool("update", false, "write testdata anew")

// What small.pcap holds, as a table for people.
func TestSmall(t *testing.T) {
	t.Parallel()
	r, st, s := drain(t, "../../../policies/testdata/small.pcap", Options{})
	if st != input.Done || len(r.Warnings) > 0 {
		t.Fatalf("ended in %s, %v, %q", st, s.Err(), r.Warnings)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "packets %d, new_connection %d, connection_established %d, connection_state_remove %d\n\n", s.Stats().Packets,
		r.Count("new_connection "), r.Count("connection_established "), r.Count("connection_state_remove "))
	for i := range r.Ended {
		c := &r.Ended[i]
		m := row(c)
		fmt.Fprintf(&b, "%s.%06d %-18s %10s:%-5s > %9s:%-5s %-4s %-4s %8s  %4s %4s  %s %3s  %s %4s\n",
			c.Start.Time().Format("15:04:05"), c.Start.Time().Nanosecond()/1000, c.UID(), m["id.orig_h"], m["id.orig_p"],
			m["id.resp_h"], m["id.resp_p"], m["proto"], m["conn_state"], m["duration"], m["orig_bytes"], m["resp_bytes"],
			m["orig_pkts"], m["orig_ip_bytes"], m["resp_pkts"], m["resp_ip_bytes"])
	}
	golden := filepath.Join("testdata", "small.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// seconds makes a packet of a frame.
func seconds(at int, frame []byte) Packet {
	return Packet{Data: frame, Time: broker.Timestamp(at) * broker.Timestamp(broker.Second), Timed: true, Link: linkRaw, Offset: -1}
}

// Expiries are items in between: peeked at, stopped at, and on the clock.
func TestExpiryOnTheClock(t *testing.T) {
	t.Parallel()
	const sec = broker.Timestamp(broker.Second)
	tcp := join(t, ip4(layers.IPProtocolTCP), raw(syn(t)...))
	s, err := New("test", &list{packets: []Packet{seconds(10, tcp), seconds(11, frame4(t)), seconds(100, tcp)}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &inputtest.Recorder{}
	pull := func(max int, until broker.Timestamp, wantN int, wantState input.State, wantClock broker.Timestamp) {
		t.Helper()
		n, st := s.Pull(max, until, r)
		if at, _ := s.Clock(); n != wantN || st != wantState || at != wantClock {
			t.Fatalf("pull %d until %d: got %d, %s, clock %d, want %d, %s, %d", max, until/sec, n, st, at/sec, wantN, wantState, wantClock/sec)
		}
	}
	peek := func(want broker.Timestamp) {
		t.Helper()
		if at, ok := s.Peek(); !ok || at != want {
			t.Fatalf("peek: got %d, %t, want %d", at/sec, ok, want/sec)
		}
	}
	peek(10 * sec)
	pull(100, 9*sec, 0, input.More, 0)
	pull(100, 14*sec, 2, input.More, 11*sec)
	peek(15 * sec) // the attempt is over
	pull(1, input.Never, 1, input.More, 15*sec)
	peek(71 * sec) // and so is the datagram
	pull(100, 70*sec, 0, input.More, 15*sec)
	pull(100, 71*sec, 1, input.More, 71*sec)
	peek(100 * sec)
	pull(1, input.Never, 1, input.More, 100*sec)
	peek(100 * sec) // what is left ends at the end of the input
	pull(1, input.Never, 1, input.More, 100*sec)
	pull(1, input.Never, 0, input.Done, 100*sec)
	if _, ok := s.Peek(); ok {
		t.Error("something is left")
	}
	if r.Count("connection_state_remove ") != 3 {
		t.Errorf("got %q", r.Calls)
	}
}

func TestPacketsWithoutTime(t *testing.T) {
	t.Parallel()
	s, err := New("test", &list{packets: []Packet{{Data: frame4(t), Link: linkRaw}, seconds(50, frame4(t)),
		{Data: frame4(t), Link: linkRaw}, seconds(40, frame4(t))}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &inputtest.Recorder{}
	if st := inputtest.Drain(s, r, nil); st != input.Done {
		t.Fatalf("ended in %s", st)
	}
	if c := r.Ended[0]; c.Start != 0 || c.Last != 50*broker.Timestamp(broker.Second) || c.Orig.Packets != 4 {
		t.Errorf("got %d packets from %d to %d, want 4 from 0 to 50 s", c.Orig.Packets, c.Start, c.Last)
	}
}

func TestLiveWaits(t *testing.T) {
	t.Parallel()
	l := &list{packets: []Packet{seconds(1, frame4(t))}, wait: true}
	s, err := New("eth0", l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &inputtest.Recorder{}
	if n, st := s.Pull(10, input.Never, r); n != 1 || st != input.Wait {
		t.Errorf("got %d, %s, want one, then to wait", n, st)
	}
	if _, ok := s.Peek(); ok {
		t.Error("peek sees what is not there")
	}
	if _, err := New("eth0", l, Options{Flow: flow.Options{MaxFlows: -1}}); err == nil {
		t.Error("bad options are taken")
	}
}

func TestEvictionIsTold(t *testing.T) {
	t.Parallel()
	l := &list{}
	for i := range 10 {
		l.packets = append(l.packets, seconds(i, join(t, ip4(layers.IPProtocolUDP), &layers.UDP{SrcPort: layers.UDPPort(40000 + i), DstPort: 9999})))
	}
	s, err := New("test", l, Options{Flow: flow.Options{MaxFlows: 2}})
	if err != nil {
		t.Fatal(err)
	}
	r := &inputtest.Recorder{}
	inputtest.Drain(s, r, nil)
	if got := s.Stats().Flow; got.Evicted != 8 || got.Peak != 2 || len(r.Ended) != 10 {
		t.Errorf("got %+v and %d ends", got, len(r.Ended))
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "more connections at once") {
		t.Errorf("got %q, want one warning", r.Warnings)
	}
}

// A writer that sends packet by packet is heard packet by packet.
func TestPipeIsPrompt(t *testing.T) {
	t.Parallel()
	pr, pw := io.Pipe()
	wake := make(chan struct{}, 100)
	s, err := Read("stdin", pr, Options{Wake: func() { wake <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &inputtest.Recorder{}
	if n, st := s.Pull(10, input.Never, r); n != 0 || st != input.Wait {
		t.Fatalf("got %d, %s, want to wait", n, st)
	}
	f := newPcap(binary.LittleEndian, false, 101)
	send := func() {
		t.Helper()
		if _, err := pw.Write(f.b); err != nil {
			t.Fatal(err)
		}
		f.b = nil
	}
	for i := range uint32(3) {
		f.add(i, 0, frame4(t))
		send()
		for s.Stats().Packets <= uint64(i) {
			if n, st := s.Pull(10, input.Never, r); n == 0 && st == input.Wait {
				<-wake
			}
		}
	}
	f.add(9, 0, frame4(t))
	f.b = f.b[:20]
	send()
	pw.Close()
	if st := inputtest.Drain(s, r, wake); st != input.Failed || !strings.Contains(s.Err().Error(), "stdin: offset 186: the capture ends") {
		t.Errorf("ended in %s, %v", st, s.Err())
	}
}

func TestPipeOfNoCapture(t *testing.T) {
	t.Parallel()
	wake := make(chan struct{}, 100)
	s, err := Read("stdin", strings.NewReader("hello, world"), Options{Wake: func() { wake <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if st := inputtest.Drain(s, &inputtest.Recorder{}, wake); st != input.Failed || !strings.Contains(s.Err().Error(), "stdin: not a capture") {
		t.Errorf("ended in %s, %v", st, s.Err())
	}
}

func TestCloseWhileAPipeWaits(t *testing.T) {
	t.Parallel()
	pr, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pw.Close()
	s, err := Read("stdin", pr, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// A named pipe is read as a pipe.
func TestNamedPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fifo")
	if out, err := exec.CommandContext(t.Context(), "mkfifo", path).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: mkfifo: %v: %s", err, out)
	}
	content, err := os.ReadFile("../../../policies/testdata/small.pcap")
	if err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(path, content, 0) }()
	wake := make(chan struct{}, 1000)
	s, err := Open(path, Options{Wake: func() { wake <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &inputtest.Recorder{}
	if st := inputtest.Drain(s, r, wake); st != input.Done || r.Count("connection_established ") != 5 {
		t.Errorf("ended in %s, %v", st, s.Err())
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}
