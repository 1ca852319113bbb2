package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// A progress is one line on a terminal that says how far the run is. Elsewhere it is
// nothing.
type progress struct {
	w     io.Writer
	tally *tally
	stop  func()

	mu    sync.Mutex // protects what follows
	phase string
	until time.Time
}

func newProgress(w io.Writer, t *tally) *progress {
	p := &progress{w: w, tally: t, stop: func() {}}
	if !isTerminal(w) {
		return p
	}
	done := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() { p.show(done) })
	p.stop = func() { close(done); shown.Wait() }
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// begin says that a phase begins.
func (p *progress) begin(phase string, long time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.until = phase, time.Now().Add(long)
}

// show writes the line every second, and wipes it in the end.
func (p *progress) show(done <-chan struct{}) {
	const wipe = "\r\x1b[K"
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-second.C:
			sent, wrong, _ := p.tally.totals()
			p.mu.Lock()
			left := max(time.Until(p.until), 0).Round(time.Second)
			fmt.Fprintf(p.w, "%s%s, %s left; %d answers, %d of them wrong", wipe, p.phase, left, sent, wrong)
			p.mu.Unlock()
		case <-done:
			fmt.Fprint(p.w, wipe)
			return
		}
	}
}
