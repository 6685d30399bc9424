package lane

import (
	"fmt"

	"moonpeer/net/step"
)

// Policy says what happens to a message that meets a full queue.
type Policy uint8

// The policies. The names of the first three are Broker's.
const (
	DropOldest Policy = iota // the oldest message that the writer has not taken is dropped
	DropNewest               // the message itself is dropped
	Disconnect               // everything that waits is dropped and Options.Overflow ends the link
	Refuse                   // the message is answered Full; nothing is dropped
)

var policyNames = [...]string{"drop_oldest", "drop_newest", "disconnect", "refuse"}

// String returns the policy's name as it is written in options.
func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("policy %d", uint8(p))
}

// ParsePolicy reads one of the three policies an operator may choose for the event lane. Refuse is not among
// them: a published event has nobody who would keep it.
func ParsePolicy(name string) (Policy, error) {
	for p := DropOldest; p <= Disconnect; p++ {
		if name == policyNames[p] {
			return p, nil
		}
	}
	return 0, fmt.Errorf("overflow policy %q: want drop_oldest, drop_newest or disconnect", name)
}

// Limits bound one lane's queue. A queue is full when one more message would exceed either; an empty queue takes
// any message. Zero means the lane's default.
type Limits struct {
	Messages int
	Bytes    int // of whole frames
	Policy   Policy
}

// DefaultLimits returns the limits of each lane: events drop the oldest beyond 65,536 messages or 16 MB, the
// others refuse.
func DefaultLimits() [step.NumLanes]Limits {
	return [step.NumLanes]Limits{
		step.LaneControl: {Messages: 1 << 16, Bytes: 1 << 20, Policy: Refuse},
		step.LaneEvents:  {Messages: 1 << 16, Bytes: 16 << 20, Policy: DropOldest},
		step.LaneStores:  {Messages: 1 << 20, Bytes: 16 << 20, Policy: Refuse},
		step.LaneLogs:    {Messages: 1 << 20, Bytes: 8 << 20, Policy: Refuse},
	}
}
