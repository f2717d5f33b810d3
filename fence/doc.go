// Package fence makes a Redis resource refuse the writes of a former leader: the check of
// the term and the write are one script.
//
//	_, err := fence.Do(ctx, rdb, fence.Cmd{"SET", fence.KeyFor(ctx, "report"), body})
//	if errors.Is(err, fence.ErrFenced) {
//		return err // another leads: the work ends
//	}
//
// [Do] and [Eval] check by the election's record: they refuse from the moment at which
// it names another, or nobody. [At] checks by the highest term that the resource has
// seen, for data in another slot or on another Redis. SQL is fenced in fence/sqlfence, HTTP
// services are in fence/httpfence.
//
// Redis does not roll back: if a command fails, the earlier ones are done. A client that
// sends again after a time-out may run the script twice: set MaxRetries to -1, or write
// so that twice does no harm. A failover of Redis that undid a grant shows the older
// term again; see docs/fencing.md.
package fence
