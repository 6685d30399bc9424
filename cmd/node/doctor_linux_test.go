package main

import (
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"moonpeer/net/peering"
)

func TestCgroupMemory(t *testing.T) {
	t.Parallel()
	const none = "9223372036854771712\n"
	tests := []struct {
		name   string
		groups string
		files  map[string]string // below sys/fs/cgroup
		want   uint64
	}{
		{"no cgroups", "", nil, unlimited},
		{"version 2", "0::/app\n", map[string]string{"app/memory.max": "1048576\n"}, 1 << 20},
		{"version 2, no limit", "0::/app\n", map[string]string{"app/memory.max": "max\n"}, unlimited},
		{"version 2, a group above", "0::/a/b\n", map[string]string{"a/b/memory.max": "max\n", "a/memory.max": "4096\n"}, 4096},
		{"version 2, the smaller", "0::/a/b\n", map[string]string{"a/b/memory.max": "100\n", "a/memory.max": "4096\n"}, 100},
		{"version 2, group not visible", "0::/../../x\n", map[string]string{"memory.max": "8192\n"}, 8192},
		{"version 1", "9:cpu,memory:/app\n0::/\n", map[string]string{"memory/app/memory.limit_in_bytes": "77\n", "memory/memory.limit_in_bytes": none}, 77},
		{"version 1, no limit", "9:memory:/\n", map[string]string{"memory/memory.limit_in_bytes": none}, unlimited},
		{"nonsense", "x\n0::/app\n", map[string]string{"app/memory.max": "lots"}, unlimited},
	}
	for _, tt := range tests {
		root := fstest.MapFS{"proc/self/cgroup": {Data: []byte(tt.groups)}}
		for name, text := range tt.files {
			root["sys/fs/cgroup/"+name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := cgroupMemory(root); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	if got := cgroupMemory(fstest.MapFS{}); got != math.MaxInt64 {
		t.Errorf("without /proc: got %d", got)
	}
}

const udpTable = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 00000000:270F 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0
  101: 0100007F:0035 00000000:270F 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0
  cut short: 0100007F:270F
`

// TestFindOwners looks through a made /proc with a process that has the port, one that has another, and one whose
// files may not be seen.
func TestFindOwners(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(proc, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	process := func(number, name, target string) {
		t.Helper()
		write(number+"/comm", name+"\n")
		write(number+"/fd/1", "")
		if err := os.Symlink(target, filepath.Join(proc, number, "fd/2")); err != nil {
			t.Fatal(err)
		}
	}
	write("net/udp", udpTable)
	process("12", "mine", "socket:[4711]")
	process("13", "other", "socket:[4712]")
	write("14/comm", "hidden\n")
	if got, want := findOwners(proc, 9999), []string{"mine (process 12)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := findOwners(proc, 1); got != nil {
		t.Errorf("a free port: got %q", got)
	}
}

// TestTakenPort has the real kernel say who has a port: this process.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	address := peering.Address{Transport: "quic", Host: "127.0.0.1", Port: conn.LocalAddr().(*net.UDPAddr).Port}
	row := judgePort(readPort(t.Context(), address), "linux", "moonpeer")
	if owner := fmt.Sprintf("(process %d)", os.Getpid()); row.State != healthWarn || !strings.Contains(row.Found, owner) {
		t.Errorf("got %+v, want a warning that names %s", row, owner)
	}
	conn.Close()
	if row := judgePort(readPort(t.Context(), address), "linux", "moonpeer"); row.State != healthOK {
		t.Errorf("after it was closed: got %+v", row)
	}
}
