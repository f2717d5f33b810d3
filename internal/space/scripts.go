package space

import (
	_ "embed" // the scripts
	"strings"

	"example.com/incumbent/internal/register"
)

var (
	//go:embed lua/space.lua
	spaceSource string
	//go:embed lua/acquire.lua
	acquireSource string
	//go:embed lua/release.lua
	releaseSource string
	//go:embed lua/beat.lua
	beatSource string
	//go:embed lua/reap.lua
	reapSource string
	//go:embed lua/found.lua
	foundSource string
	//go:embed lua/holders.lua
	holdersSource string
	//go:embed lua/cleanup.lua
	cleanupSource string
	//go:embed lua/begin.lua
	beginSource string
	//go:embed lua/finish.lua
	finishSource string
	//go:embed lua/forget.lua
	forgetSource string
	//go:embed lua/view.lua
	viewSource string
)

// The scripts of a space.
var (
	acquire = source(acquireSource)
	release = source(releaseSource)
	beat    = source(beatSource)
	reap    = source(reapSource)
	found   = source(foundSource)
	holders = source(holdersSource)
	cleanup = source(cleanupSource)
	begin   = source(beginSource)
	finish  = source(finishSource)
	forget  = source(forgetSource)
	view    = source(viewSource)
)

// source puts what scripts have in common where a text wants it: what most calls need comes
// before that.
func source(text string) *register.Source {
	return register.NewSource(strings.Replace(text, "--[[space]]", spaceSource, 1))
}
