package brokerlib

import "moonpeer/net/broker"

// option is one name of broker.options. The names and defaults are those of Zeek's Broker framework, but where
// Moonpeer has a better default (design decision 21).
type option struct {
	name  string
	typ   string // in the words of event signatures
	def   broker.Data
	env   string // environment variable that overrides the default
	inert bool   // had a meaning for the threads of the C++ library only: accepted, and said once in the log
	oneOf []string
	min   float64 // of a number; seconds of an interval
}

func count(n uint64) broker.Data  { return broker.Count(n) }
func millis(n int64) broker.Data  { return broker.Timespan(n * 1e6) }
func seconds(n int64) broker.Data { return broker.Timespan(n * 1e9) }
func text(s string) broker.Data   { return broker.String(s) }

// options lists every option, in alphabetical order.
var options = []option{
	{name: "accept_id_updates", typ: "bool", def: broker.Boolean(true)},
	{name: "aggressive_interval", typ: "count", def: count(4), inert: true},
	{name: "aggressive_polls", typ: "count", def: count(5), inert: true},
	{name: "buffer_stats_reset_interval", typ: "interval", def: seconds(60)},
	{name: "congestion_queue_size", typ: "count", def: count(200), inert: true, min: 1},
	{name: "default_connect_retry", typ: "interval", def: seconds(1), env: "ZEEK_DEFAULT_CONNECT_RETRY"},
	{name: "default_listen_address", typ: "string", def: text(""), env: "ZEEK_DEFAULT_LISTEN_ADDRESS"},
	{name: "default_listen_address_websocket", typ: "string", def: text("")},
	{name: "default_listen_retry", typ: "interval", def: seconds(1), env: "ZEEK_DEFAULT_LISTEN_RETRY"},
	{name: "default_log_topic_prefix", typ: "string", def: text("zeek/logs/")},
	{name: "default_port", typ: "port", def: broker.Port{Number: 9999, Proto: broker.TCP}},
	{name: "default_port_websocket", typ: "port", def: broker.Port{Number: 9997, Proto: broker.TCP}},
	{name: "disable_ssl", typ: "bool", def: broker.Boolean(false)},
	{name: "forward_messages", typ: "bool", def: broker.Boolean(false)},
	{name: "log_batch_interval", typ: "interval", def: seconds(1)},
	{name: "log_batch_size", typ: "count", def: count(400), min: 1},
	{name: "log_severity_level", typ: "string", def: text("warning"), oneOf: severities},
	{name: "log_stderr_severity_level", typ: "string", def: text("critical"), oneOf: severities},
	{name: "max_threads", typ: "count", def: count(1), env: "ZEEK_BROKER_MAX_THREADS", inert: true},
	{name: "moderate_interval", typ: "count", def: count(2), inert: true},
	{name: "moderate_polls", typ: "count", def: count(5), inert: true},
	{name: "moderate_sleep", typ: "interval", def: millis(16), inert: true},
	{name: "peer_buffer_size", typ: "count", def: count(65536), min: 1},
	{name: "peer_counts_as_iosource", typ: "bool", def: broker.Boolean(true)},
	{name: "peer_overflow_policy", typ: "string", def: text("drop_oldest"), oneOf: []string{"disconnect", "drop_oldest", "drop_newest"}},
	{name: "peer_timeout", typ: "interval", def: seconds(10), min: 5},
	{name: "relaxed_interval", typ: "count", def: count(1), inert: true},
	{name: "relaxed_sleep", typ: "interval", def: millis(64), inert: true},
	{name: "scheduler_policy", typ: "string", def: text("sharing"), inert: true, oneOf: []string{"sharing", "stealing"}},
	{name: "ssl_cafile", typ: "string", def: text("")},
	{name: "ssl_capath", typ: "string", def: text("")},
	{name: "ssl_certificate", typ: "string", def: text("")},
	{name: "ssl_keyfile", typ: "string", def: text("")},
	{name: "ssl_passphrase", typ: "string", def: text("")},
	{name: "web_socket_buffer_size", typ: "count", def: count(512), min: 1},
	{name: "web_socket_overflow_policy", typ: "string", def: text("disconnect"), oneOf: []string{"disconnect", "drop_oldest", "drop_newest"}},
}

var severities = []string{"critical", "error", "warning", "info", "verbose", "debug"}
