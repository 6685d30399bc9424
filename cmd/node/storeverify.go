package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"moonpeer/store/pebblebackend"
)

type storeVerifyCommand struct {
	storeFlags
	storeNamed
	storeWhole
}

func (c *storeVerifyCommand) examples() string {
	return `
%[1]s store verify logins --node manager
%[1]s store verify --dir backups/logins`
}

// storeFindings is what verify has found.
type storeFindings struct {
	Dir     string   `json:"dir"`
	Entries int      `json:"entries"`
	Writers int      `json:"writers"`
	Bytes   int64    `json:"bytes"`
	Term    uint64   `json:"term"`
	Seq     uint64   `json:"seq"`
	Damage  []string `json:"damage"`
}

// carrier is what Pebble's errors say besides, to nobody.
const carrier = "\n<corruption detail carrier>"

// Run implements node store verify.
func (c *storeVerifyCommand) Run(ctx context.Context, inv *invocation) error {
	dir, name, err := c.place(ctx, inv)
	if err != nil {
		return err
	}
	p := newStoreProgress(inv, "verifying "+dir)
	found, err := pebblebackend.VerifyWatched(dir, nil, p.seen)
	p.Done()
	if err != nil {
		return inUse(err, name)
	}
	r := storeFindings{dir, found.Entries, found.Writers, found.Bytes, found.Term, found.Seq, []string{}}
	for _, d := range found.Damage {
		r.Damage = append(r.Damage, strings.ReplaceAll(d, carrier, ""))
	}
	if c.JSON {
		if err := inv.console.JSON(r); err != nil {
			return err
		}
		if len(r.Damage) > 0 {
			return errReported
		}
		return nil
	}
	t := inv.console.Table("folder", "entries", "writers", "bytes", "term", "seq", "state")
	state := "sound"
	if len(r.Damage) > 0 {
		state = "damaged"
	}
	t.Row(dir, r.Entries, r.Writers, r.Bytes, r.Term, r.Seq, state)
	errs := []error{t.Write()}
	for _, d := range r.Damage {
		errs = append(errs, errors.New(d))
	}
	return errors.Join(errs...)
}

// place is the folder that is to be read.
func (c *storeVerifyCommand) place(ctx context.Context, inv *invocation) (dir, name string, err error) {
	if c.Dir != "" {
		if c.Name != nil || c.Node != "" {
			return "", "", usagef("store verify", "--dir names a folder, so that no store and no node can be named besides")
		}
		return c.Dir, "NAME", nil
	}
	if name, err = c.given("store verify"); err != nil {
		return "", "", err
	}
	if err := noAddress([]string{c.Node}); err != nil {
		return "", "", err
	}
	l, err := c.storeFlags.locate(ctx, inv, name)
	if err != nil {
		return "", "", err
	}
	defer l.close()
	if l.client != nil {
		return "", "", fmt.Errorf("%s is open: store backup %s PATH makes a copy, and store verify --dir PATH reads that", l, name)
	}
	return l.dir, name, nil
}
