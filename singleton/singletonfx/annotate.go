package singletonfx

import (
	"fmt"
	"reflect"

	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// AsWorker annotates a constructor of a [singleton.Worker], for fx.Provide. The
// constructor is a function that returns a Worker first; it may return an error last. Any
// other makes the application fail at construction, with an error that wraps
// [election.ErrConfig].
func AsWorker(constructor any) any {
	// fx itself would put a slice or a pointer into the value group, too, where nobody
	// looks for them.
	want := reflect.TypeFor[singleton.Worker]()
	if t := reflect.TypeOf(constructor); t == nil || t.Kind() != reflect.Func || t.NumOut() == 0 || t.Out(0) != want {
		err := fmt.Errorf("%w: singletonfx: AsWorker was given %v: give it a function that returns a %v, or a %v and an error",
			election.ErrConfig, t, want, want)
		constructor = func() (none singleton.Worker, _ error) { return none, err }
	}
	return fx.Annotate(constructor, fx.ResultTags(`group:"incumbent.workers"`))
}
