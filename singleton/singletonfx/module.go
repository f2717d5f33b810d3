// Package singletonfx runs singleton workers in an fx application.
//
//	fx.New(
//		fx.Provide(newRedisClient),
//		singletonfx.Module,
//		fx.Provide(singletonfx.AsWorker(newConsumer)), // func(…) singleton.Worker
//	).Run()
//
// [Module] uses the application's Redis client, or makes one from
// [Settings.URL], and shares one [election.Conn] among all workers. It starts
// campaigning when the application starts, without waiting for Redis; when the
// application stops it drains the work, releases, and only then lets the client
// close, since hooks stop in the reverse order of their construction.
//
// # What is not guaranteed
//
// A process that is paused between looking at its context and acting can act
// after its term; see package election. And fx abandons a stop that outlives its
// time-out: the drain goes on unseen while the process ends. [Settings] states
// that time-out, and workers that could need longer are refused at construction.
//
// The loss of leadership never waits in fx's stop queue: the work's context ends
// at once, and Config.OnOverrun of the election is where a program ends itself if
// the work does not.
package singletonfx

import (
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// Module provides an [*election.Conn] and a [*singleton.Group] of every [singleton.Worker]
// of the application, and runs the group. It uses what [Settings] name, else the one client
// that the application provides as *redis.Client, *redis.ClusterClient,
// redis.UniversalClient or [election.Redis]; and a *slog.Logger, if there is one.
//
// Construction fails with an error that wraps [election.ErrConfig] if there is no worker,
// no client or more than one, or if a worker makes no sense; see [singleton.NewGroup].
var Module = fx.Module("incumbent",
	fx.Provide(newConn, newGroup),
	fx.Invoke(func(*singleton.Group) {}),
)

// Settings are what Module takes from the application beside its workers; give
// them with fx.Supply or fx.Provide. They are optional.
type Settings struct {
	// Redis is used in place of the application's clients, for example in a test.
	Redis election.Redis
	// URL takes the place of a client: a server, a cluster or a Sentinel, as
	// [election.ConnectURL] reads it. It is an error to provide a client, too. The
	// client that is made is closed when the application stops.
	URL string
	// Defaults hold for every worker that leaves a field of its election zero: Lease,
	// Observer, Prefix and so on. Name must be empty.
	Defaults election.Config
	// StopTimeout states the application's fx.StopTimeout, which a module can
	// neither see nor set. A worker whose grace, release and one attempt don't fit
	// into it is refused. Default: fx.DefaultTimeout, 15 s.
	StopTimeout time.Duration
}

// connParams are the clients that an application may have, and how to make one.
type connParams struct {
	fx.In

	Lifecycle fx.Lifecycle
	Settings  Settings              `optional:"true"`
	Logger    *slog.Logger          `optional:"true"`
	Redis     election.Redis        `optional:"true"`
	Client    *redis.Client         `optional:"true"`
	Cluster   *redis.ClusterClient  `optional:"true"`
	Universal redis.UniversalClient `optional:"true"`
}

// groupParams are what there is to run.
type groupParams struct {
	fx.In

	Lifecycle  fx.Lifecycle
	Shutdowner fx.Shutdowner
	Settings   Settings     `optional:"true"`
	Logger     *slog.Logger `optional:"true"`
	Conn       *election.Conn
	Workers    []singleton.Worker `group:"incumbent.workers"`
}
