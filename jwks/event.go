package jwks

import "time"

// An Event is one finished attempt to fetch an issuer's keys.
type Event struct {
	Issuer  string
	Err     error         // why it failed; nil when it did not
	Keys    int           // usable keys now, fetched or kept
	Skipped []error       // keys of the fetched set that cannot be used, with the reason
	Age     time.Duration // how old the keys in use are; zero when fresh or when there are none
	Next    time.Time     // when the next attempt is due
}
