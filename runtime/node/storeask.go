package node

import (
	"errors"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
	"moonpeer/store"
	"moonpeer/store/rules"
)

// storeAsks are the questions about stores that are under way for longer.
type storeAsks struct {
	reads map[uint64]*storeRead
	loads map[uint64]*storeLoad
	last  uint64 // the number that one was given last
}

// answerStores has the node answer what "node store" asks.
func (n *Node) answerStores() {
	n.Answer("store.list", func(q *Question) {
		list := []store.Info{}
		for _, s := range n.Stores.All() {
			list = append(list, s.Info())
		}
		q.Reply(list)
	})
	n.Answer("store.get", n.answerStoreGet)
	n.Answer("store.keys", func(q *Question) { n.answerStoreRead(q, true) })
	n.Answer("store.dump", func(q *Question) { n.answerStoreRead(q, false) })
	n.Answer("store.more", n.answerStoreMore)
	n.Answer("store.put", n.answerStorePut)
	n.Answer("store.erase", n.answerStoreErase)
	n.Answer("store.load", n.answerStoreLoad)
	n.Answer("store.feed", n.answerStoreFeed)
	n.Answer("store.backup", n.answerStoreBackup)
}

// StoreQuery asks for what has no more to say.
type StoreQuery struct {
	Store string `json:"store"`
	Key   []byte `json:"key,omitempty"`   // serialised; of get and erase
	Parts uint64 `json:"parts,omitempty"` // how many parts of an answer may be sent before "store.more"; 0: all
}

// asked returns the store that a question is about. nil: there is none, and the question was answered so.
func (s *Stores) asked(q *Question, name string) *openStore {
	if x := s.find(name); x != nil {
		return x
	}
	var names []string
	for _, x := range s.open {
		names = append(names, x.Name())
	}
	q.Fail(&broker.Error{Code: broker.NoSuchKey, Context: fmt.Sprintf("no store %q%s", script.Clip(name), script.DidYouMean(name, names))})
	return nil
}

// walker is the store as one that can be walked through.
func (x *openStore) walker() (store.Walker, error) {
	if w, ok := x.Machine.(store.Walker); ok {
		return w, nil
	}
	return nil, fmt.Errorf("store %q can't be read from outside", x.Name()) // of a test
}

// askedKey returns a key in the form in which it is found. nil: it is none, and the question was answered so.
func askedKey(q *Question, raw []byte) []byte {
	key, err := rules.CanonicalKey(nil, raw)
	if err != nil {
		q.refuse(codeBadParams, fmt.Sprintf("%s: key: %v", q.Method, err))
		return nil
	}
	return key
}

// StoreWrite asks for "store.put".
type StoreWrite struct {
	Store  string          `json:"store"`
	Key    []byte          `json:"key"`              // serialised, as the value
	Value  []byte          `json:"value"`            //
	Expire broker.Timespan `json:"expire,omitempty"` // from now; 0: as the store has it
}

// answerStorePut puts an entry, and answers when that has an outcome.
func (n *Node) answerStorePut(q *Question) {
	var p StoreWrite
	if !q.Params(&p) {
		return
	}
	x, key := n.Stores.asked(q, p.Store), []byte(nil)
	if x != nil {
		key = askedKey(q, p.Key)
	}
	if key == nil {
		return
	}
	value, err := rules.Canonical(nil, p.Value)
	if err != nil {
		q.refuse(codeBadParams, fmt.Sprintf("%s: value: %v", q.Method, err))
		return
	}
	x.ask(q, &wire.Command{Kind: wire.CmdPut, Key: key, Value: value, Expiry: p.Expire, HasExpiry: p.Expire != 0}, struct{}{})
}

// StoreErased is the answer to "store.erase".
type StoreErased struct {
	Found bool `json:"found"` // the key was there
}

// answerStoreErase removes a key, and answers when that has an outcome.
func (n *Node) answerStoreErase(q *Question) {
	var p StoreQuery
	if !q.Params(&p) {
		return
	}
	x, key := n.Stores.asked(q, p.Store), []byte(nil)
	if x != nil {
		key = askedKey(q, p.Key)
	}
	if key == nil {
		return
	}
	switch _, err := x.Get(key); {
	case err == nil:
		x.ask(q, &wire.Command{Kind: wire.CmdErase, Key: key}, StoreErased{true})
	case errors.Is(err, broker.ErrNoSuchKey):
		q.Reply(StoreErased{})
	default:
		q.Fail(err)
	}
}

// ask writes, and answers ok if that went well.
func (x *openStore) ask(q *Question, c *wire.Command, ok any) {
	outcome := storeOutcome(func(r store.Result) {
		if r.Err != nil {
			q.Fail(r.Err)
			return
		}
		q.Reply(ok)
	})
	if r, done := x.Do(c, outcome); done {
		outcome(r)
	}
}

// storeOutcome is a function as a store.Waiter.
type storeOutcome func(store.Result)

// Done implements store.Waiter.
func (f storeOutcome) Done(r store.Result) { f(r) }

// answerStoreBackup copies what a master has on disk.
func (n *Node) answerStoreBackup(q *Question) {
	var p struct {
		Store string `json:"store"`
		Path  string `json:"path"` // absolute: the asker's folder is not the node's
	}
	if !q.Params(&p) {
		return
	}
	x := n.Stores.asked(q, p.Store)
	if x == nil {
		return
	}
	m, ok := x.Machine.(interface{ Backup(string, func(error)) })
	switch {
	case !ok:
		q.Fail(fmt.Errorf("store %q is a clone here: its master can be backed up, or this be dumped", x.Name()))
	case x.Info().Backend == "memory":
		q.Fail(fmt.Errorf("store %q is kept in memory: it can be dumped", x.Name()))
	default:
		q.Part(struct{}{}) // it has begun, and may take long
		m.Backup(p.Path, func(err error) {
			if err != nil {
				q.Fail(err)
				return
			}
			q.Reply(struct{}{})
		})
	}
}
