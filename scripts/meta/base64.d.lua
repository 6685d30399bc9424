---@meta base64

-- Bytes as text, and back.

---@class base64lib
base64 = {}

--- Returns the bytes of `s` in Base64, padded.
---
--- From: Zeek's `encode_base64`.
---
--- ```lua
--- print(base64.encode("hello"))  --> aGVsbG8=
--- ```
---@param s string
---@return string
function base64.encode(s) end

--- Returns the bytes that `s` stands for, padded or not. Returns nil and a message when it is no
--- Base64.
---
--- From: Zeek's `decode_base64`.
---
--- ```lua
--- print(base64.decode("aGVsbG8="), base64.decode("aGVsbG8"))  --> hello  hello
--- print(base64.decode("!!"))  --> nil  base64.decode: illegal base64 data at input byte 0 (INVALID_DATA)
--- ```
---@param s string
---@return string? bytes
---@return string? message
function base64.decode(s) end

return base64
