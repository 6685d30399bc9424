---@meta async

-- Requests, what scripts ask for and hear of later, and `async`, inside of which they can wait for the answer.

--- What a write to a store returns, for whoever wants to know what became of it. Ignoring it is fine:
--- a failure that nobody waits for is reported.
---
--- A reload ends who waits for the answer together with the code that does, as it ends timers; what
--- was asked for goes on.
---@class request
local Request = {}

--- Calls `fn(value, err)` when the outcome is known, in its turn among the events, never inside of
--- this call. Each call adds a function. What `value` is, is said where the request is made; with an
--- error it is nil.
---
--- From: ours.
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   s:put("k", "text"):done(function(value, err) print(value, err) end)
---   s:increment("k"):done(function(value, err) print(value, err.code) end)
---   print "first"
--- end)
--- --> first
--- --> true  nil
--- --> nil  TYPE_CLASH
--- ```
---@param fn fun(value: any, err: error?)
function Request:done(fn) end

--- Waits for the outcome and returns it: `value, err`. Other handlers run meanwhile, so look again at
--- what you read before. When it is known already it returns at once. After `timeout` it returns nil
--- and an error with the code REQUEST_TIMEOUT; what was asked for may still happen. Time is that of
--- the wall, also while a capture is replayed.
---
--- Raises outside of `async`, and within `pcall`, a metamethod, an iterator or a coroutine of your
--- own, which a wait can't cross. Raises when 16,384 coroutines wait already.
---
--- From: ours; Zeek has `when`.
---
--- ```lua
--- on("node_init", function()
---   local s = store.master "s"
---   async(function()
---     print(s:put_unique("k", 1):wait "2 s")  --> true  nil
---     print(s:put_unique("k", 2):wait "2 s")  --> false  nil
---     print(select(2, store.clone("elsewhere"):clear():wait(3)))
---   end)
---   print(pcall(function() s:clear():wait() end))
---   --> false  example.lua:8: request:wait: only inside of async(function() … end); r:done(fn) calls back from anywhere
---   --> clear of store "elsewhere": no answer within 3 s (REQUEST_TIMEOUT)
--- end)
--- ```
---@param timeout? intervallike 10 s when not given
---@return any value
---@return error? err
function Request:wait(timeout) end

--- Calls `fn` with what follows it, up to its first `request:wait`, and returns; the rest runs when
--- the answer is there, in its turn among the events and with a budget of its own. Errors in it are
--- reported, as those of handlers are; they don't pass to the caller. Behind a wait no event is being
--- handled any more: what `event.time` and its sisters say has to be asked for before.
---
--- Raises when `fn` is no function written in Lua.
---
--- From: ours.
---
--- ```lua
--- local s
--- local function count(word)
---   local first, err = s:put_unique(word, 1):wait "2 s"
---   if err then return print(err) end
---   if not first then s:increment(word):wait "2 s" end
---   print(word, s:get(word))
--- end
--- on("node_init", function()
---   s = store.master "words"
---   async(count, "a")  --> a  1
---   async(count, "b")  --> b  1
---   async(count, "a")  --> a  2
---   async(function() error "not caught" end)  --! error: example.lua:13: not caught (async)
--- end)
--- ```
---@param fn fun(...)
---@param ... any
function async(fn, ...) end
