---@meta store

-- Key-value stores that the nodes of a cluster share. One node has the master of a store, with a copy on disk if wanted;
-- clones on others hold all of it in memory. Reads ask what is here and return at once. Writes go to the master, which
-- puts them in order and tells all clones; they return a request (see async).
--
-- Keys and values go by default kinds, as arguments of events do that nobody has declared: numbers are counts, ints or
-- reals by what they look like. All kinds of numbers read as a number, so a key that somebody has written as
-- `types.int(5)` reads as 5 and is found by `types.int(5)` only. Use tuples as composite keys. What is
-- read is a copy; to change it changes nothing.

--- A reload keeps stores open, and ends what the old code had of them: functions of `on_change` and
--- of `done`, and waits. `node_init` does not come again, `node_reloaded` does. `store.master` and
--- `store.clone` return the store that is there, so that one function serves both.
---
--- ```lua
--- local hits
--- local function open()
---   hits = store.master "hits"
---   hits:on_change(function(what, key) print(what, key) end)
--- end
--- on("node_init", open)
--- on("node_reloaded", open)
--- local hit = namespace "EX":event("hit", "key: string")
--- hit:on(function(key) hits:increment(key) end)
--- on("node_init", function() hit:raise "k" end)  --> insert  k
--- ```
---@class storelib
store = {}

--- Options of `store.master`.
---@class store_master_opts
---@field backend? string where entries are kept: "memory", which is gone with the node, or "pebble", in the state directory (`--state`); "memory" when not given
---@field sync? boolean with "pebble": true lets nobody else see a change, nor its request end, before it is on disk; false is faster, and a crash of the machine may lose the last 100 ms; true when not given
---@field expire? intervallike how long an entry is kept whose write says nothing; for ever when not given
---@field on_corrupt? string a store on disk that is damaged: "fail" leaves it alone, "quarantine" moves it aside and begins anew; "fail" when not given
---@field max_bytes? integer how many bytes keys and values may have together; beyond, writes fail with BACKEND_FAILURE; 16 GB when not given

--- Options of `store.clone`.
---@class store_clone_opts
---@field resync? intervallike how often the master is looked for while it is away, besides when a peer comes; "10 s" when not given
---@field stale? intervallike how long after its master has gone a clone answers; then reads say STALE_DATA; negative: it answers for ever; "5 min" when not given
---@field mutation_buffer? intervallike how long writes wait for a master that is away before they fail; 0 or negative: not at all; "2 min" when not given, at most 12 hours

--- Options of writes.
---@class store_write_opts
---@field expire? intervallike how long the entry is kept from now on, by the node's clock. 0 or none: as the store's `expire` says for `put` and `put_unique`; other writes leave alone when it ends

--- Opens the master of a store on this node and returns its handle. If this node has a store of that
--- name, master or clone, its handle is returned, the same as before, whatever the options say.
---
--- Returns nil and an error when that can't be: MASTER_EXISTS if a peer has a master of that name,
--- BACKEND_FAILURE if what is on disk can't be read. Two masters that meet later can't both go on:
--- the one that was opened later answers everything with MASTER_EXISTS.
---
--- Raises while files are loaded, unless this node has the store; for unknown options, and values
--- that they can't have.
---
--- From: Zeek's Broker framework (`Broker::create_master`).
---
--- ```lua
--- print(pcall(store.master, "logins"))
--- --> false  store.master: stores can't be created while the file is loaded (do it in node_init)
--- on("node_init", function()
---   local s = store.master("logins", { expire = "30 days", max_bytes = 10000000 })
---   print(s, s == store.master "logins")  --> store logins (master)  true
--- end)
--- ```
---@param name string
---@param opts? store_master_opts
---@return store? store
---@return error? err
function store.master(name, opts) end

--- Opens a clone of a store, which follows its master wherever that is among the peers, and returns
--- its handle. If this node has a store of that name, master or clone, its handle is returned.
---
--- Until the entries have arrived, reads say STALE_DATA, and NO_SUCH_MASTER when no master has been
--- found for 10 s; writes wait.
---
--- Raises while files are loaded, unless this node has the store; for unknown options, and values
--- that they can't have.
---
--- From: Zeek's Broker framework (`Broker::create_clone`). There the intervals are accepted and have
--- no effect.
---
--- ```lua
--- on("node_init", function()
---   local s = store.clone("logins", { stale = "1 min" })
---   print(s, s:is_master())     --> store logins (clone)  false
---   print(s:get "ann")          --> nil  store "logins": the entries have not arrived yet (STALE_DATA)
---   timer.after("10 s", function()
---     print(s:get "ann")        --> nil  store "logins": no peer has a master of that name (NO_SUCH_MASTER)
---   end)
--- end)
--- ```
---@param name string
---@param opts? store_clone_opts
---@return store? store
---@return error? err
function store.clone(name, opts) end

--- Returns the handle of a store that this node has open, or nil. The body of a file may ask: after a
--- reload the stores are there.
---
--- From: ours.
---
--- ```lua
--- print(store.find "logins")  --> nil
--- on("node_init", function()
---   local s = store.master "logins"
---   print(store.find "logins" == s)  --> true
--- end)
--- ```
---@param name string
---@return store? store
function store.find(name) end

--- Options of `store.bind`.
---@class store_bind_opts
---@field store? string|store which store; when not given one of the name "___sync_store_" and the container's full name, in a cluster with "@" and the node's name behind it
---@field backend? string as of `store.master`, for a store that is not open yet: "pebble" when not given
---@field sync? boolean as of `store.master`
---@field on_corrupt? string as of `store.master`
---@field max_bytes? integer as of `store.master`

--- Keeps a set or map in a store, so that what is in it survives the end of the node, and returns it. Put the call behind the
--- declaration, in the body of a file, or call it later. The container works as before; hooks and all methods stay.
---
--- A store of that name that is open already is used: a clone shares the container with other nodes. Else its master is opened
--- here. `sync.stored` has the nodes of a cluster share a container, each change in the master's order.
---
--- Promise: with `node_init`, before handlers of policies, the container gets what the store has, and what is left of each
--- entry's time; that calls no `on_change`. What the body of a file has put in gives way to it. A change is made here at once
--- and goes to the store a moment later, a key once for all that has happened to it meanwhile; what the store can't take now (a full disk) is
--- written when it can, and said once. A node that ends in good order writes all. A crash costs what happened in the last
--- moment, without `sync` the last 100 ms.
---
--- What others write to the store comes into the container and calls `on_change`, with what the store has for a key by then. Of
--- two nodes that change a key at once the one stands whose change the master has last; there is no sum of `incr` on two nodes.
--- Each node ends its own entries when their time is over.
---
--- A store has one container. An entry with `max_size` that is dropped is erased from the store, too. A change costs about 1 µs,
--- an entry the store's memory besides the container's.
---
--- Returns nil and an error when the store can't be opened; in the body of a file that is reported with `node_init`, and the
--- container is an ordinary one then. Raises for a container without a name, one that is shared in another way, one with
--- `read_expire` or `on_expire`, and values that are containers or records.
---
--- From: Zeek's Broker framework (tables with `&backend` and `&broker_store`).
---
--- ```lua
--- local EX = namespace "EX"
--- local hits = store.bind(EX:map("hits", "addr", "count", { create_expire = "1 day" }), { backend = "memory" })
--- on("node_init", function()
---   hits:incr(addr "10.0.0.1")
---   hits:incr(addr "10.0.0.1")
---   timer.after(1, function()
---     print(store.find("___sync_store_EX::hits"):get(addr "10.0.0.1"))  --> 2
---   end)
--- end)
--- ```
---@param known set|map one with a name
---@param opts? store_bind_opts
---@return set|map? known
---@return error? err
function store.bind(known, opts) end

--- What `store:on_change` returned.
---@class store_watcher
local Watcher = {}

--- Ends the registration. Returns false when it was off already.
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   local w = s:on_change(function() print "never" end)
---   print(w:off(), w:off())  --> true  false
---   s:put("k", 1)
--- end)
--- ```
---@return boolean was_on
function Watcher:off() end

--- A store's handle, returned by `store.master`, `store.clone` and `store.find`.
---
--- What reads return when their answer is not known, and why writes fail, are errors with Broker's
--- codes:
---
--- | code | |
--- |---|---|
--- | NO_SUCH_MASTER | no peer has a master of that name |
--- | STALE_DATA | a clone whose master has been away for too long, or whose entries have not arrived |
--- | REQUEST_TIMEOUT | nobody knows whether the write has happened; or 4,096 writes, or 4 MB of them, wait already, and it has not |
--- | TYPE_CLASH, INVALID_DATA | the value there can't be changed in that way |
--- | NO_SUCH_KEY | a key to be changed is not there |
--- | BACKEND_FAILURE | the disk, or `max_bytes` |
--- | MASTER_EXISTS | there is a second master of that name |
--- | BAD_MEMBER_FUNCTION_CALL | the handle is closed |
--- | SHUTTING_DOWN | the store was closed before the write had an outcome |
---
--- A write that fails, and whose request nobody asks for the outcome, is reported: at most one a
--- second for each store, with how many others there were.
---@class store
local Store = {}

--- Closes the store on this node; what a backend has on disk stays. Writes without outcome end with
--- SHUTTING_DOWN. The handle is of no use any more, and the name can be opened again. Returns false
--- when it was closed already.
---
--- Raises while files are loaded.
---
--- From: Zeek's Broker framework (`Broker::close`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   print(s:close(), s:close())  --> true  false
---   print(s:get "k")
---   --> nil  store "s": invalid Broker store handle: it is closed (BAD_MEMBER_FUNCTION_CALL)
--- end)
--- ```
---@return boolean was_open
function Store:close() end

--- Returns the store's name.
---
--- From: Zeek's Broker framework (`Broker::store_name`).
---
--- ```lua
--- on("node_init", function()
---   print(store.master("s"):name())  --> s
--- end)
--- ```
---@return string
function Store:name() end

--- Tells whether this is the master and not a clone.
---
--- From: ours.
---
--- ```lua
--- on("node_init", function()
---   print(store.master("s"):is_master(), store.clone("t"):is_master())  --> true  false
--- end)
--- ```
---@return boolean
function Store:is_master() end

--- Returns the value of a key, or nil when there is none. A value that is unset, as Broker's none, is
--- `types.none`. On a clone it is what has arrived here, behind by one trip: a write of this node's
--- own is seen when it has come back.
---
--- Returns nil and an error when the answer is not known. Raises for what can't be a key.
---
--- From: Zeek's Broker framework (`Broker::get`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "logins"
---   s:put(tuple("ann", addr "10.0.0.1"), interval "5 min")
---   print(s:get(tuple("ann", addr "10.0.0.1")), s:get "bob")  --> 5 min  nil
--- end)
--- ```
---@param key any
---@return any value
---@return error? err
function Store:get(key) end

--- Tells whether a key is there.
---
--- Returns nil and an error when the answer is not known. Raises for what can't be a key.
---
--- From: Zeek's Broker framework (`Broker::exists`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", 1)
---   print(s:exists "k", s:exists "l")  --> true  false
--- end)
--- ```
---@param key any
---@return boolean? there
---@return error? err
function Store:exists(key) end

--- Returns a set of all keys. `store:each` is cheaper when one only wants to go over them.
---
--- Returns nil and an error when the answer is not known, and INVALID_DATA when a key is a set, a
--- table or a vector of such, which a set of this node can't hold, or when there are more than two
--- million.
---
--- From: Zeek's Broker framework (`Broker::keys`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", 1)
---   s:put("l", 2)
---   local keys = s:keys()
---   print(#keys, keys:has "k", keys:has "m")  --> 2  true  false
--- end)
--- ```
---@return set? keys
---@return error? err
function Store:keys() end

--- Returns how many keys there are. Some that have expired a moment ago may be among them.
---
--- Returns nil and an error when the answer is not known.
---
--- From: ours.
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", 1)
---   print(s:size())  --> 1
--- end)
--- ```
---@return integer? n
---@return error? err
function Store:size() end

--- Returns what is in a value: an element of a vector, which begins at 1; the value of a key of a
--- table; whether an element is in a set, a boolean; of anything else the value itself. Nil when the
--- key, or the index, is not there.
---
--- Returns nil and an error when the answer is not known, and TYPE_CLASH for what is no index of a
--- vector. Raises for what can't be a key or an index.
---
--- From: Zeek's Broker framework (`Broker::get_index_from_value`), where vectors begin at 0.
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:push("list", "a")
---   s:insert_into("set", "a")
---   s:insert_into("table", "a", 5)
---   print(s:get_index("list", 1), s:get_index("set", "a"), s:get_index("table", "a"))  --> a  true  5
---   print(s:get_index("list", 2), s:get_index("set", "b"), s:get_index("table", "b"))  --> nil  false  nil
--- end)
--- ```
---@param key any
---@param index any
---@return any value
---@return error? err
function Store:get_index(key, index) end

--- For loops: goes over the keys that are there when it begins, with the values that they have when
--- it comes to them. Those that are gone by then are left out, those that come meanwhile, too. A
--- vector that is a key is a tuple here.
---
--- Raises when the answer is not known, as a loop has no place for an error: `store:size` says why.
---
--- From: ours.
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", 1)
---   s:put(tuple("k", 5), 2)
---   for key, value in s:each() do print(key, value) end
---   --> k  1
---   --> [k, 5]  2
--- end)
--- ```
---@return fun(): any, any
function Store:each() end

--- Sets the value of a key. The request's value is true.
---
--- Raises while files are loaded, for what can't be a key or a value, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::put`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", addr "10.0.0.1", { expire = "5 min" })
---   print(s:get "k")  --> 10.0.0.1
---   timer.after("5 min", function() timer.after(1, function() print(s:get "k") end) end)  --> nil
--- end)
--- ```
---@param key any
---@param value any
---@param opts? store_write_opts
---@return request
function Store:put(key, value, opts) end

--- Sets the value of a key that is not there. Of several nodes that do so at once, exactly one is the
--- first. The request's value is true if it was set, false if the key was there.
---
--- Raises while files are loaded, for what can't be a key or a value, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::put_unique`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   async(function()
---     print(s:put_unique("k", 1):wait(), s:put_unique("k", 2):wait())  --> true  false  nil
---     print(s:get "k")  --> 1
---   end)
--- end)
--- ```
---@param key any
---@param value any
---@param opts? store_write_opts
---@return request
function Store:put_unique(key, value, opts) end

--- Removes a key; one that is not there is no error. The request's value is true.
---
--- Raises while files are loaded, and for what can't be a key.
---
--- From: Zeek's Broker framework (`Broker::erase`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", 1)
---   s:erase "k"
---   print(s:exists "k")  --> false
--- end)
--- ```
---@param key any
---@return request
function Store:erase(key) end

--- Removes all keys. The request's value is true.
---
--- Raises while files are loaded.
---
--- From: Zeek's Broker framework (`Broker::clear`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", 1)
---   s:clear()
---   print(s:size())  --> 0
--- end)
--- ```
---@return request
function Store:clear() end

--- Copies what a master has on disk into a new folder, while it goes on: all that was answered before is in the copy, which a node
--- opens like a store (`stores/NAME` below its state directory) and `moonpeer store verify --dir PATH` reads. The request's value
--- is true when the copy is complete.
---
--- Raises while files are loaded. The request fails with BACKEND_FAILURE for a clone, for a store in memory, and if the folder is there
--- already or can't be written.
---
--- ```lua
--- on("node_init", function()
---   async(function()
---     local s = store.master "s"
---     local done, err = s:backup("backups/s"):wait "1 min"
---     print(done, err.code)  --> nil  BACKEND_FAILURE
---   end)
--- end)
--- ```
---@param path string folder to create
---@return request
function Store:backup(path) end

--- Adds to a number, to an interval or a time. A key that is not there begins at 0; an interval makes
--- it a time. The number has to be of the kind that is stored: an integral one from 0 on is a count,
--- see `types.int` and `types.real` for others. The request's value is true.
---
--- Raises while files are loaded, for what can't be a key, for an amount that is neither number nor
--- interval, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::increment`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:increment "hits"
---   s:increment("hits", 5)
---   s:increment("load", 0.5)
---   print(s:get "hits", s:get "load")  --> 6  0.5
--- end)
--- ```
---@param key any
---@param amount? any 1 when not given
---@param opts? store_write_opts
---@return request
function Store:increment(key, amount, opts) end

--- Subtracts from a number, from an interval or a time, which has to be there. A count does not go
--- below 0, but wraps around. The request's value is true.
---
--- Raises while files are loaded, for what can't be a key, for an amount that is neither number nor
--- interval, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::decrement`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("left", 10)
---   s:decrement("left", 3)
---   print(s:get "left")  --> 7
---   s:decrement("right"):done(function(value, err) print(value, err.code) end)  --> nil  NO_SUCH_KEY
--- end)
--- ```
---@param key any
---@param amount? any 1 when not given
---@param opts? store_write_opts
---@return request
function Store:decrement(key, amount, opts) end

--- Appends to a string. A key that is not there begins empty. The request's value is true.
---
--- Raises while files are loaded, for what can't be a key, for what is no string, and for unknown
--- options.
---
--- From: Zeek's Broker framework (`Broker::append`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:append("k", "ab")
---   s:append("k", "c")
---   print(s:get "k")  --> abc
--- end)
--- ```
---@param key any
---@param text string
---@param opts? store_write_opts
---@return request
function Store:append(key, text, opts) end

--- Without a value, adds an element to a set; with one, sets what a table has at an index. A key that
--- is not there begins as an empty set or table. The request's value is true, also when the element
--- was there.
---
--- Raises while files are loaded, for what can't be a key or a value, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::insert_into_set`, `Broker::insert_into_table`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:insert_into("peers", addr "10.0.0.1")
---   s:insert_into("names", addr "10.0.0.1", "gateway")
---   print(s:get("peers"):has(addr "10.0.0.1"), s:get("names"):get(addr "10.0.0.1"))  --> true  gateway
--- end)
--- ```
---@param key any
---@param index any element of the set, or index of the table
---@param value? any
---@param opts? store_write_opts for a table
---@return request
function Store:insert_into(key, index, value, opts) end

--- Removes an element from a set, or an index from a table; one that is not there is no error. From a
--- vector it removes the last element, as `store:pop` does, whatever the index. The request's value
--- is true.
---
--- Raises while files are loaded, for what can't be a key or an index, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::remove_from`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:insert_into("k", "a")
---   s:insert_into("k", "b")
---   s:remove_from("k", "a")
---   print(s:get_index("k", "a"), s:get_index("k", "b"))  --> false  true
--- end)
--- ```
---@param key any
---@param index any
---@param opts? store_write_opts
---@return request
function Store:remove_from(key, index, opts) end

--- Appends an element to a vector. A key that is not there begins as an empty one. The request's
--- value is true.
---
--- Raises while files are loaded, for what can't be a key or a value, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::push`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:push("k", "a")
---   s:push("k", "b")
---   print(s:get "k")  --> [a, b]
--- end)
--- ```
---@param key any
---@param value any
---@param opts? store_write_opts
---@return request
function Store:push(key, value, opts) end

--- Removes the last element of a vector; an empty one stays so. The request's value is true, not the
--- element.
---
--- Raises while files are loaded, for what can't be a key, and for unknown options.
---
--- From: Zeek's Broker framework (`Broker::pop`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:push("k", "a")
---   s:push("k", "b")
---   s:pop "k"
---   print(s:get "k")  --> [a]
--- end)
--- ```
---@param key any
---@param opts? store_write_opts
---@return request
function Store:pop(key, opts) end

--- Has `fn(what, key, value, old)` called for each change of the store, at a clone when it happens
--- there. `what` is "insert", "update", "erase" or "expire"; `value` is the new one, nil when the key
--- is gone; `old` the one before, nil when there was none. All kinds of writes are one of these: an
--- increment is an update, `clear` is an erase of each key. When a clone gets its entries, each is an
--- insert.
---
--- Changes come in their order and in their turn among the events, so the store may be further by
--- then. Several functions are called in the order of their registration, each with a budget of its
--- own; one that uses it up three times in a row is switched off.
---
--- In the body of a file, after a reload, it takes effect when the new code takes over.
---
--- Returns nil and an error for a handle that is closed.
---
--- From: Zeek's store events (`Broker::store_event`).
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:on_change(function(what, key, value, old) print(what, key, value, old) end)
---   s:put("k", 1, { expire = "1 min" })
---   s:increment "k"
---   s:put("l", "x")
---   s:erase "l"
---   print "now"
--- end)
--- --> now
--- --> insert  k  1  nil
--- --> update  k  2  1
--- --> insert  l  x  nil
--- --> erase  l  nil  x
--- --> expire  k  nil  2
--- ```
---@param fn fun(what: string, key: any, value: any, old: any)
---@return store_watcher? watcher
---@return error? err
function Store:on_change(fn) end

return store
