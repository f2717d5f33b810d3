package main

import (
	"context"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

// runAsynq is asynq's scheduler, which enqueues a task for each due time, and its server in the
// same process, which runs them; both as they are set up by default.
func runAsynq(ctx context.Context, addr string, c cell, b *book) error {
	redis := asynq.RedisClientOpt{Addr: addr}
	p := &pairs{b: b, due: map[string]time.Time{}, began: map[string]time.Time{}}
	tasks := asynq.NewServer(redis, asynq.Config{LogLevel: asynq.ErrorLevel})
	if err := tasks.Start(asynq.HandlerFunc(p.handle)); err != nil {
		return err
	}
	defer tasks.Shutdown()
	s := asynq.NewScheduler(redis, &asynq.SchedulerOpts{LogLevel: asynq.ErrorLevel, PostEnqueueFunc: p.enqueued})
	for range c.Jobs {
		if _, err := s.Register("@every 1s", asynq.NewTask("job", nil)); err != nil {
			return err
		}
	}
	if err := s.Start(); err != nil {
		return err
	}
	defer s.Shutdown()
	<-ctx.Done()
	return nil
}

// pairs match when a task was due with when it began: a task does not know the first.
type pairs struct {
	b *book

	mu         sync.Mutex
	due, began map[string]time.Time
}

func (p *pairs) handle(ctx context.Context, _ *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began[id] = time.Now()
	p.match(id)
	return nil
}

// enqueued is called within the second in which the task was due.
func (p *pairs) enqueued(info *asynq.TaskInfo, err error) {
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due[info.ID] = time.Now().Truncate(time.Second)
	p.match(info.ID)
}

func (p *pairs) match(id string) {
	due, began := p.due[id], p.began[id]
	if due.IsZero() || began.IsZero() {
		return
	}
	delete(p.due, id)
	delete(p.began, id)
	p.b.late(due, began.Sub(due))
}
