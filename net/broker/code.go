package broker

// Code is the number of an error, Broker's: it goes over the wire in a refused
// handshake and may not be reordered. Conditions of our own have no number.
type Code uint8

// The codes. Their names on the wire and in scripts are those of String.
const (
	NoError Code = iota
	Unspecified
	PeerIncompatible
	PeerInvalid
	PeerUnavailable
	PeerDisconnectDuringHandshake
	PeerTimeout
	MasterExists
	NoSuchMaster
	NoSuchKey
	RequestTimeout
	TypeClash
	InvalidData
	BackendFailure
	StaleData
	CannotOpenFile
	CannotWriteFile
	InvalidTopicKey
	EndOfFile
	InvalidTag
	InvalidMessage
	InvalidStatus
	ConversionFailed
	ConsumerExists
	ConnectionTimeout
	BadMemberFunctionCall
	RepeatedRequestID
	BrokenClone
	ShuttingDown
	InvalidPeeringRequest
	RepeatedPeeringHandshakeRequest
	UnexpectedHandshakeMessage
	InvalidHandshakeState
	NoPathToPeer
	NoConnectorAvailable
	CannotOpenResource
	SerializationFailed
	DeserializationFailed
	WrongMagicNumber
	RedundantConnection
	LogicError
	InvalidJSON
)

var codeNames = [...]string{
	NoError:                         "none",
	Unspecified:                     "unspecified",
	PeerIncompatible:                "peer_incompatible",
	PeerInvalid:                     "peer_invalid",
	PeerUnavailable:                 "peer_unavailable",
	PeerDisconnectDuringHandshake:   "peer_disconnect_during_handshake",
	PeerTimeout:                     "peer_timeout",
	MasterExists:                    "master_exists",
	NoSuchMaster:                    "no_such_master",
	NoSuchKey:                       "no_such_key",
	RequestTimeout:                  "request_timeout",
	TypeClash:                       "type_clash",
	InvalidData:                     "invalid_data",
	BackendFailure:                  "backend_failure",
	StaleData:                       "stale_data",
	CannotOpenFile:                  "cannot_open_file",
	CannotWriteFile:                 "cannot_write_file",
	InvalidTopicKey:                 "invalid_topic_key",
	EndOfFile:                       "end_of_file",
	InvalidTag:                      "invalid_tag",
	InvalidMessage:                  "invalid_message",
	InvalidStatus:                   "invalid_status",
	ConversionFailed:                "conversion_failed",
	ConsumerExists:                  "consumer_exists",
	ConnectionTimeout:               "connection_timeout",
	BadMemberFunctionCall:           "bad_member_function_call",
	RepeatedRequestID:               "repeated_request_id",
	BrokenClone:                     "broken_clone",
	ShuttingDown:                    "shutting_down",
	InvalidPeeringRequest:           "invalid_peering_request",
	RepeatedPeeringHandshakeRequest: "repeated_peering_handshake_request",
	UnexpectedHandshakeMessage:      "unexpected_handshake_message",
	InvalidHandshakeState:           "invalid_handshake_state",
	NoPathToPeer:                    "no_path_to_peer",
	NoConnectorAvailable:            "no_connector_available",
	CannotOpenResource:              "cannot_open_resource",
	SerializationFailed:             "serialization_failed",
	DeserializationFailed:           "deserialization_failed",
	WrongMagicNumber:                "wrong_magic_number",
	RedundantConnection:             "redundant_connection",
	LogicError:                      "logic_error",
	InvalidJSON:                     "invalid_json",
}

// Valid reports whether c is one of the codes above. Broker itself has no name
// for InvalidJSON and treats it as unknown in a handshake.
func (c Code) Valid() bool { return c <= InvalidJSON }

// String returns Broker's name of the code.
func (c Code) String() string {
	if !c.Valid() {
		return "unknown"
	}
	return codeNames[c]
}

// ParseCode returns the code with the given name.
func ParseCode(name string) (Code, bool) {
	for c, n := range codeNames {
		if n == name {
			return Code(c), true
		}
	}
	return 0, false
}
