// Package processes tests a space of locks in real processes on a real redis-server, while
// they are stopped and killed. It has tests only, for Linux: they need a clock that all
// processes share.
package processes
