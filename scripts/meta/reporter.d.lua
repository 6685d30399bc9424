---@meta reporter

-- What a script says: to its user with `print`, about itself with the reporter.

--- Writes its arguments to standard output, with tabs between them and one line end, and flushes.
--- Containers and records are written as `--print` writes them, other values as by `tostring`.
---
--- From: Lua 5.1; the layout of containers is Zeek's (design decision 12).
---
--- ```lua
--- print(addr "10.0.0.1", port "80/tcp", nil)  --> 10.0.0.1  80/tcp  nil
--- local hits = map("addr", "count")
--- hits:set(addr "10.0.0.1", 3)
--- print(hits)
--- --> {
--- --> [10.0.0.1] = 3
--- --> }
--- ```
---@param ... any
function print(...) end

--- Messages about the script, on standard error, with file and line in front. With one argument it
--- is the text; with more the first is a format, as of `string.format`. A place in a script writes
--- at most 20 messages in 10 seconds; how many were left out is said later. The same message again
--- is written five times, and then at 10, 100, 1,000 and so on, with its count.
---@class reporterlib
reporter = {}

--- Says what is worth a line.
---
--- From: Zeek's Reporter framework (`Reporter::info`).
---
--- ```lua
--- reporter.info("%s has %d lines", "input", 3)  --! info: example.lua:1: input has 3 lines
--- ```
---@param format any the text, or a format for what follows
---@param ... any
function reporter.info(format, ...) end

--- Says what should not go unnoticed.
---
--- From: Zeek's Reporter framework (`Reporter::warning`).
---
--- ```lua
--- reporter.warning("100% full")  --! warning: example.lua:1: 100% full
--- ```
---@param format any the text, or a format for what follows
---@param ... any
function reporter.warning(format, ...) end

--- Says what is wrong. It does not end anything; `error` ends a handler.
---
--- From: Zeek's Reporter framework (`Reporter::error`).
---
--- ```lua
--- reporter.error("no such site: %s", addr "10.0.0.1")  --! error: example.lua:1: no such site: 10.0.0.1
--- ```
---@param format any the text, or a format for what follows
---@param ... any
function reporter.error(format, ...) end

return reporter
