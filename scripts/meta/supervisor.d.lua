---@meta supervisor

-- A supervisor: a process that starts other nodes, keeps them running and ends them.
-- `moonpeer cluster --supervisor SCRIPT.lua` runs a script in one, with or without the nodes of a
-- cluster beside those that the script creates.
--
-- The module is there on every node. What changes something, and `status`, raises anywhere but in a
-- supervisor, and while files are loaded.

--- ```lua
--- -- Runs in the supervisor and in the node that it starts, which loads the same file.
--- on("node_init", function()
---   if supervisor.is_supervisor() then
---     supervisor.create { name = "grault" }
---   elseif supervisor.is_supervised() then
---     print("I am", supervisor.node().name)
---   else
---     print "nobody's"  --> nobody's
---   end
--- end)
--- ```
---@class supervisorlib
supervisor = {}

--- A node for `supervisor.create`. All but the name may be left out.
---@class node_config
---@field name string without spaces; also the name of its folder in the state directory
---@field scripts? string|string[] files, folders or bundled policies; those of the supervisor when left out. What is there from the supervisor's working directory is taken from there, else from `directory`
---@field args? string|string[] `node.args` of its scripts
---@field directory? string where it works, made if need be; the supervisor's working directory when left out
---@field stdout_file? string a file that what it prints is appended to, besides being shown; stdout.log in its state directory when left out. Relative to `directory`, without one to its state directory
---@field stderr_file? string the same for errors and warnings; stderr.log when left out
---@field pcap_file? string a capture that it reads
---@field env? table<string, string> variables added to the environment that the supervisor has

--- How a process ended, or that it could not be started.
---@class node_exit
---@field name string of the node
---@field pid integer? nil when it could not be started
---@field code integer? the exit code, if it ended by itself
---@field signal integer? the number of the signal that ended it
---@field error string? why it could not be started
---@field premature boolean nobody had asked for it, whatever the code
---@field ran interval how long it ran
---@field lines string[] the last lines that it wrote, at most 100, the oldest first

--- A node as its supervisor knows it.
---@class supervised_node
---@field node node_config how it was created
---@field pid integer? nil while it has no process
---@field state string "starting", "running", "stopping", "waiting for restart", "failed" or "stopped"
---@field restarts integer how often its process was started again, whatever for
---@field dropped integer lines of its output that came faster than they could be shown; its files have them
---@field last_exit node_exit? nil until its process has ended once

--- What `supervisor.on_output` and `supervisor.on_exit` return.
---@class supervisor_hook
local SupervisorHook = {}

--- Ends the registration. Returns false when it was off already.
---
--- ```lua
--- local h = supervisor.on_exit(function() print "never" end)
--- print(h:off(), h:off())  --> true  false
--- ```
---@return boolean was_on
function SupervisorHook:off() end

--- Creates a node and begins to start it. Returns "" when that was taken, else why not, such as
--- "node with name 'grault' already exists". Note that in a condition both are true: compare with "".
---
--- Whether the node really starts shows later: `Supervisor::node_status`, or `supervisor.on_exit`
--- with `error`. A node that ends without having been asked to is started again, whatever its exit
--- code: at once when it had run for a second, and ever slower if it goes on dying. Its options and
--- settings are its own: `--set` and `--config` of the cluster do not reach it, `args` and `env` do.
---
--- Raises for a field that does not exist and a value that can't be one.
---
--- From: Zeek's Supervisor framework (`Supervisor::create`).
---
--- ```lua
--- -- in a supervisor
--- on("node_init", function()
---   if not supervisor.is_supervisor() then return print "not here" end  --> not here
---   local err = supervisor.create {
---     name = "grault", scripts = "grault.lua", args = { "verbose" },
---     directory = "work", env = { LANG = "C" },
---   }
---   if err ~= "" then print("no grault:", err) end
--- end)
--- ```
---@param config node_config
---@return string err "" when there is none
function supervisor.create(config) end

--- Ends a node and forgets it. It vanishes from `status` at once, and ends in good order after that.
--- Returns false when no node has that name.
---
--- From: Zeek's Supervisor framework (`Supervisor::destroy`).
---
--- ```lua
--- on("node_init", function()
---   print(pcall(supervisor.destroy, "grault"))
---   --> false  supervisor.destroy: this node is no supervisor (cluster --supervisor SCRIPT runs a script in one)
--- end)
--- ```
---@param name? string default: all nodes
---@return boolean found
function supervisor.destroy(name) end

--- Ends a node in good order and starts it again. Returns false when no node has that name, and when
--- the supervisor is ending.
---
--- From: Zeek's Supervisor framework (`Supervisor::restart`).
---
--- ```lua
--- supervisor.on_exit(function(exit)
---   if exit.name == "proxy-1" and exit.premature then supervisor.restart "worker-1" end
--- end)
--- ```
---@param name? string default: all nodes
---@return boolean found
function supervisor.restart(name) end

--- Tells of a node, or of all, also those of the cluster beside the ones that scripts have created.
---
--- From: Zeek's Supervisor framework (`Supervisor::status`); the field `nodes` of its result is the
--- result here.
---
--- ```lua
--- timer.every("1 min", function()
---   if not supervisor.is_supervisor() then return end
---   for name, n in pairs(supervisor.status()) do print(name, n.state, n.pid, n.restarts) end
--- end)
--- ```
---@param name? string default: all nodes
---@return table<string, supervised_node> by name; empty when no node has that name
function supervisor.status(name) end

--- Tells whether this process is a supervisor. It is known while files are loaded.
---
--- From: Zeek's Supervisor framework (`Supervisor::is_supervisor`).
---
--- ```lua
--- print(supervisor.is_supervisor())  --> false
--- ```
---@return boolean
function supervisor.is_supervisor() end

--- Tells whether a supervisor has started this process. It is known while files are loaded.
---
--- From: Zeek's Supervisor framework (`Supervisor::is_supervised`).
---
--- ```lua
--- print(supervisor.is_supervised())  --> false
--- ```
---@return boolean
function supervisor.is_supervised() end

--- Returns how the supervisor has started this node. Raises when none has.
---
--- From: Zeek's Supervisor framework (`Supervisor::node`).
---
--- ```lua
--- print(pcall(supervisor.node))  --> false  supervisor.node: no supervisor has started this node
--- ```
---@return node_config
function supervisor.node() end

--- Has `fn(node, stream, line)` called with each line that a node writes and that is not empty;
--- `stream` is "stdout" or "stderr". When it returns false the line is not shown; the node's files
--- have it in any case. Lines that come faster than they are handled are left out and counted. An
--- error shows the line, and a function that uses up its budget three times in a row is switched off.
---
--- From: Zeek's Supervisor framework (`Supervisor::stdout_hook` and `Supervisor::stderr_hook`).
---
--- ```lua
--- supervisor.on_output(function(node, stream, line)
---   if stream == "stderr" and line:find "disk full" then print("alarm", node) end
---   return not str.starts_with(line, "debug: ")
--- end)
--- ```
---@param fn fun(node: string, stream: string, line: string): boolean?
---@return supervisor_hook
function supervisor.on_output(fn) end

--- Has `fn(exit)` called when a node's process has ended, for whatever reason, and when one could
--- not be started. The supervisor has decided by then what becomes of the node; the function may
--- change that.
---
--- ```lua
--- supervisor.on_exit(function(exit)
---   if exit.premature then
---     reporter.warning("%s died after %s, its last words: %s", exit.name, exit.ran, exit.lines[#exit.lines])
---   end
--- end)
--- ```
---@param fn fun(exit: node_exit)
---@return supervisor_hook
function supervisor.on_exit(fn) end

return supervisor
