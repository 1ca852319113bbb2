package condition

import "github.com/mcp-rs/mcp-rs/middleware"

// DangerouslyShadow returns a condition that allows everything, and tells report what
// c would have decided: for trying a new condition on real calls before it counts.
// report gets what [Condition.Allow] returned; it is called in the request, so it must
// be quick, and from many goroutines. The arguments in op are the caller's secrets.
//
// It panics when c or report is nil: nothing would be observed, and all allowed.
func DangerouslyShadow(c *Condition, report func(p *middleware.Principal, op middleware.Operation, allowed bool, err error)) middleware.Condition {
	if c == nil || report == nil {
		panic("condition: DangerouslyShadow without a condition or without a report")
	}
	return shadow{c, report}
}

type shadow struct {
	condition *Condition
	report    func(*middleware.Principal, middleware.Operation, bool, error)
}

// Allow implements [middleware.Condition].
func (s shadow) Allow(p *middleware.Principal, op middleware.Operation) (bool, error) {
	allowed, err := s.condition.Allow(p, op)
	s.report(p, op, allowed, err)
	return true, nil
}
