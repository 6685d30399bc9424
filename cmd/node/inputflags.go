package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// filledFlag is a text that is not empty: an empty one is an unset variable of a shell.
type filledFlag string

// UnmarshalText implements encoding.TextUnmarshaler for kong.
func (f *filledFlag) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("the value is empty")
	}
	*f = filledFlag(text)
	return nil
}

// onceFlag is a text that is not empty and given once: the first of two would go unnoticed.
type onceFlag filledFlag

// UnmarshalText implements encoding.TextUnmarshaler for kong.
func (f *onceFlag) UnmarshalText(text []byte) error {
	if *f != "" {
		return fmt.Errorf("given twice, %q and %q", string(*f), text)
	}
	return (*filledFlag)(f).UnmarshalText(text)
}

// shardFlag is one share of several, counted from 1 as people do; its zero value is everything.
type shardFlag struct{ index, count int }

// maxShards is more nodes than a cluster has; beyond it somebody has mistyped.
const maxShards = 10_000

// UnmarshalText implements encoding.TextUnmarshaler for kong.
func (f *shardFlag) UnmarshalText(text []byte) error {
	k, n, ok := strings.Cut(string(text), "/")
	which, err := strconv.Atoi(k)
	count, err2 := strconv.Atoi(n)
	switch {
	case f.count > 0:
		return fmt.Errorf("given twice, %d/%d and %q", f.index+1, f.count, text)
	case !ok || err != nil || err2 != nil:
		return fmt.Errorf("%q: want K/N, such as 2/4 for the second of four shares", text)
	case count < 1 || count > maxShards || which < 1 || which > count:
		return fmt.Errorf("%q: want a share from 1 to the number of shares, which is at most %d", text, maxShards)
	}
	f.index, f.count = which-1, count
	return nil
}
