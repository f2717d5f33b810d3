package demo

import (
	"context"
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/incumbent/internal/redisurl"
)

// A target is a Redis that can be connected to.
type target struct {
	address string // for people: hosts and ports, never a password
	connect func() redis.UniversalClient
}

// errURL does not wrap what the parser says: that repeats the URL, and with it
// the password.
var errURL = errors.New("this is no Redis URL; it looks like redis://user:password@host:6379/0, " +
	"for a cluster redis://host:6379,host:6380, for Sentinel redis://host:26379?master_name=mymaster")

// parseTarget reads the URL of one server, of a cluster (several addresses) or of
// Sentinels (a master_name).
func parseTarget(text string) (*target, error) {
	text = addressesAsParameters(text)
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme == "unix" && strings.Contains(u.Path, "://"): // the path is shown, and this is none
		return nil, errURL
	case u.Query().Has("master_name"):
		return parseSentinel(text)
	case u.Query().Has("addr"):
		return parseCluster(text)
	}
	return parseSingle(text)
}

func parseSingle(text string) (*target, error) {
	o, err := redis.ParseURL(text)
	if err != nil {
		return nil, errURL
	}
	if err := redisurl.CheckPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns); err != nil {
		return nil, err
	}
	return single(o), nil
}

func single(o *redis.Options) *target {
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &target{o.Addr, func() redis.UniversalClient { return redis.NewClient(o) }}
}

func parseCluster(text string) (*target, error) {
	o, err := redis.ParseClusterURL(text)
	if err != nil {
		return nil, errURL
	}
	if err := redisurl.CheckPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns); err != nil {
		return nil, err
	}
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &target{strings.Join(o.Addrs, ","), func() redis.UniversalClient { return redis.NewClusterClient(o) }}, nil
}

func parseSentinel(text string) (*target, error) {
	o, err := redis.ParseFailoverURL(text)
	if err != nil {
		return nil, errURL
	}
	if err := redisurl.CheckPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns); err != nil {
		return nil, err
	}
	o.ContextTimeoutEnabled = true
	return &target{strings.Join(o.SentinelAddrs, ","), func() redis.UniversalClient { return redis.NewFailoverClient(o) }}, nil
}

// through returns the same server behind a cable.
func through(c *cable, address string) *target {
	dialer := &net.Dialer{}
	return single(&redis.Options{Addr: address, Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
		return c.dial(ctx, dialer, network, address)
	}})
}

var severalAddresses = regexp.MustCompile(`^(rediss?://(?:[^@/?]*@)?)([^,/?]+),([^/?]+)(.*)$`)

// addressesAsParameters turns redis://a:1,b:2/ into the form that go-redis reads,
// redis://a:1/?addr=b:2. Other texts stay as they are.
func addressesAsParameters(text string) string {
	m := severalAddresses.FindStringSubmatch(strings.NewReplacer(",redis://", ",", ",rediss://", ",").Replace(text))
	if m == nil {
		return text
	}
	start, first, others, rest := m[1], m[2], m[3], m[4]
	separator := "?"
	if strings.Contains(rest, "?") {
		separator = "&"
	}
	return start + first + rest + separator + url.Values{"addr": strings.Split(others, ",")}.Encode()
}
