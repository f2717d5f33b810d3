package guarantees

import "context"

// Customer is a user's.
type Customer struct{}

func post(context.Context, Customer) error { return nil }
