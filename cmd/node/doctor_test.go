package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/net/peering"
	"moonpeer/net/quicpeer"
)

// diagnose runs the command as main would.
func diagnose(t *testing.T, c doctorCommand) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	inv := &invocation{program: "moonpeer", console: console.New(&out, &errs, os.Getenv)}
	code = inv.exitCode(c.Run(t.Context(), inv))
	return code, out.String(), errs.String()
}

// TestDoctorHere is a run on the machine of the test, whatever that has to offer.
func TestDoctorHere(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "not", "there")
	code, stdout, stderr := diagnose(t, doctorCommand{Listen: []string{"127.0.0.1:0"}, State: state, JSON: true})
	if code != exitOK || stderr != "" {
		t.Fatalf("got code %d and %q", code, stderr)
	}
	var rows []checkup
	if err := json.Unmarshal([]byte(stdout), &rows); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	found := map[string]checkup{}
	for _, r := range rows {
		found[r.Check] = r
		if r.Found == "" || (r.State == healthOK) != (r.Remedy == "") {
			t.Errorf("says too little or too much: %+v", r)
		}
	}
	for _, name := range []string{"udp buffers", "udp offload", "port", "certificates", "clock", "memory", "cpus", "state"} {
		if _, ok := found[name]; !ok {
			t.Errorf("no check %q in %s", name, stdout)
		}
	}
	if _, err := os.Stat(filepath.Dir(state)); err == nil {
		t.Errorf("%s was made", filepath.Dir(state))
	}
}

func TestDoctorFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("[node]\nnmae = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	free := []string{"127.0.0.1:0"}
	tests := []struct {
		name    string
		command doctorCommand
		code    int
		want    string // on either output
	}{
		{"state", doctorCommand{Listen: free, State: file}, exitFailed, file + " is not a folder\n    give the user"},
		{"configuration", doctorCommand{Listen: free, Config: file}, exitFailed, file + ":2:1: [node] has no key \"nmae\" (did you mean name?)\n    correct the file"},
		{"address of another machine", doctorCommand{Listen: []string{"192.0.2.1"}}, exitFailed, "192.0.2.1:9999/udp: no interface of this machine has that address\n    name an"},
		{"no address", doctorCommand{Listen: []string{"x:y"}}, exitUsage, "error: --listen: address \"x:y\": \"y\" is no port (0 to 65535)\n"},
		{"other transport", doctorCommand{Listen: []string{"tcp://127.0.0.1:0"}}, exitUsage, "this version has no tcp transport, only quic\n"},
		{"a name", doctorCommand{Listen: []string{"moonpeer.invalid"}}, exitUsage, "a listener wants an IP address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := diagnose(t, tt.command)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("got code %d and\n%s%s\nwant %d and %q", code, stdout, stderr, tt.code, tt.want)
			}
		})
	}
}

func TestWriteCheckups(t *testing.T) {
	t.Parallel()
	rows := []checkup{
		{"a", healthOK, "fine", ""},
		{"longer", healthWarn, "b\x1b[2J", "as root:\nsysctl -w x=1\nbad\x1b"},
		{"c", healthFail, "gone", "get it"},
	}
	var out bytes.Buffer
	c := console.New(&out, &out, func(string) string { return "" })
	if err := writeCheckups(c, rows, false); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"check   state  found\n" +
		"a       ok     fine\n" +
		`longer  warn   b\x1b[2J` + "\n" +
		"    as root:\n" +
		"    sysctl -w x=1\n" +
		`    bad\x1b` + "\n" +
		"c       fail   gone\n" +
		"    get it\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	if err := writeCheckups(c, rows[2:], true); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `[{"check":"c","state":"fail","found":"gone","remedy":"get it"}]`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// judged is what a test expects of one row.
type judged struct {
	state  health
	found  string
	remedy string // is in it; "" wants none
}

func compareRows(t *testing.T, name string, got []checkup, want ...judged) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %+v, want %d rows", name, got, len(want))
		return
	}
	for i, g := range got {
		w := want[i]
		if g.State != w.state || g.Found != w.found || !strings.Contains(g.Remedy, w.remedy) || (w.remedy == "") != (g.Remedy == "") {
			t.Errorf("%s: got %+v, want %+v", name, g, w)
		}
	}
}

func TestJudgeBuffers(t *testing.T) {
	t.Parallel()
	const want = quicpeer.WantedBuffer
	denied := errors.New("denied")
	limits := func(r, w int, err error) []kernelLimit {
		return []kernelLimit{{"net.core.rmem_max", r, want, err}, {"net.core.wmem_max", w, want, err}}
	}
	tests := []struct {
		name    string
		reading bufferReading
		want    []judged
	}{
		{"enough", bufferReading{limits(want, want, nil), want, want, nil}, []judged{
			{healthOK, "net.core.rmem_max 7 MiB, net.core.wmem_max 7 MiB", ""},
			{healthOK, "a socket gets 7 MiB to receive, 7 MiB to send", ""},
		}},
		{"both too small", bufferReading{limits(212992, want-1, nil), 212992, want - 1, nil}, []judged{
			{healthWarn, "net.core.rmem_max 208 KiB, net.core.wmem_max 7 MiB, wanted 7 MiB", "\nsysctl -w net.core.rmem_max=7340032\nsysctl -w net.core.wmem_max=7340032"},
			{healthWarn, "a socket gets 208 KiB to receive, 7 MiB to send, wanted 7 MiB", "raise the limits above"},
		}},
		{"only the socket", bufferReading{limits(want, want, nil), want / 2, want, nil}, []judged{
			{healthOK, "net.core.rmem_max 7 MiB, net.core.wmem_max 7 MiB", ""},
			{healthWarn, "a socket gets 3.5 MiB to receive, 7 MiB to send, wanted 7 MiB", "costs speed, not messages"},
		}},
		{"not visible, enough", bufferReading{limits(0, 0, denied), want, want, nil}, []judged{
			{healthOK, "net.core.rmem_max is not known, net.core.wmem_max is not known", ""},
			{healthOK, "a socket gets 7 MiB to receive, 7 MiB to send", ""},
		}},
		{"not visible, too small", bufferReading{limits(0, 0, denied), 1 << 20, want, nil}, []judged{
			{healthWarn, "net.core.rmem_max is not known, net.core.wmem_max is not known, wanted 7 MiB", "sysctl -w net.core.rmem_max=7340032"},
			{healthWarn, "a socket gets 1 MiB to receive, 7 MiB to send, wanted 7 MiB", "raise the limits above"},
		}},
		{"no settings", bufferReading{nil, want, want, nil}, []judged{{healthOK, "a socket gets 7 MiB to receive, 7 MiB to send", ""}}},
		{"no socket", bufferReading{nil, 0, 0, denied}, []judged{{healthFail, "no UDP socket can be opened: denied", "without UDP"}}},
		{"does not tell", bufferReading{nil, 0, 0, errors.ErrUnsupported}, nil},
	}
	for _, tt := range tests {
		compareRows(t, tt.name, judgeBuffers(tt.reading, want, "linux"), tt.want...)
	}
	one := judgeBuffers(bufferReading{limits(want, 1, nil), want, want, nil}, want, "linux")[0]
	if strings.Contains(one.Remedy, "rmem_max") {
		t.Errorf("a limit that is large enough is raised: %q", one.Remedy)
	}
}

func TestJudgeOffload(t *testing.T) {
	t.Parallel()
	compareRows(t, "offload", []checkup{
		judgeOffload(nil, "linux"), judgeOffload(errors.New("no such option"), "linux"), judgeOffload(errors.ErrUnsupported, "darwin"),
	},
		judged{healthOK, "UDP_SEGMENT works: one call sends many packets", ""},
		judged{healthOK, "no UDP_SEGMENT, each packet sent is a call: no such option", ""},
		judged{healthOK, "not on this system: each packet sent is a call", ""},
	)
}

func parsedAddress(t *testing.T, text string) peering.Address {
	t.Helper()
	list, err := addresses("doctor", "--listen", []string{text})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestJudgePort(t *testing.T) {
	t.Parallel()
	wrapped := func(err error) error { return fmt.Errorf("listen: %w", err) }
	at := func(text string) peering.Address { return parsedAddress(t, text) }
	tests := []struct {
		name    string
		reading portReading
		goos    string
		want    judged
	}{
		{"free", portReading{address: at(":9999")}, "linux", judged{healthOK, ":9999/udp can be listened on", ""}},
		{"any", portReading{address: at("127.0.0.1:0")}, "linux", judged{healthOK, "127.0.0.1:0/udp: any free port", ""}},
		{"taken by", portReading{at(":9999"), wrapped(errAddressInUse), []string{"a (process 1)", "b (process 2)"}}, "linux",
			judged{healthWarn, ":9999/udp is in use by a (process 1), b (process 2)", "fine if that is your node; else stop it, or take another port"}},
		{"taken", portReading{at(":9999"), wrapped(errAddressInUse), nil}, "linux", judged{healthWarn, ":9999/udp is in use", "\nss -lunp 'sport = :9999'"}},
		{"taken, darwin", portReading{at(":9999"), wrapped(errAddressInUse), nil}, "darwin", judged{healthWarn, ":9999/udp is in use", "\nlsof -nP -iUDP:9999"}},
		{"taken, windows", portReading{at(":9999"), wrapped(errAddressInUse), nil}, "windows", judged{healthWarn, ":9999/udp is in use", "\nnetstat -abno -p UDP"}},
		{"privileged", portReading{at(":443"), wrapped(errAddressRefused), nil}, "linux",
			judged{healthFail, ":443/udp may not be listened on: permission denied", "\nsetcap cap_net_bind_service=+ep '/opt/my node'"}},
		{"privileged, darwin", portReading{at(":443"), wrapped(errAddressRefused), nil}, "darwin", judged{healthFail, ":443/udp may not be listened on: permission denied", "take one from 1024 up"}},
		{"forbidden", portReading{at(":9999"), wrapped(errAddressRefused), nil}, "linux", judged{healthFail, ":9999/udp may not be listened on: permission denied", "security policy"}},
		{"reserved, windows", portReading{at(":9999"), wrapped(errAddressRefused), nil}, "windows", judged{healthFail, ":9999/udp may not be listened on: permission denied", "\nnetsh "}},
		{"not ours", portReading{at("192.0.2.1:7"), wrapped(errNoSuchAddress), nil}, "linux", judged{healthFail, "192.0.2.1:7/udp: no interface of this machine has that address", "--listen :7"}},
		{"no such host", portReading{at("127.0.0.9:7"), errors.New("no such host"), nil}, "linux", judged{healthFail, "127.0.0.9:7/udp: no such host", "--listen :7"}},
	}
	for _, tt := range tests {
		compareRows(t, tt.name, []checkup{judgePort(tt.reading, tt.goos, "/opt/my node")}, tt.want)
	}
}

func TestShellWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"/usr/bin/moon-peer_1": "/usr/bin/moon-peer_1", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "a$b": "'a$b'"} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}

func TestJudgeClock(t *testing.T) {
	t.Parallel()
	built := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	year := 365 * 24 * time.Hour
	tests := []struct {
		name    string
		reading clockReading
		want    []judged
	}{
		{"right", clockReading{now: built.Add(year), built: built, monotonic: true}, []judged{{healthOK, "2027-03-01T00:00:00Z", ""}}},
		{"built elsewhere today", clockReading{now: built.Add(-time.Hour), built: built, monotonic: true}, []judged{{healthOK, "2026-02-28T23:00:00Z", ""}}},
		{"1970", clockReading{now: time.Unix(0, 0), built: built, monotonic: true}, []judged{{healthFail, "1970-01-01T00:00:00Z, which is before this program was made", "set the clock"}}},
		{"far", clockReading{now: built.Add(40 * year), built: built, monotonic: true}, []judged{{healthWarn, "2066-02-19T00:00:00Z, which is decades after this program was made", "set the clock"}}},
		{"stands still", clockReading{now: built, built: built}, []judged{{healthFail, "the monotonic clock stands still", "timers"}}},
		{"synchronised", clockReading{now: built, built: built, monotonic: true, sync: syncReading{known: true, synced: true, maxError: 12300 * time.Microsecond}},
			[]judged{{healthOK, "2026-03-01T00:00:00Z", ""}, {healthOK, "synchronised, off by at most 12ms", ""}}},
		{"not synchronised", clockReading{now: built, built: built, monotonic: true, sync: syncReading{known: true}},
			[]judged{{healthOK, "2026-03-01T00:00:00Z", ""}, {healthWarn, "nothing sets the clock of this machine", "\ntimedatectl set-ntp true"}}},
		{"forbidden", clockReading{now: built, built: built, monotonic: true, sync: syncReading{known: true, err: errors.New("denied")}},
			[]judged{{healthOK, "2026-03-01T00:00:00Z", ""}, {healthWarn, "the kernel does not tell: denied", "\ndate -u"}}},
	}
	for _, tt := range tests {
		compareRows(t, tt.name, judgeClock(tt.reading), tt.want...)
	}
	if !clockAdvances() {
		t.Error("the clock of this machine stands still")
	}
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.time", Value: "2027-01-02T03:04:05Z"}}}
	if got := builtAfter(info); got.Year() != 2027 {
		t.Errorf("got %v", got)
	}
	if got := builtAfter(nil); got.Year() != 2026 {
		t.Errorf("without build information: got %v", got)
	}
}

func TestJudgeLimits(t *testing.T) {
	t.Parallel()
	compareRows(t, "files", []checkup{
		judgeFiles(4096, nil), judgeFiles(1024, nil), judgeFiles(1<<63-1, nil), judgeFiles(1<<64-1, nil), judgeFiles(0, errors.New("denied")),
	},
		judged{healthOK, "up to 4096", ""},
		judged{healthWarn, "up to 1024, wanted 4096 for many peers and stores", "\nLimitNOFILE=4096\n* hard nofile 4096"},
		judged{healthOK, "no limit", ""},
		judged{healthOK, "no limit", ""},
		judged{healthWarn, "the limit is not known: denied", "\nulimit -Hn"},
	)
	compareRows(t, "memory", []checkup{
		judgeMemory(unlimited, unlimited), judgeMemory(unlimited, 1<<30), judgeMemory(1<<30, unlimited), judgeMemory(1<<30, 900<<20),
		judgeMemory(1<<30, 2<<30), judgeMemory(128<<20, unlimited), judgeMemory(unlimited, 64<<20),
	},
		judged{healthOK, "no limit", ""},
		judged{healthOK, "no limit, GOMEMLIMIT 1 GiB", ""},
		judged{healthWarn, "limited to 1 GiB, no GOMEMLIMIT", "\nexport GOMEMLIMIT=921MiB"},
		judged{healthOK, "limited to 1 GiB, GOMEMLIMIT 900 MiB", ""},
		judged{healthWarn, "limited to 1 GiB, GOMEMLIMIT 2 GiB", "\nexport GOMEMLIMIT=921MiB"},
		judged{healthWarn, "limited to 128 MiB, no GOMEMLIMIT", "allow 256 MiB"},
		judged{healthWarn, "no limit, GOMEMLIMIT 64 MiB", "\nexport GOMEMLIMIT=256MiB"},
	)
	compareRows(t, "cpus", []checkup{judgeCPUs(8, 8), judgeCPUs(8, 2)},
		judged{healthOK, "8", ""},
		judged{healthOK, "8, of which a node may use 2 (GOMAXPROCS or the cgroup)", ""},
	)
}

func TestJudgeState(t *testing.T) {
	t.Parallel()
	reading := func(free uint64, freeErr error) stateReading {
		return stateReading{dir: "s", tried: "/x/s", free: free, freeErr: freeErr}
	}
	compareRows(t, "state", []checkup{
		judgeState(reading(5<<30, nil)), judgeState(reading(1<<29, nil)), judgeState(reading(0, errors.New("denied"))),
		judgeState(reading(0, errors.ErrUnsupported)), judgeState(stateReading{dir: "s", err: errors.New("denied")}),
	},
		judged{healthOK, "s can be written to, 5 GiB free", ""},
		judged{healthWarn, "s can be written to, 512 MiB free", "make room for 1 GiB"},
		judged{healthWarn, "s can be written to, free space is not known: denied", "\ndf -h /x/s"},
		judged{healthOK, "s can be written to", ""},
		judged{healthFail, "s: denied", "--state"},
	)
}

// TestReadStateLeavesNothing: the folder is as it was.
func TestReadStateLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if r := readState(dir); r.err != nil || r.tried != dir {
		t.Errorf("got %+v", r)
	}
	if entries, err := os.ReadDir(dir); len(entries) > 0 || err != nil {
		t.Errorf("left %v, %v", entries, err)
	}
}
