package fence_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
)

// run leads an election for one term of this work, on a server in memory.
func run(work func(ctx context.Context, rdb *redis.Client) error) {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	e, err := election.New(rdb, election.Config{Name: "nightly", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = e.Lead(context.Background(), func(ctx context.Context, _ election.Term) error { return work(ctx, rdb) })
	if err != nil {
		fmt.Println(err)
	}
}

func ExampleDo() {
	run(func(ctx context.Context, rdb *redis.Client) error {
		report := fence.KeyFor(ctx, "report")
		replies, err := fence.Do(ctx, rdb,
			fence.Cmd{"SET", report, "all is well"},
			fence.Cmd{"INCR", fence.KeyFor(ctx, "reports")},
		)
		if err != nil {
			return err
		}
		fmt.Println(report, replies)

		rdb.Del(ctx, "incumbent:{nightly}") // the record is gone: nobody knows who leads
		_, err = fence.Do(ctx, rdb, fence.Cmd{"SET", report, "late"})
		fmt.Println("refused:", errors.Is(err, fence.ErrFenced))
		return nil
	})
	// Output:
	// {nightly}:report [OK 1]
	// refused: true
}

// A script of one's own runs behind the same check.
func ExampleEval() {
	run(func(ctx context.Context, rdb *redis.Client) error {
		const raise = `
			local seen = tonumber(redis.call('GET', KEYS[1]) or '0')
			if seen < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
			return seen`
		for _, n := range []int{3, 7, 5} {
			seen, err := fence.Eval(ctx, rdb, raise, []fence.Key{fence.KeyFor(ctx, "highest")}, n)
			if err != nil {
				return err
			}
			fmt.Println(n, "after", seen)
		}
		return nil
	})
	// Output:
	// 3 after 0
	// 7 after 3
	// 5 after 7
}

// Data in another slot is fenced by the highest term that it has seen.
func ExampleAt() {
	run(func(ctx context.Context, rdb *redis.Client) error {
		shop := fence.At("{shop}:fence")
		if _, err := shop.Do(ctx, rdb); err != nil { // claim: from here on older terms are refused
			return err
		}
		replies, err := shop.Do(ctx, rdb, fence.Cmd{"RPUSH", fence.Key("{shop}:orders"), "17"})
		fmt.Println(replies, err)
		rdb.Set(ctx, "{shop}:fence", int64(1)<<52, 0) // a later leader was here
		_, err = shop.Do(ctx, rdb, fence.Cmd{"RPUSH", fence.Key("{shop}:orders"), "18"})
		fmt.Println("refused:", errors.Is(err, fence.ErrFenced))
		return nil
	})
	// Output:
	// [1] <nil>
	// refused: true
}
