---@meta regex

-- Regular expressions in RE2's syntax. They take time linear in the text, whatever the expression.
-- Lua's own patterns work, too, within the handler's budget.

--- A compiled expression, made by `regex.new`.
---@class regex
local Regex = {}

--- Returns the groups of the first match in `s`, or the whole match when there are no groups. A
--- group that took no part is nil. Without a match it returns nil.
---
--- From: Lua's `string.match`.
---
--- ```lua
--- local mail = regex.new [[(\w+)@([\w.]+)]]
--- print(mail:match("to ann@example.org"))  --> ann  example.org
--- print(mail:match("to nobody"))           --> nil
--- print(regex.new("b+"):match("abbb"))     --> bbb
--- ```
---@param s string
---@return string? ...
function Regex:match(s) end

--- Returns where the first match begins and ends, from 1, and then its groups. Without a match it
--- returns nil.
---
--- From: Lua's `string.find`.
---
--- ```lua
--- print(regex.new("(b+)c"):find("aabbc"))  --> 3  5  bb
--- ```
---@param s string
---@return integer? first
---@return integer? last
---@return string? ...
function Regex:find(s) end

--- Returns `s` with every match replaced, and how many there were. In a text, `$1` and `${name}`
--- stand for groups and `$0` for the match. A function is called with the groups and returns text,
--- or nil to keep the match.
---
--- Raises when the function returns something else, and for a result above 64 MB.
---
--- From: Lua's `string.gsub`, Go's `Expand` for the text.
---
--- ```lua
--- print(regex.new([[(\w+)@(\w+)]]):gsub("a@b c@d", "$2:$1"))  --> b:a d:c  2
--- print(regex.new("[0-9]+"):gsub("1, 20", function(n) return n + 1 end))  --> 2, 21  2
--- ```
---@param s string
---@param repl string|fun(...: string?): string|number|nil
---@return string
---@return integer n
function Regex:gsub(s, repl) end

---@class regexlib
regex = {}

--- Compiles an expression. Lua's long brackets save the backslashes.
---
--- Raises when it is none.
---
--- From: Zeek's patterns; the syntax is RE2's.
---
--- ```lua
--- print(regex.new("(?i)hello"):match("Say HELLO"))  --> HELLO
--- print(pcall(function() regex.new("(") end))
--- --> false  example.lua:2: bad argument #1 to 'regex.new' (missing closing ): `(`)
--- ```
---@param expression string
---@return regex
function regex.new(expression) end

return regex
