package redisurl_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redisurl"
)

// What passes makes a client, what does not would panic or eat the memory.
func TestCheckPool(t *testing.T) {
	for url, ok := range map[string]bool{
		"redis://h":                              true,
		"redis://h?pool_size=5&min_idle_conns=0": true,
		"redis://h?pool_size=-1":                 false,
		"redis://h?pool_size=1000000000":         false,
		"redis://h?min_idle_conns=99999":         false,
		"redis://h?max_idle_conns=-2":            false,
		"redis://h?max_active_conns=-1":          false,
	} {
		o, err := redis.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		err = redisurl.CheckPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns)
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if ok {
			_ = redis.NewClient(o).Close()
		}
	}
}
