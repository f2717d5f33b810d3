package register

import (
	"io"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"
)

// What each client tells of itself, and what follows from that.
func TestClientsAreClassified(t *testing.T) {
	plain := redis.NewClient(&redis.Options{Addr: "a:1", DB: 3})
	failover := &redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"s:1"}, DB: 3}
	sentinel := redis.NewFailoverClient(failover)
	obedient := *failover
	obedient.ContextTimeoutEnabled = true
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"b:1", "a:1"}})
	willing := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"a:1"}, ContextTimeoutEnabled: true})
	for name, c := range map[string]struct {
		rdb                     Client
		alone, derivable, obeys bool
		addresses               []string
		database                int
	}{
		"one server":         {plain, true, true, true, []string{"a:1"}, 3},
		"wrapped":            {struct{ *redis.Client }{plain}, false, false, true, []string{"a:1"}, 3},
		"Sentinel":           {sentinel, true, false, false, nil, 3},
		"Sentinel, obedient": {redis.NewFailoverClient(&obedient), true, false, true, nil, 3},
		"wrapped Sentinel":   {struct{ *redis.Client }{sentinel}, false, false, true, nil, 3},
		"cluster":            {cluster, false, false, false, []string{"a:1", "b:1"}, 0},
		"obedient cluster":   {willing, false, false, true, []string{"a:1"}, 0},
		"wrapped cluster":    {struct{ *redis.ClusterClient }{cluster}, false, false, true, []string{"a:1", "b:1"}, 0},
		"what hides itself":  {struct{ Client }{plain}, false, false, true, nil, 0},
	} {
		k := classifyClient(c.rdb)
		if k.alone() != c.alone || k.derivable() != c.derivable || k.obeys() != c.obeys || !slices.Equal(k.addresses(), c.addresses) {
			t.Errorf("%s: alone %v, derivable %v, obeys %v, at %v", name, k.alone(), k.derivable(), k.obeys(), k.addresses())
		}
		if n := Database(c.rdb); n != c.database {
			t.Errorf("%s: database %d", name, n)
		}
		if (Patience(c.rdb) == nil) != c.obeys || Derivable(c.rdb) != c.derivable {
			t.Errorf("%s: %v, derivable %v", name, Patience(c.rdb), Derivable(c.rdb))
		}
		if closer, ok := c.rdb.(io.Closer); ok {
			_ = closer.Close()
		}
	}
}
