package capture

import "moonpeer/runtime/input/flow"

// Connections calls fn for the connections that are under way, in the order of their start.
func (s *Source) Connections(fn func(c *flow.Conn)) { s.table.Each(fn) }
