package cell

import (
	"context"
	"errors"
)

// idle measures what it costs that one leads and others wait.
func idle(ctx context.Context, b *bench) (values Values, err error) {
	before := takeFootprint()
	candidates := b.Size + 1
	c, err := newContest(b, b.elections[0], candidates)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	c.startAll(ctx, b.target.Lease/3)
	if _, err := c.await(ctx, b.Plan.Patience); err != nil {
		return nil, err
	}
	if err := sleep(ctx, b.target.Lease/3+b.Plan.Settle); err != nil {
		return nil, err
	}
	values = Values{}
	if err := b.use(ctx, values); err != nil {
		return nil, err
	}
	takeFootprint().since(before, candidates, values)
	values["lost"] = float64(c.lost.Load())
	values["doubled"] = float64(len(c.elected))
	return values, nil
}
