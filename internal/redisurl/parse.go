package redisurl

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Parse reads addresses. Errors say what to change and never repeat the text; they
// are those of this package.
func Parse(text string) (*Target, error) {
	l, err := cut(text)
	if err != nil {
		return nil, err
	}
	u, err := l.joined()
	if err != nil {
		return nil, err
	}
	switch q := u.Query(); {
	case l.scheme == "unix":
		return parseSocket(u)
	case q.Has("master_name"):
		return parseSentinel(u)
	case q.Has("addr"):
		return parseCluster(u)
	}
	return parseServer(u)
}

func parseSocket(u *url.URL) (*Target, error) {
	switch {
	case u.Host != "", // unix://run/redis.sock: it would be dropped
		strings.Contains(u.Path, "://"): // the path is shown, and this is none
		return nil, ErrURL
	}
	return readServer(u)
}

func parseServer(u *url.URL) (*Target, error) {
	path, option, ok := databases(u)
	switch {
	case !ok:
		return nil, ErrURL
	case path != 0 && option >= 0 && option != path:
		return nil, ErrTwoDatabases
	}
	return readServer(u)
}

func readServer(u *url.URL) (*Target, error) {
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, ErrURL
	}
	if err := checkPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns, max(o.PipelinePoolSize, 0), max(o.MaxConcurrentDials, 0)); err != nil {
		return nil, err
	}
	return &Target{server: o}, nil
}

func parseCluster(u *url.URL) (*Target, error) {
	path, option, ok := databases(u)
	switch {
	case !ok:
		return nil, ErrURL
	case path > 0 || option > 0:
		return nil, ErrDatabase
	}
	bare := *u
	bare.Path = "" // go-redis does not look at it
	o, err := redis.ParseClusterURL(without(bare, "db").String())
	if err != nil {
		return nil, ErrURL
	}
	if err := checkPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns, max(o.PipelinePoolSize, 0), max(o.MaxConcurrentDials, 0)); err != nil {
		return nil, err
	}
	return &Target{cluster: o}, nil
}

func parseSentinel(u *url.URL) (*Target, error) {
	path, option, ok := databases(u)
	switch {
	case !ok:
		return nil, ErrURL
	case path != 0 && option >= 0 && option != path:
		return nil, ErrTwoDatabases
	}
	o, err := redis.ParseFailoverURL(u.String())
	switch {
	case err != nil:
		return nil, ErrURL
	case o.MasterName == "":
		return nil, ErrMaster
	case o.RouteByLatency || o.RouteRandomly || o.ReplicaOnly:
		return nil, ErrReplicas
	}
	if err := checkPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns, max(o.PipelinePoolSize, 0), max(o.MaxConcurrentDials, 0)); err != nil {
		return nil, err
	}
	return &Target{sentinel: o}, nil
}

// databases returns the numbers in the path, where none is 0, and in the option db,
// where none is -1.
func databases(u *url.URL) (path, option int, ok bool) {
	option = -1
	if text := strings.Trim(u.Path, "/"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, 0, false
		}
		path = n
	}
	if text := u.Query().Get("db"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, 0, false
		}
		option = n
	}
	return path, option, true
}

// without returns u without an option.
func without(u url.URL, option string) *url.URL {
	q := u.Query()
	q.Del(option)
	u.RawQuery = q.Encode()
	return &u
}
