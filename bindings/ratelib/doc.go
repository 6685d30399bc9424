// Package ratelib is the Lua module `rate`: how much happens per key.
//
//	local logins = rate.limit("5 per 1 min")            -- l:allow(key): is one more within the limit? if so it counts
//	local bytes  = rate.window("5 min")                 -- w:add(key, n = 1), w:get(key): the sum in the window
//	local ports  = rate.distinct("5 min")               -- d:add(key, v): how many different v
//
// A key is any value that can be one in a set: a scalar or a tuple, by its default kind, so that an address and its
// text are different keys. All are bounded by { max_size = n }, the most keys that are kept, 65,536 if not given; one
// too many forgets the oldest. What happened exactly an interval ago is outside. runtime/container says how exact
// each is.
//
// Idle keys are forgotten by a sweep, which runs only while there are any.
package ratelib
