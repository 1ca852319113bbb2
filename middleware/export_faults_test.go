package middleware

// Streams is how many open event streams the guard counts.
func (g *Guard) Streams() int {
	g.streams.mu.Lock()
	defer g.streams.mu.Unlock()
	n := int(g.streams.n.Load())
	for _, open := range g.streams.open {
		n += len(open)
	}
	return n
}
