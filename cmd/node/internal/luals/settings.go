package luals

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

const (
	settingsFile = ".luarc.json"
	// folder is where definitions lie. It is not .moonpeer, which nodes have for their state.
	folder = ".luatypes"
)

// note is what the settings say about whose they are. The server skips keys that it does not know.
const note = "Written by moonpeer types, which writes it anew as long as this line is here."

// settings is the file as the program writes it.
var settings = fmt.Sprintf(`{
  "//": %q,
  "$schema": "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json",
  "runtime.version": "Lua 5.1",
  "runtime.builtin": { "package": "disable" },
  "workspace.library": [%q],
  "workspace.checkThirdParty": false
}
`, note, folder)

// missing says which of the settings that editors need another's file lacks, as lines of JSON; ours is true for a file
// of the program's.
func missing(text []byte) (lines []string, ours bool, err error) {
	var file map[string]any
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, false, err
	}
	if file["//"] == note {
		return nil, true, nil
	}
	if version, _ := setting(file, "runtime.version").(string); version != "Lua 5.1" {
		lines = append(lines, `"runtime.version": "Lua 5.1"`)
	}
	library, _ := setting(file, "workspace.library").([]any)
	has := slices.ContainsFunc(library, func(v any) bool {
		path, _ := v.(string)
		return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(path, "${workspaceFolder}/"), "./"), "/") == folder
	})
	if !has {
		lines = append(lines, fmt.Sprintf(`"workspace.library": [%q]`, folder))
	}
	return lines, false, nil
}

// setting finds a setting in the forms that the server takes: flat or nested, with or without "Lua." before it.
func setting(file map[string]any, key string) any {
	for _, key := range []string{key, "Lua." + key} {
		if v, ok := file[key]; ok {
			return v
		}
	}
	if lua, ok := file["Lua"].(map[string]any); ok {
		if v := setting(lua, key); v != nil {
			return v
		}
	}
	first, rest, nested := strings.Cut(key, ".")
	if inner, ok := file[first].(map[string]any); ok && nested {
		return inner[rest]
	}
	return nil
}
