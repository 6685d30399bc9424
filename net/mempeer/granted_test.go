package mempeer

import (
	"slices"
	"testing"

	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// ups notes what comes of listening and dialling.
type ups []peering.Up

func (u *ups) Put(in step.Input) { *u = append(*u, in.(peering.Up)) }

// TestGranted: each end is told the names that the other's certificate would grant.
func TestGranted(t *testing.T) {
	t.Parallel()
	net := New(Options{})
	var atA, atB ups
	a, b := net.Transport(End{Name: "a", Inbox: &atA}), net.Transport(End{Name: "b", Inbox: &atB})
	a.Granted = []string{"worker-1"}
	at := peering.Address{Transport: "quic", Host: "b", Port: 9999}
	if _, err := b.Listen(1, at, peering.Settings{}); err != nil {
		t.Fatal(err)
	}
	a.Dial(1, at, peering.Settings{})
	net.Step(0)
	if len(atA) != 1 || len(atB) != 1 || atA[0].Granted != nil || !slices.Equal(atB[0].Granted, a.Granted) {
		t.Errorf("the ends were told %+v and %+v", atA, atB)
	}
}
