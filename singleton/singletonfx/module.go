// Package singletonfx runs singleton workers in an fx application.
//
//	fx.New(
//		fx.Provide(newRedisClient),
//		singletonfx.Module,
//		fx.Provide(singletonfx.AsWorker(newNightlyReport)), // func(…) singletonfx.Worker
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

// Module provides an [*election.Conn] and [*Workers], and runs every [Worker] and
// [Hook] of the application. It needs one Redis client: a *redis.Client, a
// *redis.ClusterClient, a redis.UniversalClient or an [election.Redis] that the
// application provides, or [Settings] with a URL. A *slog.Logger is used if
// there is one.
var Module = fx.Module("incumbent",
	fx.Provide(newConn, newWorkers),
	fx.Invoke(func(*Workers) {}),
)

// Settings are what Module takes from the application beside its workers; supply
// them with fx.Supply. They are optional.
type Settings struct {
	// URL takes the place of a client: a server, a cluster or a Sentinel, as
	// [election.ConnectURL] reads it. It is an error to provide a client, too. The
	// client that is made is closed when the application stops.
	URL string
	// StopTimeout states the application's fx.StopTimeout, which a module can
	// neither see nor set. A worker whose grace, release and one attempt don't fit
	// into it is refused. Default: fx.DefaultTimeout, 15 s.
	StopTimeout time.Duration
}

// A Worker is work that runs on exactly one instance of the application. Provide
// it into the value group with [AsWorker]. Every worker has an election of its
// own.
type Worker struct {
	Election election.Config // only the name is needed
	Work     election.Work
	Policy   singleton.Policy
}

// A Hook is called at the terms of an election: that of the worker that has it, or, if
// there is none, of one that consists of hooks alone. Provide it into the value
// group with [AsHook]. Hooks of one election are called in an order that
// fx does not promise when elected, and in the reverse of it when revoked.
type Hook struct {
	Election string // the name of the election
	// Config is for an election that consists of hooks alone: its Prefix, Lease and so
	// on. Its Name may be left out, or take the place of Election. Without a Config
	// such an election has all defaults, and a warning is logged, since the name may
	// be a mistake. It is an error if a worker has the election, or if another hook of it
	// has a Config.
	Config election.Config
	singleton.Hooks
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

// workersParams are what there is to run.
type workersParams struct {
	fx.In

	Lifecycle  fx.Lifecycle
	Shutdowner fx.Shutdowner
	Settings   Settings     `optional:"true"`
	Logger     *slog.Logger `optional:"true"`
	Conn       *election.Conn
	Workers    []Worker `group:"incumbent.workers"`
	Hooks      []Hook   `group:"incumbent.hooks"`
}
