package singletonfx

import (
	"fmt"
	"reflect"

	"go.uber.org/fx"

	"example.com/incumbent/election"
)

const (
	workers = `group:"incumbent.workers"`
	hooks   = `group:"incumbent.hooks"`
)

// AsWorker annotates a constructor of a [Worker], for fx.Provide. The constructor is a
// function that returns a Worker first; it may return an error last. Any other makes
// the application fail at construction, with an error that wraps [election.ErrConfig].
func AsWorker(constructor any) any { return grouped[Worker]("AsWorker", workers, constructor) }

// AsHook annotates a constructor of a [Hook], for fx.Provide. The constructor is a
// function that returns a Hook first; it may return an error last. Any other makes
// the application fail at construction, with an error that wraps [election.ErrConfig].
func AsHook(constructor any) any { return grouped[Hook]("AsHook", hooks, constructor) }

// grouped puts what a constructor returns into a value group. fx itself would put a
// slice or a pointer there, too, where nobody looks for them.
func grouped[T any](name, group string, constructor any) any {
	want := reflect.TypeFor[T]()
	if t := reflect.TypeOf(constructor); t == nil || t.Kind() != reflect.Func || t.NumOut() == 0 || t.Out(0) != want {
		err := fmt.Errorf("%w: singletonfx: %s was given %v: give it a function that returns a %v, or a %v and an error",
			election.ErrConfig, name, t, want, want)
		constructor = func() (none T, _ error) { return none, err }
	}
	return fx.Annotate(constructor, fx.ResultTags(group))
}
