// Package space simulates processes that share a space of locks, under storms: requests that are lost,
// late by up to three leases or copied, processes that crash or stand still, clocks at the bounds of
// their drift, and a server that loses the hash. A run is a testing/synctest bubble; the client is that of
// package lock, and its scripts run as Lua. Package account judges.
package space
