package singleton

import (
	"fmt"
	"os"

	"example.com/incumbent/election"
)

// ExitCode is the code that [ExitOnOverrun] ends the process with: EX_SOFTWARE of
// sysexits.h.
const ExitCode = 70

// ExitOnOverrun ends the process with [ExitCode] when work still runs although
// its grace is over and another may lead: for programs in which two leaders are
// worse than none. It does nothing while leadership is kept, that is in a
// voluntary stop that takes long. Set it as Config.OnOverrun.
func ExitOnOverrun(o election.Overrun) {
	if o.Held {
		return
	}
	fmt.Fprintf(os.Stderr, "singleton: work of election %q, term %d, still runs %v after its grace (%v); ending the process\n",
		o.Name, o.Term, o.Overdue, o.Cause)
	os.Exit(ExitCode)
}
