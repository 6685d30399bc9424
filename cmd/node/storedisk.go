package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"moonpeer/net/broker"
	"moonpeer/runtime/node"
	"moonpeer/store"
	"moonpeer/store/pebblebackend"
)

// defaultState is the parent of state directories when nobody names one and something must be kept.
const defaultState = ".moonpeer"

// storeDir is where a node keeps a store, below its state directory.
func storeDir(nodeDir, name string) string {
	folder := url.PathEscape(name)
	if strings.HasPrefix(folder, ".") {
		folder = "%2E" + folder[1:]
	}
	return filepath.Join(nodeDir, "stores", folder)
}

// openStores returns what opens the backends of a node's stores. A node without a state directory gets one when it is
// needed, and says so.
func openStores(opts node.Options) func(node.StorePlace) (store.Backend, error) {
	dir, said := opts.NodeDir(), true
	if dir == "" {
		opts.StateDir, said = defaultState, false
		dir = opts.NodeDir()
	}
	return func(p node.StorePlace) (store.Backend, error) {
		if !said {
			said = true
			opts.Logger.Warn("stores are kept below the working directory; --state DIR chooses another place", "dir", filepath.Join(dir, "stores"))
		}
		if err := os.MkdirAll(filepath.Join(dir, "stores"), 0o700); err != nil { // what is in them is its user's alone
			return nil, &broker.Error{Code: broker.BackendFailure, Context: fmt.Sprintf("store %q", p.Name), Err: err}
		}
		o := pebblebackend.Options{Dir: storeDir(dir, p.Name), Port: p.Port, Inbox: p.Inbox, Logger: p.Log, Now: time.Now}
		if p.Quarantine {
			o.OnCorrupt = pebblebackend.Quarantine
		}
		b, err := pebblebackend.Open(o)
		if err != nil {
			return nil, err
		}
		return b, nil
	}
}
