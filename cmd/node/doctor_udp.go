package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// kernelLimit is a setting of the system that bounds what a socket can get.
type kernelLimit struct {
	name string
	have int
	want int   // for sockets of the wanted size
	err  error // it could not be read
}

// bufferReading is what the system promises and what a socket got.
type bufferReading struct {
	limits        []kernelLimit // none where the system has no such settings
	receive, send int           // bytes that a socket got which asked for all
	err           error         // no socket could be asked
}

// readBuffers asks the system, and a socket that asks for want bytes each way.
func readBuffers(want int) bufferReading {
	r := bufferReading{limits: kernelLimits(want)}
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		r.err = err
		return r
	}
	defer conn.Close()
	// A refusal shows in what the socket has afterwards.
	_ = conn.SetReadBuffer(want)
	_ = conn.SetWriteBuffer(want)
	raw, err := conn.SyscallConn()
	if err == nil {
		var inner error
		err = raw.Control(func(fd uintptr) { r.receive, r.send, inner = bufferSizes(fd) })
		if err == nil {
			err = inner
		}
	}
	r.err = err
	return r
}

// judgeBuffers gives one row for the system's settings, where it has some, and one for the socket, where it tells.
func judgeBuffers(r bufferReading, want int, goos string) (results []checkup) {
	enough := r.err == nil && r.receive >= want && r.send >= want
	if len(r.limits) > 0 {
		results = append(results, judgeKernelLimits(r.limits, enough, goos))
	}
	row := checkup{Check: "udp buffers", State: healthOK}
	switch {
	case errors.Is(r.err, errors.ErrUnsupported):
		return results
	case r.err != nil:
		row.State, row.Found = healthFail, "no UDP socket can be opened: "+r.err.Error()
		row.Remedy = "without UDP there is no peering: look at what forbids it (a container's or service's restrictions)"
	default:
		row.Found = fmt.Sprintf("a socket gets %s to receive, %s to send", bytesText(uint64(r.receive)), bytesText(uint64(r.send)))
		if !enough {
			row.State = healthWarn
			row.Found += ", wanted " + bytesText(uint64(want))
			row.Remedy = "bursts are lost and sent again, which costs speed, not messages"
			if len(results) > 0 && results[0].State == healthWarn {
				row.Remedy += "; raise the limits above, then start nodes anew"
			}
		}
	}
	return append(results, row)
}

// judgeKernelLimits looks at the system's settings. One that can't be read does not matter to a socket that got all.
func judgeKernelLimits(limits []kernelLimit, enough bool, goos string) checkup {
	row := checkup{Check: "udp limits", State: healthOK}
	var found, commands []string
	for _, l := range limits {
		switch {
		case l.err != nil:
			found = append(found, l.name+" is not known")
			if enough {
				continue
			}
		default:
			found = append(found, l.name+" "+bytesText(uint64(l.have)))
			if l.have >= l.want {
				continue
			}
		}
		row.State = healthWarn
		commands = append(commands, fmt.Sprintf("sysctl -w %s=%d", l.name, l.want))
	}
	row.Found = strings.Join(found, ", ")
	if row.State == healthWarn {
		row.Found += ", wanted " + bytesText(uint64(limits[0].want))
		row.Remedy = "as root"
		if goos == "linux" {
			row.Remedy += ", for a container on its host; what follows -w, in a file of /etc/sysctl.d, lasts over a restart"
		}
		row.Remedy += ":\n" + strings.Join(commands, "\n")
	}
	return row
}

// judgeOffload only informs: a node is slower without, and there is nothing to set.
func judgeOffload(err error, goos string) checkup {
	row := checkup{Check: "udp offload", State: healthOK, Found: "UDP_SEGMENT works: one call sends many packets"}
	switch {
	case goos != "linux":
		row.Found = "not on this system: each packet sent is a call"
	case err != nil:
		row.Found = "no UDP_SEGMENT, each packet sent is a call: " + err.Error()
	}
	return row
}

// bytesText writes a size in binary units, with one digit behind the point where it is not whole.
func bytesText(n uint64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(n), 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	return strings.Replace(fmt.Sprintf("%.1f %s", value, units[unit]), ".0 ", " ", 1)
}
