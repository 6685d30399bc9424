package node

import "time"

// Tick calls tick about every so often, on a goroutine of its own, until stop is called: System.Tick in production. n is how
// many ticks have passed since the last call, which is more than one when the goroutine did not get its turn.
func Tick(every time.Duration, tick func(n int)) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(every)
		defer t.Stop()
		p := pace{every: every}
		for began := time.Now(); ; {
			select {
			case <-quit:
				return
			case now := <-t.C:
				if n := p.passed(now.Sub(began)); n > 0 {
					tick(n)
				}
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// pace counts ticks by the time that has passed, so that those of which nobody woke up count as well.
type pace struct {
	every time.Duration
	ticks int64
}

// longestGap is how much time one call counts at most: the process may have been stopped.
const longestGap = time.Second

// passed returns how many ticks have passed since the last call.
func (p *pace) passed(since time.Duration) int {
	now := int64((since + p.every/2) / p.every)
	n := now - p.ticks
	p.ticks = now
	return int(min(n, int64(longestGap/p.every)))
}
