---@meta sync

-- Sets and maps that the nodes of a cluster share, one line per pattern: what Zeek once had as `&synchronized`. The
-- methods stay as they are; what differs is where an entry lives:
--
--   pattern      add, set, incr, remove on any node     has, get on a worker   promise
--   to_manager   sent to the manager                    always empty           the manager's copy; lost with it, and while it is away
--   sharded      sent to the key's proxy                always empty           one copy; a shard is lost with its proxy
--   replicated   at once here, then told to all         its own copy           all equal when quiet; removal: the last writer wins
--
-- Put the call around the declaration, in the body of a file. Where a change is only sent on, the method returns nil.
-- `on_change`, `on_expire` and expiry work where the entry lives. `clear` and `ensure` raise: they are no change of one entry. On
-- a node of no cluster the container is an ordinary one.

---@class synclib
sync = {}

--- Keeps a set or map on the manager. What other nodes do to it is sent there, in their order; they have an empty one.
---
--- Promise: one copy, the manager's. It is lost when the manager ends, and what is sent while it is away is lost, too.
---
--- Raises for a container without a name, one that has another pattern, and in handlers.
---
--- From: ours; the long form is the policy known_clients_manager.
---
--- ```lua
--- local EX = namespace "EX"
--- local known = sync.to_manager(EX:set("known", "addr", {
---   create_expire = "1 day",
---   on_change = function(what, client) print(what, client) end,  -- on the manager
--- }))
--- on("node_init", function() known:add(addr "10.0.0.1") end)  --> new  10.0.0.1
--- ```
---@param known set|map one with a name
---@return set|map known
function sync.to_manager(known) end

--- Shares a set or map out among the proxies. Each key belongs to one, chosen as by `cluster.send`: highest random weight, the
--- manager while no proxy is up. What any node does to an entry is sent there; workers have an empty container.
---
--- Promise: one copy of each entry. A proxy that ends takes its shard along; its keys belong to the others until it
--- is back, empty, and then to it again. So after a change of proxies a key may be new a second time, and for
--- `peer_timeout` two nodes may disagree about who has it. What is sent in that moment is lost.
---
--- A layout without proxies is warned about once the cluster is up. Keys that can't choose a node (tuples, enums,
--- intervals) do by their text.
---
--- Raises for a container without a name, one that has another pattern, and in handlers.
---
--- From: ours; the long form is the policy known_clients_hrw.
---
--- ```lua
--- local EX = namespace "EX"
--- local tries = sync.sharded(EX:map("tries", "addr", "count", { write_expire = "1 hour" }))
--- on("node_init", function()
---   tries:incr(addr "10.0.0.1")           -- on a worker nil, and the proxy adds
---   print(tries:incr(addr "10.0.0.1"))    --> 2
--- end)
--- ```
---@param known set|map one with a name
---@return set|map known
function sync.sharded(known) end

--- Gives every worker, proxy and the manager a copy. A change is made here at once and told to all proxies and the
--- manager; one of them, by turns, passes it on to the workers; while no proxy is up the manager does.
---
--- Promise: when nothing changes any more all copies are equal. Additions are merged; of two changes of one key where one is
--- a removal or another value, the later one stands by the time of its writer (its wall clock; what claims to be more than a day
--- ahead is dropped), of two at one time that of the greater node name, and a change always stands against what its writer
--- had seen. To add what is there, or to set it to what it is, is told to nobody, but counts: a removal elsewhere that is older
--- and did not know of it is undone. To remove what is not there is no change. Nodes that come to be linked ask each other for
--- what they have, in parts of 256 entries: so who comes late gets everything, and what was changed apart is merged; so do the
--- manager and the proxies when a worker goes, which may have told only some of them. What a full queue drops is missing until
--- the next such time; so is what passed over a link between one worker and one proxy that is cut while others hold.
---
--- However full or old the containers are, all comes to rest: what is news is passed on three times at most, see
--- scripts/base/sync/exchange.lua.
---
--- What a file's body adds, at a start or at a reload, gives way to what was changed or removed while the cluster ran. So does
--- what was in the container before a reload began to share it; then all nodes have what any of them had.
---
--- Only `create_expire` ends entries, on each node by itself; a copy counts from when the first one was made, but for the time
--- that it was on its way. An `on_expire` that keeps entries, or a `max_size`, is each node's own, and copies may differ then.
--- What was removed is remembered for `Sync::keep_removed` (an option, 1 day), the last 100,000 per container: a node that is
--- cut off for longer may bring removed entries back. Loggers get nothing. A proxy that comes back reads what every worker has. An
--- entry costs about 110 bytes and 5 µs more than in a container that is not shared, and to add what is there 3 µs.
---
--- Raises for a container without a name, one that has another pattern, `read_expire` and `write_expire`, and in handlers;
--- `incr` raises.
---
--- From: ours; the long form is the policy known_clients_relay, which has no copies for those who come late.
---
--- ```lua
--- local EX = namespace "EX"
--- local blocked = sync.replicated(EX:set("blocked", "addr", { create_expire = "1 hour" }))
--- on("node_init", function()
---   blocked:add(addr "10.0.0.1")
---   print(blocked:has(addr "10.0.0.1"))  --> true
--- end)
--- ```
---@param known set|map one with a name
---@return set|map known
function sync.replicated(known) end

return sync
