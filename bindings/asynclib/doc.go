// Package asynclib is the global `async` and the requests that other modules return: what scripts ask for and hear of
// later.
//
//	async(function()
//	  local first, err = logins:put_unique(user, time.now()):wait "2 s"
//	  if first then print("first login", user) end
//	end)
//
// # Types
//
//	Lib      opens async, and keeps account of coroutines and requests
//	Request  one request, embedded by the module that made it
//	Asked    what such a module's type is: a Request that can say what it is
//
// A module embeds a [Request] in a type of its own, has [Lib.Begin] make it one that is under way and pushes its
// [Request.Value] as the result of its Lua function. When the outcome is known it calls [Lib.End], from wherever on the
// loop: no Lua runs in that call. Callbacks of r:done and the coroutines of r:wait are queued among the events of the domain and each has
// a budget of its own. What has succeeded at once is [Lib.Ready], which allocates nothing, and what has failed at once
// [Lib.Fail].
//
// # Waiting
//
// async runs its function as a coroutine up to the first wait and then returns. A wait can't cross what can't be left and
// entered again: pcall, a metamethod, an iterator, a coroutine of the script's own. It raises then, also if the outcome
// is known, so that what works on the node of a master works on all. At most [MaxWaiting] coroutines wait at once.
//
// Waits end by the transport clock, not by the node's, as others do what is waited for: in a replay, two
// seconds of packet time are over in no time, and at its end packet time stands still.
//
// # Failures that nobody hears of
//
// Who ignores a request gives it no say. But if it fails, [Asked] is told to report it: once what is queued has been
// handled and neither done nor wait was called. While coroutines wait, any of them may be about to call
// it, so that it takes a second longer.
//
// # Reload
//
// Functions and coroutines are the old VM's and end with it, as timers do: done is not called any more, and no wait
// returns. What was asked for goes on, and the new domain hears of failures.
//
// All of this belongs to the loop's goroutine.
package asynclib
