---@meta timer

-- Functions that run later, on the node's clock: packet time while a capture is replayed. A reload ends them with the
-- code that they are of; scheduled events (`event:schedule`) outlive it.

--- What `timer.after` and `timer.every` return.
---@class timer
local Timer = {}

--- Takes the timer back. Returns false when it has run for the last time, or was cancelled before.
---
--- ```lua
--- local t = timer.after("1 min", function() print("never") end)
--- print(t:cancel(), t:cancel())  --> true  false
--- ```
---@return boolean was_waiting
function Timer:cancel() end

---@class timerlib
timer = {}

--- Calls `fn` once, `delay` from now. It is dropped, not called early, when the node ends before: a one-shot timer does not keep a node that
--- has nothing else to do.
---
--- Raises when `delay` is no interval of 0 or more.
---
--- From: Zeek's `schedule` with an event of its own.
---
--- ```lua
--- timer.after("90 s", function() print("90 s later") end)
--- timer.after(0.5, function() print("half a second later") end)
--- --> half a second later
--- --> 90 s later
--- ```
---@param delay intervallike
---@param fn fun()
---@return timer
function timer.after(delay, fn) end

--- Calls `fn` each `period`, first one period from now. When the clock leaps over several periods,
--- as between two packets, it is called once and keeps its rhythm. As long as it runs, the node
--- does not end; a replay does all the same, whose clock stands still when its input has ended.
---
--- Raises when `period` is no interval above 0.
---
--- From: ours. That it keeps the node running: design decision 2.
---
--- ```lua
--- local n, t = 0, nil
--- t = timer.every("1 min", function()
---   n = n + 1
---   print("tick", n)
---   if n == 2 then t:cancel() end
--- end)
--- --> tick  1
--- --> tick  2
--- ```
---@param period intervallike
---@param fn fun()
---@return timer
function timer.every(period, fn) end

return timer
