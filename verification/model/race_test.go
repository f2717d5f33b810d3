//go:build race

package model

// underRace says that the race detector is on, which makes a search ten times as
// slow: the tests then run the tiny configurations.
const underRace = true
