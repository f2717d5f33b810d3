package redistest_test

import (
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, 2*time.Second)
	client := c.Client()
	for _, key := range []string{"{a}", "{b}", "{c}", "{x}"} {
		if err := client.Set(t.Context(), key, "1", 0).Err(); err != nil {
			t.Error(err)
		}
		owner, other := c.Owner(c.Nodes[0], key), c.Bystander(key)
		if owner == nil || other == nil || owner == other {
			t.Errorf("%s: owner %v, bystander %v", key, owner, other)
		}
		if r := c.Replica(owner); r == nil || r == owner {
			t.Errorf("%s: replica %v of %v", key, r, owner)
		}
	}
}
