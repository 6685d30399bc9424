-- Every worker sends numbers to the manager, and to the proxies by key; whoever gets them looks for gaps.
local CH = namespace "CH"
local rate = tonumber(node.args[1])
local life = os.clock() .. "/" .. broker.node_id()

local numbered = CH:event("numbered", "from: string, life: string, n: count")
local last_one = CH:event("last_one", "from: string, life: string, n: count")
local quiet    = CH:event("quiet", "")

-- What came, by sender and life.
local got = {}

local function look(from, life, n)
  local key = from .. " " .. life
  if got[key] and n ~= got[key] + 1 then
    print("gap", from, got[key], n)
  end
  got[key] = n
end

numbered:on(look)

last_one:on(function(from, life, n)
  look(from, life, n)
  print("last", from, life, n)
end)

-- What this worker has sent, by topic: each has numbers of its own.
local sent, timer_of_load = {}, nil

local function send(topic, ev)
  sent[topic] = (sent[topic] or 0) + 1
  broker.publish(topic, ev, node.name, life, sent[topic])
end

if cluster.local_node_type() == cluster.WORKER then
  local key = 0
  on("Cluster::cluster_started", function()
    timer_of_load = timer.every("5 ms", function()
      for _ = 1, math.max(1, rate / 200) do
        key = key + 1
        send(cluster.manager_topic, numbered)
        local topic = cluster.hrw_topic(cluster.proxy_pool, key)
        if topic then send(topic, numbered) end
      end
    end)
  end)
  quiet:on(function()
    timer_of_load:cancel()
    for topic in pairs(sent) do send(topic, last_one) end
    print("quiet", life)
  end)
end

-- A node is back when it is in its pool, as this one sees it.
local pools = { ["proxy-"] = cluster.proxy_pool, worker = cluster.worker_pool, logger = cluster.logger_pool }

local function in_pool(name)
  for prefix, pool in pairs(pools) do
    if name:sub(1, #prefix) == prefix then
      for key = 1, 200 do
        if cluster.hrw_topic(pool, key) == cluster.node_topic(name) then return true end
      end
      return false
    end
  end
  return true -- the manager is in none
end

on("Cluster::node_up", function(name) print("up", name, in_pool(name)) end)
on("Cluster::node_down", function(name) print("down", name, in_pool(name)) end)
on("node_init", function()
  timer.after("1500 ms", function() print("settled") end)
end)
