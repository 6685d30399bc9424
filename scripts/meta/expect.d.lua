---@meta expect

-- What tests expect of values, and spies. Only files called NAME_test.lua have these; see test.d.lua.

--- Begins an expectation: its methods say what `v` is to be like. One that does not hold raises an error that shows both, which
--- fails the test. Each has a twin that begins with `never_`.
--- One that is followed by no matcher fails the test, too.
---
--- Raises without an argument.
---
--- From: ours, with the names of Jest and its relatives.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("says what is wrong", function()
---   print(select(2, pcall(function() expect({ 1, 2 }):to_contain(3) end)))
---   --> expected { 1, 2 } to contain 3
---   expect(function() expect({ 1, 2 }):to_contain(3) end):to_raise "expected { 1, 2 } to contain 3"
--- end)
--- ```
---@param v any
---@return expectation
function expect(v) end

--- What `expect` returns.
---@class expectation
local Expectation = {}

--- The value and `x` have the same content: plain tables the same entries, containers the same elements, records the same
--- fields. A container equals the plain table of its content, a set a list of its elements in any order. What differs is shown
--- line by line.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("compares", function()
---   expect({ 1, { a = addr "10.0.0.1" } }):to_equal { 1, { a = addr "10.0.0.1" } }
---   local s = set("port")
---   s:add(port "80/tcp", port "22/tcp")
---   expect(s):to_equal { port "22/tcp", port "80/tcp" }
--- end)
--- ```
---@param x any
function Expectation:to_equal(x) end

--- The twin of `to_equal`.
---@param x any
function Expectation:never_to_equal(x) end

--- The value is `x` itself: the same number, text, address; the same table, not one like it.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is itself", function()
---   expect(addr "10.0.0.1"):to_be(addr "10.0.0.1")
---   expect({}):never_to_be({})
--- end)
--- ```
---@param x any
function Expectation:to_be(x) end

--- The twin of `to_be`.
---@param x any
function Expectation:never_to_be(x) end

--- The value is nil.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is nothing", function()
---   expect(nil):to_be_nil()
--- end)
--- ```
function Expectation:to_be_nil() end

--- The twin of `to_be_nil`.
function Expectation:never_to_be_nil() end

--- The value is true, and nothing else.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is true", function()
---   expect(1 < 2):to_be_true()
--- end)
--- ```
function Expectation:to_be_true() end

--- The twin of `to_be_true`.
function Expectation:never_to_be_true() end

--- The value is false, and nothing else.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is false", function()
---   expect(1 > 2):to_be_false()
---   expect(nil):never_to_be_false()
--- end)
--- ```
function Expectation:to_be_false() end

--- The twin of `to_be_false`.
function Expectation:never_to_be_false() end

--- The value counts as true in an `if`: anything but nil and false.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("counts as true", function()
---   expect(0):to_be_truthy()
--- end)
--- ```
function Expectation:to_be_truthy() end

--- The twin of `to_be_truthy`.
function Expectation:never_to_be_truthy() end

--- The value counts as false in an `if`: nil or false.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("counts as false", function()
---   expect(nil):to_be_falsy()
--- end)
--- ```
function Expectation:to_be_falsy() end

--- The twin of `to_be_falsy`.
function Expectation:never_to_be_falsy() end

--- The value is of that sort: a type of Lua (`"table"`, `"string"`, `"function"`), or `"addr"`, `"subnet"`, `"port"`, `"time"`,
--- `"interval"`, `"enum"`, `"tuple"`, `"count"` (a big one), `"set"`, `"map"`, `"vector"`, `"record"`.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has a sort", function()
---   expect(addr "::1"):to_be_a "addr"
---   expect("::1"):never_to_be_a "addr"
--- end)
--- ```
---@param word string
function Expectation:to_be_a(word) end

--- The twin of `to_be_a`.
---@param word string
function Expectation:never_to_be_a(word) end

--- The text, table or container has nothing in it.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is empty", function()
---   expect({}):to_be_empty()
---   expect(set("addr")):to_be_empty()
--- end)
--- ```
function Expectation:to_be_empty() end

--- The twin of `to_be_empty`.
function Expectation:never_to_be_empty() end

--- The text has so many bytes, the table so many entries, the container so many elements.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has a length", function()
---   expect({ a = 1, b = 2 }):to_have_length(2)
--- end)
--- ```
---@param n integer
function Expectation:to_have_length(n) end

--- The twin of `to_have_length`.
---@param n integer
function Expectation:never_to_have_length(n) end

--- The table or map has an entry under `k`, the vector or list an element at it, the set the element `k`.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has a key", function()
---   expect({ [port "80/tcp"] = true }):to_have_key(port "80/tcp")
--- end)
--- ```
---@param k any
function Expectation:to_have_key(k) end

--- The twin of `to_have_key`.
---@param k any
function Expectation:never_to_have_key(k) end

--- The text contains the text `x`; the list, set or vector an element that equals it; the map the key `x`. When `x` is a table,
--- an element is enough that has its entries, and may have others; so is the value itself, if it is a table without a list.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("contains", function()
---   expect("no route to host"):to_contain "route"
---   expect({ { topic = "a", n = 1 }, { topic = "b", n = 2 } }):to_contain { topic = "b" }
---   expect({ topic = "a", n = 1 }):to_contain { n = 1 }
--- end)
--- ```
---@param x any
function Expectation:to_contain(x) end

--- The twin of `to_contain`.
---@param x any
function Expectation:never_to_contain(x) end

--- The list or container has the elements of `list`, in whatever order.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has the same elements", function()
---   expect({ 1, 2, 2 }):to_have_same_elements { 2, 1, 2 }
--- end)
--- ```
---@param list any
function Expectation:to_have_same_elements(list) end

--- The twin of `to_have_same_elements`.
---@param list any
function Expectation:never_to_have_same_elements(list) end

--- The text matches a pattern of Lua's, somewhere.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("matches", function()
---   expect("worker-12"):to_match "^worker%-%d+$"
--- end)
--- ```
---@param pattern string
function Expectation:to_match(pattern) end

--- The twin of `to_match`.
---@param pattern string
function Expectation:never_to_match(pattern) end

--- The value is a function that ends with an error, whose message contains `text` if that is given. It is called without
--- arguments. An expectation in it that does not hold is the test's failure, unless `text` names it.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("raises", function()
---   expect(function() error "no such host" end):to_raise "such"
---   expect(function() end):never_to_raise()
--- end)
--- ```
---@param text? string
function Expectation:to_raise(text) end

--- The twin of `to_raise`.
---@param text? string
function Expectation:never_to_raise(text) end

--- The number is within `tolerance` of `x`, which is 1e-9 when not given.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is near", function()
---   expect(0.1 + 0.2):to_be_near(0.3)
---   expect(99):to_be_near(100, 2)
--- end)
--- ```
---@param x number
---@param tolerance? number
function Expectation:to_be_near(x, tolerance) end

--- The twin of `to_be_near`.
---@param x number
---@param tolerance? number
function Expectation:never_to_be_near(x, tolerance) end

--- The value is greater: both numbers, texts, or values of one kind, as `types.compare` has it.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is greater", function()
---   expect(interval "5 min"):to_be_greater_than(interval "1 min")
--- end)
--- ```
---@param x any
function Expectation:to_be_greater_than(x) end

--- The twin of `to_be_greater_than`.
---@param x any
function Expectation:never_to_be_greater_than(x) end

--- The value is less, as `types.compare` has it.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is less", function()
---   expect(1):to_be_less_than(2)
--- end)
--- ```
---@param x any
function Expectation:to_be_less_than(x) end

--- The twin of `to_be_less_than`.
---@param x any
function Expectation:never_to_be_less_than(x) end

--- The value is not less, as `types.compare` has it.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is at least", function()
---   expect(2):to_be_at_least(2)
--- end)
--- ```
---@param x any
function Expectation:to_be_at_least(x) end

--- The twin of `to_be_at_least`.
---@param x any
function Expectation:never_to_be_at_least(x) end

--- The value is not greater, as `types.compare` has it.
---
--- Raises what the test fails with.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is at most", function()
---   expect(2):to_be_at_most(2)
--- end)
--- ```
---@param x any
function Expectation:to_be_at_most(x) end

--- The twin of `to_be_at_most`.
---@param x any
function Expectation:never_to_be_at_most(x) end

--- The spy has been called.
---
--- Raises for what is no spy.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("was called", function()
---   local s = spy()
---   s()
---   expect(s):to_have_been_called()
--- end)
--- ```
function Expectation:to_have_been_called() end

--- The twin of `to_have_been_called`.
function Expectation:never_to_have_been_called() end

--- The spy has been called so often.
---
--- Raises for what is no spy.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("was called twice", function()
---   local s = spy()
---   s() s()
---   expect(s):to_have_been_called_times(2)
--- end)
--- ```
---@param n integer
function Expectation:to_have_been_called_times(n) end

--- The twin of `to_have_been_called_times`.
---@param n integer
function Expectation:never_to_have_been_called_times(n) end

--- The spy has been called with arguments that equal these, once at least.
---
--- Raises for what is no spy.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("was called with", function()
---   local s = spy()
---   s("a", { 1 })
---   expect(s):to_have_been_called_with("a", { 1 })
--- end)
--- ```
---@param ... any
function Expectation:to_have_been_called_with(...) end

--- The twin of `to_have_been_called_with`.
---@param ... any
function Expectation:never_to_have_been_called_with(...) end

--- Makes a spy: what can be called, and remembers with what. It passes calls on to `fn`, and returns what that returns.
---
--- From: ours, with the name of busted's.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("remembers", function()
---   local double = spy(function(n) return 2 * n end)
---   expect(double(4)):to_be(8)
---   expect(double.calls):to_equal { { 4 } }
---   expect(double.count):to_be(1)
--- end)
--- ```
---@param fn? fun(...): ...
---@return spy
function spy(fn) end

--- What `spy` returns.
---@class spy
---@field calls any[][] the arguments of each call
---@field count integer how many calls there were
---@field fn fun(...): ... the spy as a function, for what takes nothing else
---@overload fun(...): ...
local Spy = {}

--- Forgets the calls.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("forgets", function()
---   local s = spy()
---   s()
---   s:reset()
---   expect(s):never_to_have_been_called()
--- end)
--- ```
function Spy:reset() end

--- Has further calls return these values, and not call the function. Returns the spy.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("answers", function()
---   local s = spy():returns(1, 2)
---   expect({ s() }):to_equal { 1, 2 }
--- end)
--- ```
---@param ... any
---@return spy
function Spy:returns(...) end
