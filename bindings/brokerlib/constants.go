package brokerlib

// statuses are the constants of Broker::PeerStatus, which are their own names.
var statuses = []string{"INITIALIZING", "CONNECTING", "CONNECTED", "PEERED", "DISCONNECTED", "RECONNECTING"}

// errorCodes are Zeek's Broker::ErrorCode with its numbers. INVALID_STATUS and CAF_ERROR are numbered as scripts
// know them, which differs from the numbers on the wire behind 19.
var errorCodes = []struct {
	name   string
	number int
}{
	{"NO_ERROR", 0}, {"UNSPECIFIED", 1}, {"PEER_INCOMPATIBLE", 2}, {"PEER_INVALID", 3}, {"PEER_UNAVAILABLE", 4},
	{"PEER_DISCONNECT_DURING_HANDSHAKE", 5}, {"PEER_TIMEOUT", 6}, {"MASTER_EXISTS", 7}, {"NO_SUCH_MASTER", 8},
	{"NO_SUCH_KEY", 9}, {"REQUEST_TIMEOUT", 10}, {"TYPE_CLASH", 11}, {"INVALID_DATA", 12}, {"BACKEND_FAILURE", 13},
	{"STALE_DATA", 14}, {"CANNOT_OPEN_FILE", 15}, {"CANNOT_WRITE_FILE", 16}, {"INVALID_TOPIC_KEY", 17},
	{"END_OF_FILE", 18}, {"INVALID_TAG", 19}, {"INVALID_STATUS", 20}, {"CAF_ERROR", 100},
}
