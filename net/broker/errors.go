package broker

import "errors"

// Error is a failure with one of Broker's codes. Use errors.Is with the
// sentinels below, or CodeOf, to tell failures apart; never the text.
type Error struct {
	Code Code
	// Context says what was being done or what is wrong, "" if the code
	// says it all.
	Context string
	// Endpoint is the other side, zero if none is involved.
	Endpoint EndpointInfo
	// Err is the cause, nil if there is none.
	Err error
}

// Error returns code, context and cause, as in
// no_such_key: store "scans": file is gone.
func (e *Error) Error() string {
	s := e.Code.String()
	if e.Context != "" {
		s += ": " + e.Context
	}
	if !e.Endpoint.IsZero() {
		s += " (" + e.Endpoint.String() + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrNoSuchKey) true for every Error with that code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && *t == Error{Code: e.Code}
}

// CodeError returns the plain error of a code, without context. Two calls with
// one code give errors that match each other.
func CodeError(c Code) error { return &Error{Code: c} }

// CodeOf returns the code of the first Error in err's chain, Unspecified if
// there is none and NoError for nil.
func CodeOf(err error) Code {
	if err == nil {
		return NoError
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Unspecified
}

// One sentinel per code that code in this repository returns or tells apart.
var (
	ErrUnspecified           = CodeError(Unspecified)
	ErrPeerIncompatible      = CodeError(PeerIncompatible)
	ErrPeerInvalid           = CodeError(PeerInvalid)
	ErrPeerUnavailable       = CodeError(PeerUnavailable)
	ErrPeerTimeout           = CodeError(PeerTimeout)
	ErrMasterExists          = CodeError(MasterExists)
	ErrNoSuchMaster          = CodeError(NoSuchMaster)
	ErrNoSuchKey             = CodeError(NoSuchKey)
	ErrRequestTimeout        = CodeError(RequestTimeout)
	ErrTypeClash             = CodeError(TypeClash)
	ErrInvalidData           = CodeError(InvalidData)
	ErrBackendFailure        = CodeError(BackendFailure)
	ErrStaleData             = CodeError(StaleData)
	ErrInvalidTag            = CodeError(InvalidTag)
	ErrInvalidMessage        = CodeError(InvalidMessage)
	ErrConversionFailed      = CodeError(ConversionFailed)
	ErrConsumerExists        = CodeError(ConsumerExists)
	ErrConnectionTimeout     = CodeError(ConnectionTimeout)
	ErrBadMemberFunctionCall = CodeError(BadMemberFunctionCall)
	ErrRepeatedRequestID     = CodeError(RepeatedRequestID)
	ErrBrokenClone           = CodeError(BrokenClone)
	ErrShuttingDown          = CodeError(ShuttingDown)
	ErrDeserializationFailed = CodeError(DeserializationFailed)
	ErrWrongMagicNumber      = CodeError(WrongMagicNumber)
	ErrRedundantConnection   = CodeError(RedundantConnection)
	ErrLogicError            = CodeError(LogicError)
	ErrInvalidJSON           = CodeError(InvalidJSON)
)
