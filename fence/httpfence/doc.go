// Package httpfence sends the term of a leader with its HTTP requests, and refuses
// requests of a former leader.
//
// The middleware orders arrivals, not effects: a request that passed may be
// overtaken inside of its handler. A handler with a transaction calls
// sqlfence.Dialect.Raise in it, and one that writes to Redis uses fence.At.
//
// On the side of the leader:
//
//	api := &http.Client{Transport: httpfence.Transport(nil)}
//	req, err := http.NewRequestWithContext(ctx, "POST", url, body) // ctx of the work
//	…
//	resp, err := api.Do(req) // 412 Precondition Failed: another leads, and the work ends
//
// On the side of the service:
//
//	http.Handle("/reports", httpfence.Middleware(httpfence.Config{Election: "nightly", Store: store}, handler))
//
// The header proves nothing: whoever can send it can name any term, and a high one locks
// the leader out. Only trusted callers may reach the service.
package httpfence
