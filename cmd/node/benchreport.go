package main

import (
	"fmt"
	"slices"
	"strconv"

	"moonpeer/cmd/node/internal/console"
)

// measurement is what the nodes printed and used up.
type measurement struct {
	sender struct {
		Sent, Offered, Dropped, Bytes uint64
		Latency                       []float64 // of round trips, seconds
	}
	receiver struct {
		Events, Sent uint64
		Seconds      float64
		Latency      []float64 // of events, seconds
	}
	SenderUsage, ReceiverUsage usage
	Middle                     []usage
}

// quantiles of a latency, in microseconds.
type quantiles struct {
	P50   float64 `json:"p50_us"`
	P99   float64 `json:"p99_us"`
	P999  float64 `json:"p999_us"`
	Count int     `json:"samples"`
}

func quantilesOf(seconds []float64) quantiles {
	slices.Sort(seconds)
	at := func(q float64) float64 {
		if len(seconds) == 0 {
			return 0
		}
		return seconds[min(int(q*float64(len(seconds))), len(seconds)-1)] * 1e6
	}
	return quantiles{P50: at(.5), P99: at(.99), P999: at(.999), Count: len(seconds)}
}

// text writes the three quantiles as a person reads them.
func (q quantiles) text() string {
	return fmt.Sprintf("p50 %s, p99 %s, p99.9 %s", micros(q.P50), micros(q.P99), micros(q.P999))
}

// micros writes microseconds in the unit that fits.
func micros(us float64) string {
	if us < 1000 {
		return fmt.Sprintf("%.0f µs", us)
	}
	return fmt.Sprintf("%.2f ms", us/1000)
}

// benchReport is the result of a measurement.
type benchReport struct {
	values any
	rows   [][2]string
}

func (r *benchReport) row(what, format string, args ...any) {
	r.rows = append(r.rows, [2]string{what, fmt.Sprintf(format, args...)})
}

func (r *benchReport) write(c *console.Console, json bool) error {
	if json {
		return c.JSON(r.values)
	}
	t := c.Table()
	for _, row := range r.rows {
		t.Row(row[0], row[1])
	}
	return t.Write()
}

// eventsReport adds up a measurement of events.
func (m *measurement) eventsReport(c *benchEvents) *benchReport {
	cpu := m.SenderUsage.CPU + m.ReceiverUsage.CPU
	got := float64(max(m.receiver.Events, 1))
	v := struct {
		Transport string    `json:"transport"`
		Args      string    `json:"args"`
		Hops      int       `json:"hops"`
		Sent      uint64    `json:"sent"`
		Received  uint64    `json:"received"`
		Dropped   uint64    `json:"dropped"`
		Seconds   float64   `json:"seconds"`
		Rate      float64   `json:"events_per_second"`
		Bytes     uint64    `json:"bytes"`
		Latency   quantiles `json:"latency"`
		PerEvent  float64   `json:"cpu_us_per_event"` // both ends
		Sender    usage     `json:"sender"`
		Receiver  usage     `json:"receiver"`
		Middle    []usage   `json:"middle,omitempty"`
	}{Transport: c.Transport, Args: c.Args, Hops: c.Hops, Sent: m.receiver.Sent, Received: m.receiver.Events, Dropped: m.sender.Dropped,
		Seconds: m.receiver.Seconds, Rate: float64(m.receiver.Events) / max(m.receiver.Seconds, 1e-9), Bytes: m.sender.Bytes,
		Latency: quantilesOf(m.receiver.Latency), PerEvent: cpu / got * 1e6, Sender: m.SenderUsage, Receiver: m.ReceiverUsage, Middle: m.Middle}
	r := &benchReport{values: v}
	r.row("events", "%s received of %s, %s dropped", thousands(v.Received), thousands(v.Sent), thousands(v.Dropped))
	r.row("rate", "%s events/s over %.1f s", thousands(uint64(v.Rate)), v.Seconds)
	r.row("latency", "%s", v.Latency.text())
	r.row("bytes", "%s, %.0f an event", thousands(v.Bytes), float64(v.Bytes)/got)
	if c.Transport == "mem" {
		r.row("cpu", "%.2f s, %.2f µs an event", cpu, v.PerEvent)
		return r
	}
	r.row("cpu", "sender %.2f s, receiver %.2f s: %.2f µs an event", v.Sender.CPU, v.Receiver.CPU, v.PerEvent)
	for _, u := range m.Middle {
		r.row("forwarding", "%.2f s: %.2f µs an event, %.0f MB", u.CPU, u.CPU/got*1e6, u.Resident)
	}
	r.row("memory", "sender %.0f MB, receiver %.0f MB, at most", v.Sender.Resident, v.Receiver.Resident)
	return r
}

// rttReport adds up a measurement of round trips.
func (m *measurement) rttReport(c *benchRTT) *benchReport {
	v := struct {
		Transport string    `json:"transport"`
		Latency   quantiles `json:"round_trip"`
		Sender    usage     `json:"sender"`
		Receiver  usage     `json:"receiver"`
	}{c.Transport, quantilesOf(m.sender.Latency), m.SenderUsage, m.ReceiverUsage}
	r := &benchReport{values: v}
	r.row("round trips", "%s", thousands(uint64(v.Latency.Count)))
	r.row("latency", "%s", v.Latency.text())
	r.row("cpu", "asking %.2f s, answering %.2f s", v.Sender.CPU, v.Receiver.CPU)
	return r
}

// thousands writes a number with commas between its thousands.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
