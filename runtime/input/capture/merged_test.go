package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/input"
	"moonpeer/runtime/input/capturegen"
	"moonpeer/runtime/input/inputtest"
)

// TestMergedTaps: two taps that see one side each are as one that sees both.
func TestMergedTaps(t *testing.T) {
	t.Parallel()
	packets := traffic(t)
	var taps [3]list
	for _, p := range packets {
		n := len(p.Data) % 3
		taps[n].packets = append(taps[n].packets, p)
	}
	one := run(t, &list{packets: packets}, Options{})
	m := &merged{}
	for i := range taps {
		m.taps = append(m.taps, tap{Packets: &taps[i], name: fmt.Sprint(i)})
	}
	if got := run(t, m, Options{}); !slices.Equal(got.log, one.log) {
		t.Errorf("got %d events, want the %d of one capture", len(got.log), len(one.log))
	}
}

func TestMergedOrder(t *testing.T) {
	t.Parallel()
	untimed := Packet{Data: []byte("untimed"), Offset: -1}
	at := func(sec int, text string) Packet { return seconds(sec, []byte(text)) }
	m := &merged{taps: []tap{
		{Packets: &list{packets: []Packet{at(10, "a10"), at(30, "a30"), at(5, "a5, late")}}},
		{Packets: &list{}},
		{Packets: &broken{list{packets: []Packet{at(10, "c10"), untimed}}}},
		{Packets: &list{packets: []Packet{at(20, "d20"), at(40, "d40")}}},
	}}
	var got []string
	for {
		p, err := m.Next()
		if err != nil {
			if !errors.Is(err, errBroken) {
				t.Errorf("ended with %v, want the broken capture's error", err)
			}
			break
		}
		got = append(got, string(p.Data))
	}
	if want := []string{"a10", "c10", "untimed", "d20", "a30", "a5, late", "d40"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMergedWaits: nobody knows whose packet is next while one tap has nothing yet.
func TestMergedWaits(t *testing.T) {
	t.Parallel()
	live := &list{wait: true}
	m := &merged{taps: []tap{{Packets: &list{packets: []Packet{seconds(10, frame4(t))}}}, {Packets: live}}}
	s, err := New("test", m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &inputtest.Recorder{}
	if n, st := s.Pull(10, input.Never, r); n != 0 || st != input.Wait {
		t.Errorf("got %d, %s, want to wait", n, st)
	}
	live.packets = []Packet{seconds(20, frame4(t))}
	if n, st := s.Pull(10, input.Never, r); n != 2 || st != input.Wait {
		t.Errorf("got %d, %s, want both, then to wait", n, st)
	}
	live.wait = false
	if st := inputtest.Drain(s, r, nil); st != input.Done || s.Stats().Packets != 2 {
		t.Errorf("ended in %s after %d packets", st, s.Stats().Packets)
	}
}

// generate writes a capture of some lookups by one client.
func generate(t *testing.T, name, client string, start int64) string {
	t.Helper()
	var out bytes.Buffer
	w, err := capturegen.New(&out, time.Unix(start, 0))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.Lookup(client+":5000", "10.1.0.53:53", "www.example.org", "10.1.0.10")
		w.Wait(100 * time.Second)
	}
	return write(t, name, out.Bytes())
}

func TestMergeFiles(t *testing.T) {
	t.Parallel()
	late, early := generate(t, "late.pcap", "10.0.0.1", 1_700_000_050), generate(t, "early.pcap", "10.0.0.2", 1_700_000_000)
	s, err := Merge([]string{late, early}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &inputtest.Recorder{}
	if st := inputtest.Drain(s, r, nil); st != input.Done {
		t.Fatalf("ended in %s, %v", st, s.Err())
	}
	var news []string
	for _, c := range r.Calls {
		if strings.HasPrefix(c, "new_connection ") {
			news = append(news, strings.TrimPrefix(strings.Fields(c)[1], "10.0.0."))
		}
	}
	if want := []string{"2:5000/udp", "1:5000/udp", "2:5000/udp", "1:5000/udp"}; !slices.Equal(news, want) {
		t.Errorf("connections began in the order %q, want %q", news, want)
	}
	sizes := size(t, late) + size(t, early)
	if done, total := s.Progress(); done != sizes || total != sizes {
		t.Errorf("progress is %d of %d, want %d", done, total, sizes)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}

// TestMergeOfTheBroken: what is wrong says in which file, at once where it can be known, and else after the others.
func TestMergeOfTheBroken(t *testing.T) {
	t.Parallel()
	good := generate(t, "good.pcap", "10.0.0.1", 1_700_000_000)
	if _, err := Merge([]string{good, write(t, "none.pcap", []byte("hello, world"))}, Options{}); err == nil || !strings.Contains(err.Error(), "none.pcap: not a capture") {
		t.Errorf("got %v", err)
	}
	content, err := os.ReadFile(generate(t, "other.pcap", "10.0.0.2", 1_700_000_000))
	if err != nil {
		t.Fatal(err)
	}
	cut := write(t, "cut.pcap", content[:len(content)-3])
	s, err := Merge([]string{cut, good}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &inputtest.Recorder{}
	if st := inputtest.Drain(s, r, nil); st != input.Failed || !strings.Contains(s.Err().Error(), "cut.pcap: offset ") {
		t.Errorf("ended in %s, %v", st, s.Err())
	}
	if known := (*input.Error)(nil); !errors.As(s.Err(), &known) || r.Count("new_connection ") != 4 {
		t.Errorf("got %T and %q", s.Err(), r.Calls)
	}
	bad := &list{packets: []Packet{{Data: []byte{0x45}, Link: linkRaw, Offset: 7}}}
	m := &merged{taps: []tap{{Packets: &list{}, name: "first"}, {Packets: bad, name: "second"}}}
	s, err = New("", m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.name = m.name
	inputtest.Drain(s, r, nil)
	if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], "second: offset 7: ") {
		t.Errorf("got %q, want the second one's name", r.Warnings)
	}
}

// stuck is a capture that can't be closed twice without saying so.
type stuck struct {
	list
	closed int
}

func (s *stuck) Close() error {
	s.closed++
	return io.ErrClosedPipe
}

func (s *stuck) Progress() (done, total int64) { return 5, 10 }

func TestMergedCloses(t *testing.T) {
	t.Parallel()
	a, b := &stuck{}, &stuck{}
	m := &merged{taps: []tap{{Packets: a}, {Packets: b}}}
	if done, total := m.Progress(); done != 10 || total != 20 {
		t.Errorf("progress is %d of %d, want 10 of 20", done, total)
	}
	if err := m.Close(); !errors.Is(err, io.ErrClosedPipe) || a.closed != 1 || b.closed != 1 {
		t.Errorf("got %v, closed %d and %d times", err, a.closed, b.closed)
	}
	m.taps = append(m.taps, tap{Packets: &list{}})
	if _, total := m.Progress(); total != -1 {
		t.Errorf("the total is %d although one is not known", total)
	}
	if _, err := Merge([]string{filepath.Join(t.TempDir(), "none")}, Options{}); err == nil {
		t.Error("a missing file is taken")
	}
}

var errBroken = errors.New("broken")

// broken is a capture that breaks off.
type broken struct{ list }

func (b *broken) Next() (Packet, error) {
	p, err := b.list.Next()
	if err == io.EOF {
		err = errBroken
	}
	return p, err
}
