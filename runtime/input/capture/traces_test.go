package capture

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/inputtest"
)

// shared returns a file of the shared folder, which is not part of the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("MOONPEER_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared")
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("NOT TESTED: %s is missing; set MOONPEER_SHARED to the shared folder", path)
	}
	return path
}

// drain reads a capture to its end.
func drain(t *testing.T, path string, o Options) (*inputtest.Recorder, input.State, *Source) {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &inputtest.Recorder{}
	return r, inputtest.Drain(s, r, nil), s
}

// connLog reads the columns of a conn.log of Zeek's.
func connLog(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		cols := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case cols[0] == "#fields":
			names = cols[1:]
		case !strings.HasPrefix(line, "#"):
			row := map[string]string{}
			for i, n := range names {
				row[n] = cols[i]
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// row writes a connection as Zeek's conn.log has it.
func row(c *flow.Conn) map[string]string {
	num := func(n uint64) string { return fmt.Sprint(n) }
	r := map[string]string{
		"id.orig_h": c.ID.OrigH.String(), "id.orig_p": fmt.Sprint(c.ID.OrigP.Number),
		"id.resp_h": c.ID.RespH.String(), "id.resp_p": fmt.Sprint(c.ID.RespP.Number),
		"proto": c.Proto.String(), "conn_state": string(c.State()), "duration": "-", "orig_bytes": "-", "resp_bytes": "-",
		"orig_pkts": num(c.Orig.Packets), "orig_ip_bytes": num(c.Orig.IPBytes),
		"resp_pkts": num(c.Resp.Packets), "resp_ip_bytes": num(c.Resp.IPBytes),
	}
	if d, ok := c.Duration(); ok { // Zeek writes byte counts only where there is a duration
		r["duration"] = fmt.Sprintf("%.6f", d.Seconds())
		for name, f := range map[string]func() (uint64, bool){"orig_bytes": c.OrigBytes, "resp_bytes": c.RespBytes} {
			if n, ok := f(); ok {
				r[name] = num(n)
			}
		}
	}
	return r
}

// Zeek's own captures, against the conn.log that Zeek wrote for each.
func TestZeeksTraces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, capture, log string
		established        int
	}{
		{"http-get", "http-get.pcap", "http-get.conn.log", 1},
		{"multi-interface", "multi-interface.pcapng", "multi-interface.conn.log", 0},
		{"wikipedia", "wikipedia.pcap", "wikipedia.conn.log", 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := connLog(t, shared(t, "traces/"+tt.log))
			r, st, s := drain(t, shared(t, "traces/"+tt.capture), Options{})
			if st != input.Done || len(r.Warnings) > 0 {
				t.Errorf("ended in %s, %v, %q", st, s.Err(), r.Warnings)
			}
			if got := r.Count("connection_established"); got != tt.established {
				t.Errorf("connection_established raised %d times, want %d", got, tt.established)
			}
			// Zeek's order is that of its ends, ours too; what has one end in common is compared by its name.
			key := func(m map[string]string) string {
				return m["proto"] + m["id.orig_h"] + ":" + m["id.orig_p"] + ">" + m["id.resp_h"] + ":" + m["id.resp_p"]
			}
			rows := map[string][]map[string]string{}
			for i := range r.Ended {
				m := row(&r.Ended[i])
				rows[key(m)] = append(rows[key(m)], m)
			}
			if len(r.Ended) != len(want) {
				t.Errorf("got %d connections, want %d", len(r.Ended), len(want))
			}
			for _, w := range want {
				have := rows[key(w)]
				if len(have) == 0 {
					t.Errorf("no connection %s", key(w))
					continue
				}
				rows[key(w)] = have[1:]
				for name, got := range have[0] {
					if got != w[name] {
						t.Errorf("%s: %s is %s, want %s", key(w), name, got, w[name])
					}
				}
			}
		})
	}
}

// The same capture, compressed or read through a pipe or pulled packet by packet, gives the same.
func TestWaysOfReading(t *testing.T) {
	t.Parallel()
	const path = "../../../policies/testdata/small.pcap"
	plain, st, s := drain(t, path, Options{})
	if st != input.Done || len(plain.Warnings) > 0 {
		t.Fatalf("ended in %s, %v, %q", st, s.Err(), plain.Warnings)
	}
	if done, total := s.Progress(); done != total || total < 1000 {
		t.Errorf("progress: got %d of %d", done, total)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	same := func(how string, r *inputtest.Recorder, st input.State) {
		t.Helper()
		if st != input.Done || !slices.Equal(r.Calls, plain.Calls) {
			t.Errorf("%s: ended in %s with %d events, want %d", how, st, len(r.Calls), len(plain.Calls))
		}
	}
	r, st, _ := drain(t, write(t, "small.pcap.gz", zipped(t, content)), Options{})
	same("compressed", r, st)

	for how, in := range map[string][]byte{"pipe": content, "compressed pipe": zipped(t, content)} {
		wake := make(chan struct{}, 1000)
		s, err := Read("stdin", bytes.NewReader(in), Options{Wake: func() { wake <- struct{}{} }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := &inputtest.Recorder{}
		same(how, r, inputtest.Drain(s, r, wake))
	}

	single, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer single.Close()
	r = &inputtest.Recorder{Single: true}
	last := broker.Timestamp(0)
	for {
		at, ok := single.Peek()
		before := len(r.Calls)
		n, st := single.Pull(1, input.Never, r)
		if st == input.Done {
			break
		}
		if now, timed := single.Clock(); !ok || !timed || now != at || now < last {
			t.Fatalf("after %d events: peek told %d, %t, the clock is %d, %t", before, at, ok, now, timed)
		} else {
			last = now
		}
		if n != 1 {
			t.Fatalf("got %d items, want 1", n)
		}
	}
	same("one by one", r, input.Done)
}
