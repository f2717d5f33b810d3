package demo

import (
	"fmt"
	"testing"
)

func TestTargets(t *testing.T) {
	for url, want := range map[string]struct{ address, client string }{
		"redis://user:secret@host:7000/1":                {"host:7000", "*redis.Client"},
		"rediss://host":                                  {"host:6379", "*redis.Client"},
		"unix:///run/redis.sock":                         {"/run/redis.sock", "*redis.Client"},
		"redis://user:secret@a:1?addr=b:2&addr=c:3":      {"a:1,b:2,c:3", "*redis.ClusterClient"},
		"redis://user:secret@a:1,b:2,c:3":                {"a:1,b:2,c:3", "*redis.ClusterClient"},
		"redis://a:1,redis://b:2":                        {"a:1,b:2", "*redis.ClusterClient"},
		"rediss://a:1,b:2/?max_redirects=3":              {"a:1,b:2", "*redis.ClusterClient"},
		"redis://a:1,b:2?master_name=m&password=secret":  {"a:1,b:2", "*redis.Client"},
		"redis://a:1/0?master_name=m&addr=b:2&db=1":      {"a:1,b:2", "*redis.Client"},
		"redis://user:secret@[::1]:7000?dial_timeout=1s": {"[::1]:7000", "*redis.Client"},
	} {
		t.Run(url, func(t *testing.T) {
			to, err := parseTarget(url)
			if err != nil {
				t.Fatal(err)
			}
			rdb := to.connect()
			defer rdb.Close()
			if client := fmt.Sprintf("%T", rdb); to.address != want.address || client != want.client {
				t.Errorf("%s at %s, want %s at %s", client, to.address, want.client, want.address)
			}
		})
	}
}
