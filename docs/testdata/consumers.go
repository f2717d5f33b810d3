package consumers

import (
	"context"
	"errors"

	"example.com/incumbent/election"
)

var errNothingThere = errors.New("nothing there")

func take(context.Context) (string, error) { return "", errNothingThere }

func process(context.Context, string, election.Term) error { return nil }
