---@meta hash

-- Digests of bytes.

---@class hashlib
hash = {}

--- Returns the SHA-256 of the bytes of `s` as lower-case hex.
---
--- From: Zeek's `sha256_hash`.
---
--- ```lua
--- print(hash.sha256("abc"))
--- --> ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
--- ```
---@param s string
---@return string
function hash.sha256(s) end

--- Returns the SHA-1 of the bytes of `s` as lower-case hex.
---
--- From: Zeek's `sha1_hash`.
---
--- ```lua
--- print(hash.sha1("abc"))  --> a9993e364706816aba3e25717850c26c9cd0d89d
--- ```
---@param s string
---@return string
function hash.sha1(s) end

--- Returns the MD5 of the bytes of `s` as lower-case hex.
---
--- From: Zeek's `md5_hash`.
---
--- ```lua
--- print(hash.md5("abc"))  --> 900150983cd24fb0d6963f7d28e17f72
--- ```
---@param s string
---@return string
function hash.md5(s) end

--- Returns the 32-bit FNV-1a of the bytes of `s` as lower-case hex. It is fast, and no protection.
---
--- From: Zeek's `fnv1a32`, which returns a number.
---
--- ```lua
--- print(hash.fnv1a32("a"))  --> e40c292c
--- ```
---@param s string
---@return string
function hash.fnv1a32(s) end

return hash
