---@meta values

-- Typed values. Equal ones are the same Lua value, so they work with == and as keys of tables.
-- Lua asks nobody when the kinds differ: addr "10.0.0.1" == "10.0.0.1" is false. They can't be
-- changed; asking for a field that is not there raises.

--- A place for a length of time takes an interval, a number of seconds, or a text such as "5 min".
--- Texts are a number, a blank if wanted, and `ns us usec ms msec s sec min h hr hour d day`, the
--- words with a plural `s` if wanted; `m` alone is refused, as it could be a minute or a month (design
--- decision 13).
---@alias intervallike interval|number|string

--- An integral number from 0 up. Beyond 2^53 it is a `big`.
---@alias count integer|big

--- Returns the address that `text` stands for, IPv4 or IPv6. An IPv4 address within
--- ::ffff:0:0/96 is that IPv4 address. An addr comes back as it is.
---
--- Raises with the text quoted when it is no address; `types.try` is for text that one does not
--- trust.
---
--- From: Zeek's type addr.
---
--- ```lua
--- local a = addr "10.0.0.1"
--- print(a == addr "10.0.0.1", a == addr "::ffff:10.0.0.1")  --> true  true
--- print(a < addr "10.0.0.2", "from " .. a)                  --> true  from 10.0.0.1
--- local names = { [a] = "printer" }
--- print(names[addr "10.0.0.1"], names["10.0.0." .. 1])      --> printer  nil
--- ```
---@param text string|addr
---@return addr
function addr(text) end

--- Returns the subnet that `text` stands for. Bits behind the width are cleared.
---
--- Raises with the text quoted when it is no subnet.
---
--- From: Zeek's type subnet.
---
--- ```lua
--- print(subnet "10.1.2.3/8", subnet "2001:db8::/32")  --> 10.0.0.0/8  2001:db8::/32
--- ```
---@param text string|subnet address, slash, width
---@return subnet
function subnet(text) end

--- Returns a port: of a text such as "80/tcp", or of a number and a protocol.
---
--- Raises when the text is no port, or when a number comes without a protocol.
---
--- From: Zeek's type port.
---
--- ```lua
--- print(port "80/tcp" == port(80, "tcp"), port(53, "udp").number)  --> true  53
--- print(port "80/tcp" == port "80/udp")                            --> false
--- ```
---@param number_or_text integer|string|port 0 to 65535, or a text
---@param proto? "tcp"|"udp"|"icmp"|"?" with a number only; "?" is unknown
---@return port
function port(number_or_text, proto) end

--- Returns a length of time, exact to a nanosecond.
---
--- Raises when the text is no interval, or the number more than 292 years.
---
--- From: Zeek's type interval. How texts read: design decision 13.
---
--- ```lua
--- print(interval "5 min" == interval(300), interval "1.5 h")  --> true  90 min
--- print(interval "1 min" + interval(30), interval "1 h" / 2)  --> 90 s  30 min
--- print(interval "1 h" / interval "5 min")                    --> 12
--- print(pcall(interval, "5 m"))
--- --> false  interval "5 m": "m" could be a minute or a month, write "min" or a number of days
--- ```
---@param length intervallike
---@return interval
function interval(length) end

--- Returns a tuple: a key of several columns, as of `set("addr, port")`. Tuples of equal elements
--- are the same value. Elements are scalars and tuples; nil stands for none.
---
--- Raises for an element that can't be part of a key, such as a table.
---
--- From: ours; Zeek writes `[a, p]`. On the wire it is a vector.
---
--- ```lua
--- local k = tuple(addr "10.0.0.1", port "80/tcp")
--- print(k, k == tuple(addr "10.0.0.1", port "80/tcp"))  --> [10.0.0.1, 80/tcp]  true
--- ```
---@param ... any
---@return tuple
function tuple(...) end

--- An address. It has an order within its kind, and `..` takes it.
---@class addr
local Addr = {}

--- Tells whether it is an IPv4 address.
---
--- From: Zeek's `is_v4_addr`.
---
--- ```lua
--- print(addr "10.0.0.1":is_v4(), addr "::1":is_v4())  --> true  false
--- ```
---@return boolean
function Addr:is_v4() end

--- Tells whether it is an IPv6 address.
---
--- From: Zeek's `is_v6_addr`.
---
--- ```lua
--- print(addr "10.0.0.1":is_v6(), addr "::1":is_v6())  --> false  true
--- ```
---@return boolean
function Addr:is_v6() end

--- Tells whether it is private (10/8, 172.16/12, 192.168/16, fc00::/7), loopback or link-local.
---
--- From: Zeek's `Site::is_private_addr`.
---
--- ```lua
--- print(addr "192.168.1.1":is_private(), addr "8.8.8.8":is_private())  --> true  false
--- ```
---@return boolean
function Addr:is_private() end

--- Returns the subnet of that width which the address is in.
---
--- Raises when the width is not one of its family: 0 to 32, 0 to 128.
---
--- From: Zeek's `mask_addr` and `/`.
---
--- ```lua
--- print(addr "10.1.2.3":mask(24))  --> 10.1.2.0/24
--- ```
---@param width integer bits
---@return subnet
function Addr:mask(width) end

--- A subnet.
---
--- ```lua
--- local s = subnet "10.1.0.0/16"
--- print(s.addr, s.width)  --> 10.1.0.0  16
--- ```
---@class subnet
---@field addr addr its first address
---@field width integer bits, as people write it: 0 to 32, 0 to 128
local Subnet = {}

--- Tells whether an address is in the subnet. `::/0` contains IPv4 addresses, too.
---
--- Raises when `a` is no addr.
---
--- From: Zeek's `addr in subnet`.
---
--- ```lua
--- print(subnet "10.0.0.0/8":contains(addr "10.1.2.3"))  --> true
--- ```
---@param a addr
---@return boolean
function Subnet:contains(a) end

--- A port.
---
--- From: Zeek's `port_to_count` and `get_port_transport_proto`.
---
--- ```lua
--- print(port "53/udp".number, port "53/udp".proto)  --> 53  udp
--- ```
---@class port
---@field number integer 0 to 65535
---@field proto "tcp"|"udp"|"icmp"|"?"

--- A point in time, exact to a nanosecond. `tostring` gives seconds with six decimals.
---
--- ```lua
--- local t = time.unix(100)
--- print(t.sec, t + interval "1 min", t - time.unix(40))  --> 100  160.000000  1 min
--- print((time.unix(190) - t).sec > 60)                   --> true
--- ```
---@class time
---@field sec number seconds since 1970
---@operator add(interval): time
---@operator sub(interval): time
local Time = {}

--- Returns date and time in UTC with six decimals, as ISO 8601 writes them.
---
--- ```lua
--- print(time.unix(1700000000):iso())  --> 2023-11-14T22:13:20.000000Z
--- ```
---@return string
function Time:iso() end

--- Returns the time in UTC in a layout of C's `strftime`.
---
--- Raises for a conversion that is not known.
---
--- From: Zeek's `strftime`.
---
--- ```lua
--- print(time.unix(1700000000):format "%Y-%m-%d %H:%M")  --> 2023-11-14 22:13
--- ```
---@param layout string such as "%Y-%m-%d"
---@return string
function Time:format(layout) end

--- A length of time. Sums, differences and multiples are intervals; an interval by an interval is a
--- number. A plain number is no interval in a sum: write `interval(60)`, or compare `.sec`.
---
--- ```lua
--- local i = interval "90 s"
--- print(i, i.sec, i * 2, -i)         --> 90 s  90  3 min  -90 s
--- print(pcall(function() return i + 5 end))
--- --> false  example.lua:3: can't do interval 90 s + number 5 (write interval(5))
--- ```
---@class interval
---@field sec number seconds
---@operator add(interval): interval
---@operator sub(interval): interval
---@operator mul(number): interval
---@operator div(number): interval
---@operator unm: interval

--- An enum's value, which is its full name.
---
--- ```lua
--- print(types.enum "Notice::Scan".name)  --> Notice::Scan
--- ```
---@class enum
---@field name string full name

--- A tuple. `t[1]` is its first element, nil behind the last.
---
--- ```lua
--- local t = tuple(addr "10.0.0.1", 5)
--- print(t[1], t[2], t[3])  --> 10.0.0.1  5  nil
--- ```
---@class tuple
---@field [integer] any
local Tuple = {}

--- Returns all elements.
---
--- ```lua
--- local host, n = tuple(addr "10.0.0.1", 5):unpack()
--- print(host, n)  --> 10.0.0.1  5
--- ```
---@return any ...
function Tuple:unpack() end

--- A count or int beyond 2^53, which a Lua number would round, or a number that keeps the kind it
--- was made with (`types.int`, `types.real`). Arithmetic is exact, gives a number again as soon as
--- one can hold the result, and raises when 64 bits can't.
---
--- `==` with a number is false and `<` raises, as with all mixed operands: use `types.compare`.
---
--- ```lua
--- local b = types.count "18446744073709551615"
--- print(b, b - 5, b - b)       --> 18446744073709551615  18446744073709551610  0
--- print(types.compare(b, 10))  --> 1
--- print(pcall(function() return b + 1 end))
--- --> false  example.lua:4: 18446744073709551615 + 1 does not fit in 64 bits
--- ```
---@class big
---@operator add(number): number|big
---@operator sub(number): number|big
---@operator mul(number): number|big
---@operator div(number): number|big
---@operator mod(number): number|big
local Big = {}

--- Returns the nearest Lua number.
---
--- ```lua
--- print(types.count "9007199254740993":approx() == 2 ^ 53)  --> true
--- ```
---@return number
function Big:approx() end

--- The value `types.none`.
---@class none

--- What a function returns behind nil when the world let it down. `tostring` reads well.
---
--- ```lua
--- local a, err = types.try("addr", "ten")
--- print(a, err.code)  --> nil  CONVERSION_FAILED
--- print(err.message)  --> address "ten": not four decimal octets 0..255, nor an IPv6 address
--- ```
---@class error
---@field code string Broker's name of the error, in capitals
---@field message string what happened
