package store

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/table"
)

// Walk goes through the entries of a store turn by turn, while they change. Each key that is there from its beginning to its
// end is visited, some of them twice, of which the later visit counts. A walk that nobody wants any more is simply dropped.
type Walk struct {
	tour *table.Tour
	of   *table.Table
	now  func() (*table.Table, error) // the table of the store, or why it can't be read
}

// Walker is a Store that can be walked through: a Master or a Clone.
type Walker interface {
	Store
	// Walk begins a walk. The error is that of reading.
	Walk() (*Walk, error)
	// Look is Get, with the time at which the entry expires, ns since 1970; 0: never. Clones do not know it: 0.
	Look(key []byte) (value []byte, expiry int64, err error)
}

// Walk implements Walker.
func (m *Master) Walk() (*Walk, error) {
	return newWalk(func() (*table.Table, error) { return m.table, m.refused })
}

// Walk implements Walker.
func (c *Clone) Walk() (*Walk, error) {
	return newWalk(func() (*table.Table, error) { return c.table, c.readable() })
}

func newWalk(now func() (*table.Table, error)) (*Walk, error) {
	t, err := now()
	if err != nil {
		return nil, err
	}
	return &Walk{tour: t.NewTour(), of: t, now: now}, nil
}

// Next calls fn for one entry after the other until it returns false; slices are good until then, and fn must not change the
// store. It says whether the walk is over. An error ends the walk: the store can't be read any more.
func (w *Walk) Next(fn func(key, value []byte, expiry int64) (more bool)) (done bool, err error) {
	t, err := w.now()
	if err == nil && t != w.of {
		err = &broker.Error{Code: broker.BackendFailure, Err: fmt.Errorf("its disk has failed meanwhile, and it was read again")}
	}
	if err != nil {
		return true, err
	}
	return w.tour.Next(fn), nil
}

// Complete says of a walk that is over whether each key was visited: false if they changed faster than it went.
func (w *Walk) Complete() bool { return w.tour.Complete() }

// Look implements Walker.
func (m *Master) Look(key []byte) ([]byte, int64, error) {
	return look(key, m.table, m.refused)
}

// Look implements Walker.
func (c *Clone) Look(key []byte) ([]byte, int64, error) { return look(key, c.table, c.readable()) }

func look(key []byte, t *table.Table, err error) ([]byte, int64, error) {
	if err != nil {
		return nil, 0, err
	}
	if v, expiry, ok := t.Get(key); ok {
		return v, expiry, nil
	}
	return nil, 0, broker.ErrNoSuchKey
}

// DoUntil is Do for a put that expires at a time, ns since 1970, to the nanosecond. c says also for how long that is, for
// clones.
func (m *Master) DoUntil(c *wire.Command, at int64, w Waiter) (Result, bool) {
	m.until = at
	defer func() { m.until = 0 }()
	return m.Do(c, w)
}
