// Package backendtest is what every store.Backend must pass. Run checks the promises one by one; RunModel plays a long
// random game against a plain map, with reopening, crashes, faults and backups, and names its seed when it loses.
//
// A backend's test says with a Disk how its world is opened, broken and held:
//
//	func TestConformance(t *testing.T) {
//		backendtest.Run(t, func(t *testing.T) backendtest.Disk { ... })
//	}
//
// What a crash may do: all that was synced is there, the rest is a prefix of the commits, none of them in part.
package backendtest
