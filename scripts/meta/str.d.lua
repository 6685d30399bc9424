---@meta str

-- Text, beyond Lua's own library. Strings are bytes; "blank" means ASCII blanks.

---@class strlib
str = {}

--- Returns the parts of `s` between the separators. Empty parts are kept.
---
--- Raises when the separator is empty.
---
--- From: Zeek's `split_string`, with plain text in place of a pattern.
---
--- ```lua
--- print(table.concat(str.split("a,b,,c", ","), "|"), #str.split("", ","))  --> a|b||c  1
--- ```
---@param s string
---@param sep string plain text, not empty
---@return string[]
function str.split(s, sep) end

--- Returns `s` without blanks, tabs and line ends at both ends.
---
--- From: Zeek's `strip`.
---
--- ```lua
--- print("[" .. str.trim("  x y \n") .. "]")  --> [x y]
--- ```
---@param s string
---@return string
function str.trim(s) end

--- Tells whether `s` begins with `prefix`.
---
--- From: Zeek's `starts_with`.
---
--- ```lua
--- print(str.starts_with("zeek/logs/", "zeek/"), str.starts_with("abc", "b"))  --> true  false
--- ```
---@param s string
---@param prefix string
---@return boolean
function str.starts_with(s, prefix) end

--- Tells whether `s` ends with `suffix`.
---
--- From: Zeek's `ends_with`.
---
--- ```lua
--- print(str.ends_with("www.example.org", ".org"))  --> true
--- ```
---@param s string
---@param suffix string
---@return boolean
function str.ends_with(s, suffix) end

--- Returns Shannon's entropy of the bytes of `s` in bits per byte: 0 for one letter over and over,
--- 8 for random bytes. It is 0 for "".
---
--- From: Zeek's `find_entropy`.
---
--- ```lua
--- print(str.entropy("aaaa"), str.entropy("abcd"))  --> 0  2
--- ```
---@param s string
---@return number
function str.entropy(s) end

--- Returns the last registrable part of a host name, by the public suffix list of the build, in
--- lower case and without a final dot. A name that has none, such as a single label or an address,
--- comes back whole.
---
--- From: ours.
---
--- ```lua
--- print(str.domain("a.b.example.co.uk"), str.domain("WWW.Example.com."))  --> example.co.uk  example.com
--- print(str.domain("localhost"))                                         --> localhost
--- ```
---@param name string
---@return string
function str.domain(name) end

--- Returns `s` with control characters, backslashes and bytes that are not UTF-8 as `\xNN`, so that
--- it stays on one line and can't fool a terminal.
---
--- From: Zeek's `escape_string`, but for text that is UTF-8.
---
--- ```lua
--- print(str.escape("a\nb\255 é"))  --> a\x0ab\xff é
--- ```
---@param s string
---@return string
function str.escape(s) end

return str
