---@meta namespace

-- Everything that has a name outside its file is made by a namespace.

--- The name of a type, as it stands in signatures, records, options and containers:
---
--- * a word: `bool count int real string addr subnet port time interval enum any`
--- * `set[addr, port]`, `table[addr] of count`, `vector of string`, `tuple[addr, port]`
--- * a record's full name, `EX::info`
--- * any of them with a `?` behind it, where the whole place may be unset
---
--- Keys, that is what stands between the brackets, are words and tuples of words.
---
--- A place with a type takes exactly its kind, with these exceptions: an integral number is a count, int
--- or real; a number of seconds or a text such as "5 min" is an interval; an empty Lua table is any
--- empty container; a Lua table by field names is a record. All else raises, also on lookup.
---
--- Where no type is declared, as in an undeclared event, values go by default kinds: an integral
--- number from 0 up is a count, one below an int, other numbers are real, strings string, lists and
--- empty tables vector, other tables table. `types.int` and `types.real` say otherwise.
---@alias typename string

--- Options of `EX:option`.
---@class option_opts
---@field doc? string what the option is for; `config.list` shows it
---@field check? fun(new: any, old: any): any, string? asked before each change, and about `--set`; see `option:on_change` for what it returns

--- A namespace, such as `EX` in `EX::known_clients`. Its methods make named things and return
--- them as ordinary objects, which are kept in locals.
---
--- The same declaration again, in another file or after a reload, returns the same object with its
--- contents. A different type for the same name raises and names both places.
---
--- ```lua
--- local EX = namespace "EX"
--- local a = EX:var("n", "count", 1)
--- a:set(5)
--- print(namespace("EX"):var("n", "count", 1):get())  --> 5
--- ```
---@class namespace
local Namespace = {}

--- Returns the namespace called `name`. Nothing is declared by that.
---
--- Without a name it is the global module, whose things have no prefix.
---
--- Raises when `name` is no name: letters, digits and `_`, parts joined by `::`.
---
--- From: Zeek's modules; full names as Zeek has them. The global module: design decision 20.
---
--- ```lua
--- local EX = namespace "EX"
--- print(EX, EX:event("found", "src: addr"))  --> namespace EX  EX::found
--- print(namespace():event("ping", ""))       --> ping
--- ```
---@param name? string such as "EX" or "Site::DNS"
---@return namespace
function namespace(name) end

--- Declares a typed event `EX::name`. The argument names are for messages and editors and may be
--- left out; trailing arguments of an optional type may be left out of calls.
---
--- Two policies that declare the same event share it. They may name its arguments differently.
---
--- Raises when the signature can't be read, or when the event is declared with other types.
---
--- From: Zeek's event declarations. The signature is text, as Lua has no types.
---
--- ```lua
--- local EX = namespace "EX"
--- local found = EX:event("found", "src: addr, n: count, note: string?")
--- found:on(function(src, n, note) print(src, n, note) end)  --> 10.0.0.1  3  nil
--- on("node_init", function() found:raise(addr "10.0.0.1", 3) end)
--- ```
---@param name string letters, digits and `_`
---@param signature? string types with commas between them, such as "src: addr, n: count"; "" or nothing for none
---@return event
function Namespace:event(name, signature) end

--- Declares an option `EX::name`: a setting with a type and a default, which `--set`, the
--- configuration file and `o:set` change.
---
--- Raises when the default is not of the type, and when the value of `--set` is not.
---
--- From: Zeek's Configuration framework (`option`).
---
--- ```lua
--- -- moonpeer run example.lua --set EX::limit=20
--- local EX = namespace "EX"
--- local limit = EX:option("limit", "count", 10, { doc = "lines per hour" })
--- local server = EX:option("server", "addr", addr "10.0.0.1")
--- print(limit:get(), server:get())  --> 20  10.0.0.1
--- ```
---@param name string letters, digits and `_`
---@param type typename
---@param default? any a value of that type; may be left out only where the type is optional or `any`
---@param opts? option_opts
---@return option
function Namespace:option(name, type, default, opts) end

--- Declares an exported variable `EX::name`: what `--print` shows and `broker.publish_id` sends.
---
--- Raises when the initial value is not of the type.
---
--- From: Zeek's exported globals.
---
--- ```lua
--- -- moonpeer run example.lua --print EX::lines
--- local lines = namespace "EX":var("lines", "count", 0)
--- on("node_init", function() lines:set(lines:get() + 1) end)
--- --> EX::lines = 1
--- ```
---@param name string letters, digits and `_`
---@param type typename
---@param initial? any a value of that type; may be left out only where the type is optional or `any`
---@return var
function Namespace:var(name, type, initial) end

--- Declares an exported set `EX::name`; otherwise as the global `set`.
---
--- The same declaration again returns the same set. Its options are those of the first declaration
--- that gives any; other ones later are warned about and have no effect.
---
--- From: Zeek's exported globals; `--print` writes it as Zeek prints a set.
---
--- ```lua
--- -- moonpeer run example.lua --print EX::known
--- local known = namespace "EX":set("known", "addr", { create_expire = "1 day" })
--- known:add(addr "10.0.0.2", addr "10.0.0.1")
--- --> EX::known = {
--- --> 10.0.0.1,
--- --> 10.0.0.2
--- --> }
--- ```
---@param name string letters, digits and `_`
---@param type typename of the elements; "addr, port" for pairs
---@param opts? container_opts
---@return set
function Namespace:set(name, type, opts) end

--- Declares an exported map `EX::name`; otherwise as the global `map`.
---
--- From: Zeek's exported globals; `--print` writes it as Zeek prints a table.
---
--- ```lua
--- -- moonpeer run example.lua --print EX::hits
--- local hits = namespace "EX":map("hits", "addr", "count")
--- hits:incr(addr "10.0.0.1", 3)
--- --> EX::hits = {
--- --> [10.0.0.1] = 3
--- --> }
--- ```
---@param name string letters, digits and `_`
---@param key typename of the keys; "addr, port" for pairs
---@param value typename of the values
---@param opts? container_opts
---@return map
function Namespace:map(name, key, value, opts) end

--- Declares an exported vector `EX::name`; otherwise as the global `vector`.
---
--- From: Zeek's exported globals.
---
--- ```lua
--- -- moonpeer run example.lua --print EX::seen
--- local seen = namespace "EX":vector("seen", "string")
--- seen:push("a")
--- seen:push("b")
--- --> EX::seen = [a, b]
--- ```
---@param name string letters, digits and `_`
---@param type typename of the elements
---@return vector
function Namespace:vector(name, type) end

--- Declares an exported map from subnets `EX::name`; otherwise as the global `subnet_map`.
---
--- From: Zeek's tables indexed by subnets, which look addresses up by the longest match.
---
--- ```lua
--- local sites = namespace "EX":subnet_map("sites", "string")
--- sites:set(subnet "10.1.0.0/16", "Berlin")
--- print(sites:lookup(addr "10.1.2.3"))  --> Berlin  10.1.0.0/16
--- ```
---@param name string letters, digits and `_`
---@param type typename of the values
---@return subnet_map
function Namespace:subnet_map(name, type) end

--- Declares a record type `EX::name`: in Lua a table by field names, on the wire a vector in the
--- order of the fields.
---
--- Raises when a field's type can't be read, or when the record is declared with other fields.
---
--- From: Zeek's records and `&optional`; they travel as vectors.
---
--- ```lua
--- local EX = namespace "EX"
--- local info = EX:record("info", { { "orig_h", "addr" }, { "note", "string?" } })
--- local found = EX:event("found", "i: EX::info")
--- found:on(function(i) print(i.orig_h, i.note) end)
--- on("node_init", function()
---   found:raise({ orig_h = addr "10.0.0.1" })                    --> 10.0.0.1  nil
---   found:raise(info { orig_h = addr "10.0.0.2", note = "new" })  --> 10.0.0.2  new
--- end)
--- ```
---@param name string letters, digits and `_`
---@param fields string[][] name and type of each, such as `{ { "orig_h", "addr" }, { "note", "string?" } }`
---@return record_type
function Namespace:record(name, fields) end

--- Returns the enum value `EX::name`.
---
--- From: Zeek's enums, which travel as their full names.
---
--- ```lua
--- local EX = namespace "EX"
--- print(EX:enum "Scan", EX:enum "Scan" == types.enum "EX::Scan")  --> EX::Scan  true
--- ```
---@param name string letters, digits and `_`
---@return enum
function Namespace:enum(name) end

--- What `EX:record` returns. Called with a table it makes a record.
---
--- ```lua
--- local info = namespace "EX":record("info", { { "orig_h", "addr" }, { "note", "string?" } })
--- local i = info { orig_h = addr "10.0.0.1" }
--- print(info)               --> record EX::info {orig_h: addr, note: string?}
--- print(i)                  --> [orig_h=10.0.0.1, note=<uninitialized>]
--- i.note = "new"
--- print(i.orig_h, i.note)   --> 10.0.0.1  new
--- local ok, err = pcall(function() return i.orig end)
--- print(err)                --> example.lua:7: record EX::info has no field "orig" (did you mean orig_h?)
--- ```
---@class record_type
---@overload fun(fields: table): record

--- A record: fields by name. An optional field that is unset is nil; a name that the type does not
--- have raises with a suggestion; a value of another type raises. `pairs` goes over the fields
--- that are set, in the order of their declaration.
---
--- ```lua
--- local info = namespace "EX":record("info", { { "orig_h", "addr" }, { "note", "string?" } })
--- for name, v in pairs(info { orig_h = addr "10.0.0.1" }) do print(name, v) end  --> orig_h  10.0.0.1
--- ```
---@class record
---@field [string] any

--- An exported variable, made by `EX:var`.
---@class var
local Var = {}

--- Returns the value.
---
--- ```lua
--- local n = namespace "EX":var("n", "count", 7)
--- print(n:get())  --> 7
--- ```
---@return any
function Var:get() end

--- Sets the value.
---
--- Raises when `value` is not of the declared type.
---
--- ```lua
--- local n = namespace "EX":var("n", "count", 7)
--- n:set(8)
--- print(n:get())                --> 8
--- print(pcall(n.set, n, "many"))  --> false  EX::n:set: expected count, got string "many"
--- ```
---@param value any
function Var:set(value) end

--- Has `fn(new, old)` called when another node replaces the value with `broker.publish_id`.
--- Setting it here calls nothing.
---
--- From: Zeek's Broker framework (`Broker::publish_id`), which calls nobody; the hook is ours.
---
--- ```lua
--- local EX = namespace "EX"
--- local n = EX:var("n", "count", 1)
--- n:on_replaced(function(new, old) print("replaced", old, new) end)  --> replaced  5  5
--- broker.subscribe("sync/", { self = true })
--- on("node_init", function()
---   n:set(5)
---   broker.publish_id("sync/n", "EX::n")
--- end)
--- ```
---@param fn fun(new: any, old: any)
function Var:on_replaced(fn) end

--- Returns a predefined module, or what a file of that name returns: looked for beside the file
--- that asks, then in the script path, then among the bundled policies. `x.lua` and `x/init.lua`
--- are tried; dots in the name are folder borders. A file runs once.
---
--- Raises when nothing is found, and when a file requires itself by way of others.
---
--- From: Lua 5.1. There is no `package.path`; names with `..` and absolute paths are refused.
---
--- ```lua
--- local b = require "broker"
--- print(b == broker)  --> true
--- ```
---@param name string such as "broker" or "lib.site"
---@return any
function require(name) end
