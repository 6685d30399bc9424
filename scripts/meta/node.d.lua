---@meta node

-- The process that the script runs in.

--- ```lua
--- -- moonpeer run example.lua --name worker-1 -- verbose 3
--- print(node.name, node.args[1], #node.args)  --> worker-1  verbose  2
--- ```
---@class nodelib
---@field name string `--name`; "node" when not given
---@field args string[] what follows `--` on the command line
node = {}

--- Ends the node in good order: what is queued is handled, `node_done` is raised, `--print` prints.
--- The process exits with `code`.
---
--- Raises for what is no exit code, and while a file is loaded.
---
--- From: Zeek's `terminate` and `exit`.
---
--- ```lua
--- -- moonpeer run example.lua
--- timer.every("1 s", function() print "never" end)
--- on("node_init", function() node.terminate() end)
--- on("node_done", function() print "done" end)  --> done
--- ```
---@param code? integer 0 to 125; 0 when not given
function node.terminate(code) end

return node
