package script

import (
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script/internal/analysis"
)

// maxCached bounds the sources of the files in a cache; beyond, it is emptied. Compiled code is a few times as large.
const maxCached = 8 << 20

// Cache keeps files compiled, and an index of the definitions, for domains that load the same ones: neither holds a state,
// and both are shared. A file is known by its name and its text. The zero value is ready to use, by any number of
// goroutines.
type Cache struct {
	mu    sync.Mutex
	files map[[2]string]*lua.FunctionProto // by name and source
	size  int                              // of the sources
	docs  *apidoc.Docs                     // of api
	api   *analysis.API
}

// definitions returns the index of docs, which is the same for all domains; nil for none.
func (c *Cache) definitions(docs *apidoc.Docs) *analysis.API {
	if docs == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.docs != docs {
		c.docs, c.api = docs, analysis.NewAPI(docs)
	}
	return c.api
}

// compile returns a file compiled, from the cache if it can be.
func (c *Cache) compile(name, src string) (*lua.FunctionProto, error) {
	key := [2]string{name, src}
	c.mu.Lock()
	proto := c.files[key]
	c.mu.Unlock()
	if proto != nil {
		return proto, nil
	}
	proto, err := luavm.Compile(name, src)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files == nil || c.size+len(src) > maxCached {
		c.files, c.size = map[[2]string]*lua.FunctionProto{}, 0
	}
	if c.files[key] == nil {
		c.size += len(src)
	}
	c.files[key] = proto
	return proto, nil
}
