// Package chaos lets three nodes under load be killed, frozen and restarted at random while a fourth watches, and then
// looks whether every account balances, every peering is back, and nothing has leaked.
//
// Seconds of it run with the other tests. An hour:
//
//	go test ./tests/chaos -run Chaos -v -timeout 2h -chaos.for 1h -chaos.seed 7
package chaos
