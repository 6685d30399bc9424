package apidoc

// lua has the functions of Zeek's for which Lua has one of its own, so that no entry here can say where they come from.
var lua = map[string]string{
	"fmt": "string.format", "cat": "tostring", "to_count": "tonumber", "to_int": "tonumber", "to_double": "tonumber",
	"to_upper": "string.upper", "to_lower": "string.lower", "sub_bytes": "string.sub", "sub": "string.gsub", "gsub": "string.gsub",
	"strstr": "string.find", "reverse": "string.reverse", "string_cat": "table.concat", "join_string_vec": "table.concat",
	"sort": "table.sort", "rand": "math.random", "srand": "math.randomseed", "floor": "math.floor", "sqrt": "math.sqrt",
	"exp": "math.exp", "log10": "math.log10", "ln": "math.log", "getenv": "os.getenv", "print": "print", "type_name": "type",
}

// LuaOf returns what of Lua's own stands for a function of Zeek's; empty if nothing does.
func LuaOf(name string) string { return lua[name] }
