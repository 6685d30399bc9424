-- Two nodes play ping pong: whoever dialled serves, and ends after the last ball.
local PP = namespace "PingPong"

local TOPIC = "ping_pong/"

local ping   = PP:event("ping", "text: string, n: count")
local pong   = PP:event("pong", "text: string, n: count")
local rounds = PP:option("rounds", "count", 5, { doc = "how often the ball goes back and forth" })

broker.subscribe(TOPIC)

local function dialled(id)
  for _, peer in ipairs(broker.peers()) do
    if peer.peer.id == id then return peer.is_outbound end
  end
end

on("Broker::peer_added", function(endpoint, msg)
  print("peer added:", endpoint.network.address, msg)
  if dialled(endpoint.id) then broker.publish(TOPIC, ping, "hello", 1) end
end)

on("Broker::peer_lost", function(endpoint, msg)
  print("peer lost:", endpoint.network.address, msg)
end)

ping:on(function(text, n)
  print("ping", text, n)
  broker.publish(TOPIC, pong, text, n)
end)

pong:on(function(text, n)
  print("pong", text, n)
  if n < rounds:get() then
    broker.publish(TOPIC, ping, text, n + 1)
  else
    node.terminate()
  end
end)
