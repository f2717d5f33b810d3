package redisurl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redisurl"
)

// What a text means: the kind of client, where it goes, and in which database.
func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		address, client string
		db              int
		user, password  string
	}{
		"redis://host":                                     {"host:6379", "*redis.Client", 0, "", ""},
		"redis://":                                         {"localhost:6379", "*redis.Client", 0, "", ""},
		"REDIS://host/":                                    {"host:6379", "*redis.Client", 0, "", ""},
		"redis://user:secret@host:7000/1":                  {"host:7000", "*redis.Client", 1, "user", "secret"},
		"redis://u:p@q@host":                               {"host:6379", "*redis.Client", 0, "u", "p@q"},
		"redis://host/1?db=1":                              {"host:6379", "*redis.Client", 1, "", ""},
		"redis://host/0?db=2":                              {"host:6379", "*redis.Client", 2, "", ""},
		"redis://:pa,ss@host":                              {"host:6379", "*redis.Client", 0, "", "pa,ss"},
		"redis://:pa%2Fss%40@host":                         {"host:6379", "*redis.Client", 0, "", "pa/ss@"},
		"redis://host?client_name=a,b":                     {"host:6379", "*redis.Client", 0, "", ""},
		"rediss://host":                                    {"host:6379", "*redis.Client", 0, "", ""},
		"redis://user:secret@[::1]:7000?dial_timeout=1s":   {"[::1]:7000", "*redis.Client", 0, "user", "secret"},
		"unix:///run/redis.sock":                           {"/run/redis.sock", "*redis.Client", 0, "", ""},
		"unix://user:secret@/run/a,b.sock?db=3":            {"/run/a,b.sock", "*redis.Client", 3, "user", "secret"},
		"redis://h1:6379,h2:6379":                          {"h1:6379,h2:6379", "*redis.ClusterClient", 0, "", ""},
		"redis://h1,h2:7000,h3":                            {"h1:6379,h2:7000,h3:6379", "*redis.ClusterClient", 0, "", ""},
		"redis://u:p@a:1,b:2,c:3/":                         {"a:1,b:2,c:3", "*redis.ClusterClient", 0, "u", "p"},
		"redis://u:p@a:1,b:2/0?db=0":                       {"a:1,b:2", "*redis.ClusterClient", 0, "u", "p"},
		"redis://[::1]:1,[::2]:2,[::3]":                    {"[::1]:1,[::2]:2,[::3]:6379", "*redis.ClusterClient", 0, "", ""},
		"redis://user:secret@a:1?addr=b:2&addr=c:3":        {"a:1,b:2,c:3", "*redis.ClusterClient", 0, "user", "secret"},
		"redis://a:1,b:2?addr=c:3":                         {"a:1,b:2,c:3", "*redis.ClusterClient", 0, "", ""},
		"redis://a:1,redis://b:2":                          {"a:1,b:2", "*redis.ClusterClient", 0, "", ""},
		"redis://u:p@a:1,redis://b:2,redis://u:p@c:3":      {"a:1,b:2,c:3", "*redis.ClusterClient", 0, "u", "p"},
		"redis://a:1?max_redirects=3,redis://b:2":          {"a:1,b:2", "*redis.ClusterClient", 0, "", ""},
		"rediss://a:1,b:2/?max_redirects=3":                {"a:1,b:2", "*redis.ClusterClient", 0, "", ""},
		"redis://s:1?master_name=m":                        {"s:1", "*redis.Client", 0, "", ""},
		"redis://a:1,b:2?master_name=m&password=secret":    {"a:1,b:2", "*redis.Client", 0, "", "secret"},
		"redis://a:1/0?master_name=m&addr=b:2&db=1":        {"a:1,b:2", "*redis.Client", 1, "", ""},
		"redis://a:1,b:2/4?master_name=m":                  {"a:1,b:2", "*redis.Client", 4, "", ""},
		"redis://a:1,redis://b:2?master_name=m&username=x": {"a:1,b:2", "*redis.Client", 0, "x", ""},
	} {
		t.Run(text, func(t *testing.T) {
			to, err := redisurl.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			rdb := to.Connect()
			defer rdb.Close()
			if client := fmt.Sprintf("%T", rdb); to.Address() != want.address || client != want.client {
				t.Errorf("%s at %s, want %s at %s", client, to.Address(), want.client, want.address)
			}
			db, user, password, obeys := 0, "", "", false
			switch c := rdb.(type) {
			case *redis.Client:
				o := c.Options()
				db, user, password, obeys = o.DB, o.Username, o.Password, o.ContextTimeoutEnabled
			case *redis.ClusterClient:
				o := c.Options()
				user, password, obeys = o.Username, o.Password, o.ContextTimeoutEnabled
			}
			if db != want.db || user != want.user || password != want.password || !obeys {
				t.Errorf("database %d, user %q, password %q, obeys contexts: %t", db, user, password, obeys)
			}
		})
	}
}

// What is wrong is refused with what to change, and without the password.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"":                                 redisurl.ErrURL,
		"host:6379":                        redisurl.ErrURL,
		"u:secret@host":                    redisurl.ErrURL,
		"http://u:secret@host":             redisurl.ErrURL,
		"redis://u:secret@host:port":       redisurl.ErrURL,
		"redis://u:secret@host:0":          redisurl.ErrURL,
		"redis://u:secret@host:65536":      redisurl.ErrURL,
		"redis://u:secret@host/x":          redisurl.ErrURL,
		"redis://u:secret@host/-1":         redisurl.ErrURL,
		"redis://u:secret@host/1/2":        redisurl.ErrURL,
		"redis://u:secret@host?x=secret":   redisurl.ErrURL,
		"redis://u:secret@host?db=x":       redisurl.ErrURL,
		"redis://u:secret@host?x=1;y=2":    redisurl.ErrURL,
		"redis://host#secret":              redisurl.ErrURL,
		"redis://%zz":                      redisurl.ErrURL,
		"redis://host/1?db=2":              redisurl.ErrTwoDatabases,
		"unix://":                          redisurl.ErrURL,
		"unix://run/redis.sock":            redisurl.ErrURL,
		"unix:///a.sock,unix:///b.sock":    redisurl.ErrDiffer,
		"unix:///a.sock,unix:///a.sock":    redisurl.ErrURL,
		"redis://a]b":                      redisurl.ErrURL,
		"redis://h1,":                      redisurl.ErrURL,
		"redis://,h1":                      redisurl.ErrURL,
		"redis://a,,b":                     redisurl.ErrURL,
		"redis://u:secret@a,u:secret@b:2":  redisurl.ErrDiffer,
		"redis://u:secret@a:1,b:x":         redisurl.ErrURL,
		"redis://u:secret@a:1,b?x=secret":  redisurl.ErrURL,
		"redis://a?addr=":                  redisurl.ErrURL,
		"redis://a?addr=b":                 redisurl.ErrURL,
		"redis://a?addr=b:2/3":             redisurl.ErrURL,
		"redis://a?addr=u:secret@b:2":      redisurl.ErrURL,
		"redis://a?addr=b:1,c:2":           redisurl.ErrURL,
		"redis://a:1,b:2/3":                redisurl.ErrDatabase,
		"redis://a:1,b:2?db=3":             redisurl.ErrDatabase,
		"redis://a:1/3,redis://b:2":        redisurl.ErrDatabase,
		"redis://a:1/3?addr=b:2":           redisurl.ErrDatabase,
		"redis://a:1/3,redis://b:2/4":      redisurl.ErrDiffer,
		"redis://a:1,rediss://b:2":         redisurl.ErrDiffer,
		"rediss://a:1,redis://u:p@b:2":     redisurl.ErrDiffer,
		"redis://a:1,unix:///b":            redisurl.ErrDiffer,
		"redis://u:secret@a,redis://u:p@b": redisurl.ErrDiffer,

		"redis://a?read_timeout=1s,redis://b?read_timeout=2s": redisurl.ErrDiffer,
		"redis://a,b?master_name=":                            redisurl.ErrMaster,
		"unix:///a?master_name=m":                             redisurl.ErrURL,
		"redis://a?master_name=m&x=secret":                    redisurl.ErrURL,
		"redis://a/1?master_name=m&db=2":                      redisurl.ErrTwoDatabases,
		"redis://a?master_name=m&route_by_latency=1":          redisurl.ErrReplicas,
		"redis://a?master_name=m&route_randomly=1":            redisurl.ErrReplicas,
		"redis://a?master_name=m&replica_only=1":              redisurl.ErrReplicas,
		"a=redis://x,b=redis://y,c=redis://u:secret@z":        redisurl.ErrQuorum,
		"a=redis://u:secret@x":                                redisurl.ErrQuorum,
		"redis://x,b=redis://y":                               redisurl.ErrQuorum,
	} {
		to, err := redisurl.Parse(text)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
		if err == nil {
			t.Errorf("%q means %s", text, to.Address())
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the password is told: %v", text, err)
		}
	}
}

// A pool that would make go-redis panic or eat the memory is refused, for each kind.
func TestParseRefusesPools(t *testing.T) {
	for _, start := range []string{"redis://h?", "unix:///s?", "redis://a,b?", "redis://a,b?master_name=m&"} {
		for option, ok := range map[string]bool{
			"pool_size=5&min_idle_conns=0":             true,
			"pipeline_pool_size=-1":                    true,
			"pool_size=-1":                             false,
			"pool_size=1000000000":                     false,
			"min_idle_conns=99999":                     false,
			"max_idle_conns=-2":                        false,
			"max_active_conns=-1":                      false,
			"pipeline_pool_size=1000000000":            false,
			"max_concurrent_dials=1000000000":          false,
			"max_concurrent_dials=-1&pool_timeout=-1s": true,
		} {
			to, err := redisurl.Parse(start + option)
			if ok != (err == nil) || !ok && !errors.Is(err, redisurl.ErrPool) {
				t.Errorf("%s: %v", start+option, err)
			}
			if err == nil {
				_ = to.Connect().Close()
			}
		}
	}
}

func TestServer(t *testing.T) {
	to := redisurl.Server(redis.Options{Addr: "h:1", DB: 2})
	rdb, ok := to.Connect().(*redis.Client)
	if !ok || to.Address() != "h:1" || rdb.Options().DB != 2 || !rdb.Options().ContextTimeoutEnabled {
		t.Errorf("%s, %v", to.Address(), rdb)
	}
	_ = rdb.Close()
}

// A cluster's client asks no node for longer than a second, unless the address says so.
func TestClusterClientsAreImpatient(t *testing.T) {
	for url, want := range map[string]time.Duration{
		"redis://h:1,h:2":                 time.Second,
		"redis://h:1,h:2?read_timeout=2s": 2 * time.Second,
	} {
		to, err := redisurl.Parse(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		rdb := to.Connect().(*redis.ClusterClient)
		if got := rdb.Options().ReadTimeout; got != want {
			t.Errorf("%s: reads time out after %v, want %v", url, got, want)
		}
		_ = rdb.Close()
	}
}
