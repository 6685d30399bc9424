package brokerlib

import lua "github.com/yuin/gopher-lua"

// flush_logs(): hands what is buffered to the peers and returns how many records that were. Log streams keep
// their buffers in the logging framework; a node without one has nothing to hand over.
func (l *Lib) flushLogs(L *lua.LState) int {
	L.Push(lua.LNumber(0))
	return 1
}

// default_log_topic(id, path): the prefix of the options with the stream's name behind it.
func (l *Lib) defaultLogTopic(L *lua.LState) int {
	L.Push(lua.LString(l.settings.text("default_log_topic_prefix") + L.CheckString(1)))
	return 1
}

// log_topic(id, path): the topic for a record, decided by the function of set_log_topic, else the default.
func (l *Lib) callLogTopic(L *lua.LState) int {
	if l.logTopic == nil {
		return l.defaultLogTopic(L)
	}
	L.Push(l.logTopic)
	L.Push(L.Get(1))
	L.Push(L.Get(2))
	L.Call(2, 1)
	if v := L.Get(-1); v.Type() != lua.LTString {
		L.RaiseError("broker.log_topic: the function of set_log_topic returned a %s, not a topic", v.Type())
	}
	return 1
}

// set_log_topic(fn): from now on fn(id, path) decides the topic of each record.
func (l *Lib) setLogTopic(L *lua.LState) int {
	l.logTopic = L.CheckFunction(1)
	return 0
}
