package sim

import "time"

// requests are what people ask of candidates.
func requests() []fault {
	return []fault{
		{kind: "recall", weight: 2, begin: once("recall", func(_ *World, p *process, _ time.Duration) { p.recallNow() })},
		{kind: "step down", weight: 1, begin: once("step down", func(_ *World, p *process, _ time.Duration) { p.stepDown() })},
		{kind: "two step-downs", weight: 1, begin: twoStepDowns},
	}
}

// twoStepDowns are asked for at almost the same time.
func twoStepDowns(w *World, _ time.Duration) func() {
	p, q := w.anyone(), w.anyone()
	if p == nil {
		return nil
	}
	w.fault("two step-downs")
	p.stepDown()
	w.sleep(w.spread(time.Nanosecond, 10*time.Millisecond))
	q.stepDown()
	return nil
}
