// Package storelib is the Lua module `store`: masters and clones of key-value stores.
//
//	local logins
//	local function open()
//	  logins = store.master("logins", { backend = "pebble" })
//	  logins:on_change(function(what, key, value, old) print(what, key, value) end)
//	end
//	on("node_init", open)
//	on("node_reloaded", open)  -- the store stays, the handle and its functions are the code's
//
//	logins:put(tuple(user, host), time.now(), { expire = "30 days" })
//	local seen, err = logins:get(tuple(user, host))
//
// # What is where
//
// Package store has masters and clones; the node has those that are open, and this package asks for them by [Stores]. A handle
// is the userdata that scripts have, one for each store until it is closed. Requests, and async and wait that they are for,
// are of package asynclib.
//
//	master(name, opts)  clone(name, opts)  find(name)                       storelib.go, options.go
//	name() is_master() close()                                              handle.go
//	get(k) exists(k) keys() size() get_index(k, i) each()                   read.go
//	put put_unique erase clear increment decrement append
//	insert_into remove_from push pop                                        write.go
//	on_change(fn)                                                           watch.go
//	bind(c, opts), and what sync.stored is made of                          bind.go, binding.go, outbox.go
//
// # Keys and values
//
// Both go by convert's default kinds, as arguments of events that nobody has declared do: an integral number from 0 on is a
// count, and what is read is a number whatever its kind of number was. So a key that somebody has written as an int of 0 or more, or as
// a real without a fraction, reads as a number that does not find it: types.int(5) and types.real(5) do. A vector that
// is a key reads as a tuple. nil is no key and no value; a stored none reads as types.none.
//
// A key is looked up by its bytes, which convert writes in canonical form but for the two zeros of reals
// (rules.CanonicalKey). The buffers are the Lib's own: nothing that encodes or decodes runs a script.
//
// # Errors
//
// A wrong argument raises. Everything else is the world's: nil and an error whose code is Broker's name of it. Reads
// that find no key return nil alone. On a closed handle everything is BAD_MEMBER_FUNCTION_CALL, `invalid Broker store
// handle` as in Zeek, but close, which returns false, and name and is_master, which go on. each raises what other reads return:
// a loop has no place for errors.
//
// A write that fails, and that no script waits for, is reported with store, operation and key: one a second and
// store, with how many others there were.
//
// # Costs
//
// A read is a method call, a look into a hash table and one pass over the value: no allocation but that of the Lua value. A write
// whose outcome is known at once returns one of two requests that are always there, so that put on a master in
// memory allocates nothing; otherwise the request is its own waiter, one allocation.
//
// # Changes
//
// The store tells of changes in its turn, wherever it likes, and in the middle of a script's call to it. They are copied and
// wait among the events, each as one of them: its order with events is that in which they came, each function of
// on_change has a budget of its own, and a queue that is full drops and counts them. What happens while no function is
// registered is not even copied.
//
// # Containers
//
// A binding keeps a named set or map equal to a store. One that leads (store.bind) is changed by scripts at once, and tells the
// binding, by containerlib.Kept, which keys; what they have goes to the store with the next turn, a key once, however often
// it has changed, and one write of it at a time. One that follows (sync.stored in a cluster) has scripts' changes become
// writes. Both take what others have done, after each change that the store tells of: what it has for that key by then,
// so nothing goes back to what is outdated, and what a full queue has dropped is made up by comparing all. While a key of one
// that leads is not written the container knows better; when it is, the store is looked at once more if it was changed meanwhile. So
// in the end all containers are what the store is, whoever has changed what.
//
// Writes wait in an outbox that a reload hands over, that begins again after a failure, and for which a node's end waits. Keys
// and values go by the container's types, a set's values are none, as with Zeek.
//
// # Reload
//
// Stores are the node's and stay open. New code finds them again: store.master, store.clone and store.find return what
// the node has, also in the body of a file; a store that is not there yet can't be opened by a body, only from
// node_init or node_reloaded on. In a body, on_change takes effect when the new code takes over, and what would change
// the store raises. Functions of the old code are not called any more, nor does a wait of it return; the writes go on.
//
// All of this belongs to the loop's goroutine.
package storelib
