package httpfence_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence/httpfence"
)

// A leader sends its term with each request, and the service refuses that of a former leader.
func Example() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()

	// The service.
	store := httpfence.InRedis(rdb, "fences:")
	service := httptest.NewServer(httpfence.Middleware(
		httpfence.Config{Election: "nightly", Store: store},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			term, _ := election.TermFrom(r.Context())
			fmt.Println("the handler has a term:", term > 0)
		}),
	))
	defer service.Close()

	// The leader.
	api := &http.Client{Transport: httpfence.Transport(nil)}
	defer api.CloseIdleConnections()
	put := func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, service.URL, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := api.Do(req)
		if err != nil {
			return err // it may have been executed
		}
		fmt.Println(resp.Status)
		return resp.Body.Close()
	}
	e, err := election.New(rdb, election.Config{Name: "nightly", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = e.Lead(context.Background(), func(ctx context.Context, _ election.Term) error {
		if err := put(ctx); err != nil {
			return err
		}
		// A later leader has called the service.
		if _, err := store.Raise(ctx, "nightly", "all", 1<<52); err != nil {
			return err
		}
		return put(ctx)
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// the handler has a term: true
	// 200 OK
	// 412 Precondition Failed
}
