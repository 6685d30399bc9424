package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sourcegraph/jsonrpc2"
)

// The codes of errors. Those of JSON-RPC itself are used for what it defines.
const (
	CodeNoMethod  = jsonrpc2.CodeMethodNotFound
	CodeBadParams = jsonrpc2.CodeInvalidParams
	CodeInternal  = jsonrpc2.CodeInternalError

	CodeFailed   = 1 // the node has tried, and says why not
	CodeBusy     = 2 // too much was asked at once
	CodeTimeOut  = 3 // a relayed question was not answered in time
	CodeGone     = 4 // the node ended before it answered
	CodeNoNode   = 5 // no node of that name is known
	CodeNoOption = 6 // no option of that name is declared
)

// Error is what a node, or the supervisor for it, answers instead of a result.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// errTimeOut is told as zeekctl tells it.
var errTimeOut = &Error{CodeTimeOut, "time-out"}

// asError makes an Error of what a call has ended with; nil of nil.
func asError(err error) *Error {
	var ours *Error
	var theirs *jsonrpc2.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &theirs):
		return &Error{int(theirs.Code), theirs.Message}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errTimeOut
	case errors.Is(err, jsonrpc2.ErrClosed):
		return &Error{CodeGone, "ended before it answered"}
	}
	return &Error{CodeInternal, err.Error()}
}

// decode reads what a request gave along; a field that nobody knows is an error.
func decode(params []byte, into any) error {
	if err := json.Unmarshal(params, into); err != nil {
		return &Error{CodeBadParams, fmt.Sprintf("params: %v", err)}
	}
	return nil
}
