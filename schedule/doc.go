// Package schedule runs jobs at their due times, each due time once, by whoever leads. A
// ledger in Redis survives the leader, so that due times of a handover are caught up (CatchUp)
// and none is started more often than Attempts says.
//
//	s, err := schedule.New(schedule.Job{
//		Name: "report",
//		Due:  schedule.Cron("30 2 * * *", "Europe/Berlin"),
//		Run:  report, // func(ctx context.Context, t schedule.Tick) error
//	})
//	…
//	err = singleton.Run(ctx, rdb, "nightly", s.Work)
//
// A run whose process dies is not repeated, unless Attempts allows it; then make the job so
// that twice does no harm, with Tick.Key. If Redis loses its data, due times of the outage (a
// lease and the restart) are unknown and not run.
package schedule
