//go:build !race

package model

// underRace says that the race detector is on.
const underRace = false
