// Package script executes the Lua of the project's scripts over commands that a simulation
// answers itself. It is what of Redis a simulated server needs around its data.
package script

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// A Host keeps texts by their digests, and executes them. It is not safe for concurrent use.
type Host struct {
	state   *lua.LState
	texts   map[string]*lua.LFunction
	execute func(name string, args []string) lua.LValue
}

// New returns a host whose scripts call execute for each command. No command fails: what
// execute does not have is a panic. Close ends it.
func New(execute func(name string, args []string) lua.LValue) *Host {
	h := &Host{state: lua.NewState(), texts: map[string]*lua.LFunction{}, execute: execute}
	redis := h.state.NewTable()
	for _, name := range []string{"call", "pcall"} {
		redis.RawSetString(name, h.state.NewFunction(h.command))
	}
	h.state.SetGlobal("redis", redis)
	return h
}

// Close ends the host.
func (h *Host) Close() { h.state.Close() }

// Load keeps a text. It fails if that is no Lua.
func (h *Host) Load(digest, text string) error {
	f, err := h.state.LoadString(text)
	if err == nil {
		h.texts[digest] = f
	}
	return err
}

// Eval executes a text that was loaded, and returns the value as a client reads it. It fails
// with [NoScriptError] if there is none, or as the script does.
func (h *Host) Eval(digest string, keys, args []string) (any, error) {
	f := h.texts[digest]
	if f == nil {
		return nil, NoScriptError{}
	}
	h.state.SetGlobal("KEYS", h.List(keys...))
	h.state.SetGlobal("ARGV", h.List(args...))
	if err := h.state.CallByParam(lua.P{Fn: f, NRet: 1, Protect: true}); err != nil {
		return nil, fmt.Errorf("a script fails: %w", err)
	}
	value := h.state.Get(-1)
	h.state.Pop(1)
	return reply(value), nil
}

// Knows reports whether a text was loaded.
func (h *Host) Knows(digest string) bool { return h.texts[digest] != nil }

// List is a table of texts.
func (h *Host) List(texts ...string) *lua.LTable {
	t := h.state.CreateTable(len(texts), 0)
	for i, text := range texts {
		t.RawSetInt(i+1, lua.LString(text))
	}
	return t
}

// command is redis.call.
func (h *Host) command(l *lua.LState) int {
	words := make([]string, l.GetTop())
	for i := range words {
		words[i] = l.CheckString(i + 1)
	}
	l.Push(h.execute(words[0], words[1:]))
	return 1
}

// Text is the value of a key, or false if there is none.
func Text(of map[string]string, key string) lua.LValue {
	if value, is := of[key]; is {
		return lua.LString(value)
	}
	return lua.LFalse
}

// reply is a value as the client reads it.
func reply(v lua.LValue) any {
	switch v := v.(type) {
	case lua.LNumber:
		return int64(v)
	case lua.LString:
		return string(v)
	case *lua.LTable:
		all := make([]any, 0, v.Len())
		for i := range v.Len() {
			all = append(all, reply(v.RawGetInt(i+1)))
		}
		return all
	}
	return nil
}

// NoScriptError is the server's error for a digest that it does not know.
type NoScriptError struct{}

func (NoScriptError) Error() string { return "NOSCRIPT No matching script." }

// RedisError marks it as said by the server.
func (NoScriptError) RedisError() {}
