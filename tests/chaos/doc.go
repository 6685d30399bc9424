// Package chaos lets three nodes under load be killed, frozen and restarted at random while a fourth watches, and then
// looks whether every account balances, every peering is back, and nothing has leaked. Beside it, one of two subscribers
// is frozen at full load, and of a cluster whose workers send numbers a node of each role is killed, and nobody else may
// miss one.
//
// Seconds of it run with the other tests; flags make it longer (CONTRIBUTING.md).
package chaos
