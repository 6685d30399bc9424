package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
)

const (
	wantedFiles  = 4096      // 1,024 peers, stores, logs
	wantedMemory = 256 << 20 // a node under full load takes up to 150 MB, and the collector needs room
	wantedFree   = 1 << 30   // on the disk of the state
)

// unlimited is a limit that is none.
const unlimited = math.MaxInt64

func checkLimits() (results []checkup) {
	if files, err := openFiles(); !errors.Is(err, errors.ErrUnsupported) {
		results = append(results, judgeFiles(files, err))
	}
	goLimit := uint64(debug.SetMemoryLimit(-1)) // negative: only asks
	results = append(results, judgeMemory(cgroupMemory(os.DirFS("/")), goLimit))
	return append(results, judgeCPUs(runtime.NumCPU(), runtime.GOMAXPROCS(0)))
}

// judgeFiles looks at how many files may be open. A Go program raises the soft limit to the hard one by itself, so
// the number is the hard limit's.
func judgeFiles(n uint64, err error) checkup {
	row := checkup{Check: "open files", State: healthOK, Found: fmt.Sprintf("up to %d", n)}
	switch {
	case err != nil:
		row.State, row.Found = healthWarn, "the limit is not known: "+err.Error()
		row.Remedy = fmt.Sprintf("compare by hand that it is %d or more:\nulimit -Hn", wantedFiles)
	case n >= unlimited:
		row.Found = "no limit"
	case n < wantedFiles:
		row.State = healthWarn
		row.Found += fmt.Sprintf(", wanted %d for many peers and stores", wantedFiles)
		row.Remedy = fmt.Sprintf("raise the hard limit, in the unit of a systemd service or in /etc/security/limits.conf:\n"+
			"LimitNOFILE=%[1]d\n* hard nofile %[1]d", wantedFiles)
	}
	return row
}

// judgeMemory compares what the system allows with what Go's collector was told to stay under; unlimited is none.
func judgeMemory(cgroup, goLimit uint64) checkup {
	row := checkup{Check: "memory", State: healthOK, Found: "no limit"}
	if cgroup < unlimited {
		row.Found = "limited to " + bytesText(cgroup)
	}
	if goLimit < unlimited {
		row.Found += ", GOMEMLIMIT " + bytesText(goLimit)
	} else if cgroup < unlimited {
		row.Found += ", no GOMEMLIMIT"
	}
	switch {
	case cgroup < wantedMemory:
		row.State = healthWarn
		row.Remedy = fmt.Sprintf("a node under full load is killed there; allow %s (MemoryMax= of a systemd unit, --memory of a "+
			"container)", bytesText(wantedMemory))
	case goLimit < wantedMemory:
		row.State = healthWarn
		row.Remedy = "a node under full load spends its time on collecting garbage; allow more:\n" +
			"export GOMEMLIMIT=" + mebibytes(wantedMemory)
	case cgroup < unlimited && goLimit > cgroup:
		row.State = healthWarn
		row.Remedy = "a node is killed at that limit; let it collect garbage before, where it is started:\n" +
			"export GOMEMLIMIT=" + mebibytes(cgroup/10*9)
	}
	return row
}

// mebibytes writes a size as GOMEMLIMIT takes it.
func mebibytes(n uint64) string { return fmt.Sprintf("%dMiB", n>>20) }

// judgeCPUs only informs.
func judgeCPUs(machine, used int) checkup {
	row := checkup{Check: "cpus", State: healthOK, Found: fmt.Sprint(machine)}
	if used != machine {
		row.Found = fmt.Sprintf("%d, of which a node may use %d (GOMAXPROCS or the cgroup)", machine, used)
	}
	return row
}

// stateReading is what became of an attempt to keep something below a folder.
type stateReading struct {
	dir     string
	tried   string // dir, or where it would be made
	err     error
	free    uint64
	freeErr error
}

// readState writes a file and removes it. It makes no folder: of one that is not there, it tries the nearest above.
func readState(dir string) stateReading {
	r := stateReading{dir: dir}
	if r.tried, r.err = filepath.Abs(dir); r.err != nil {
		return r
	}
	info, err := os.Stat(r.tried)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(r.tried) != r.tried {
		r.tried = filepath.Dir(r.tried)
		info, err = os.Stat(r.tried)
	}
	switch {
	case err != nil:
		r.err = err
	case !info.IsDir():
		r.err = fmt.Errorf("%s is not a folder", r.tried)
	default:
		r.err = tryWrite(r.tried)
		r.free, r.freeErr = freeSpace(r.tried)
	}
	return r
}

func tryWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("x")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

func judgeState(r stateReading) checkup {
	row := checkup{Check: "state", State: healthOK, Found: r.dir + " can be written to"}
	if r.err != nil {
		row.State, row.Found = healthFail, r.dir+": "+r.err.Error()
		row.Remedy = "give the user that runs the node the right to write there, or name another folder with --state"
		return row
	}
	switch {
	case errors.Is(r.freeErr, errors.ErrUnsupported):
	case r.freeErr != nil:
		row.State = healthWarn
		row.Found += ", free space is not known: " + r.freeErr.Error()
		row.Remedy = "see by hand that there is room:\ndf -h " + shellWord(r.tried)
	default:
		row.Found += ", " + bytesText(r.free) + " free"
		if r.free < wantedFree {
			row.State = healthWarn
			row.Remedy = fmt.Sprintf("a full disk makes stores read-only and loses logs; make room for %s or more", bytesText(wantedFree))
		}
	}
	return row
}
