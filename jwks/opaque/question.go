package opaque

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/internal/answer"
	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// A purpose is why a token is asked about. Answers for one are not used for the other.
type purpose byte

const (
	whole    purpose = 'w' // the answer is all that is known of the token
	repeated purpose = 'r' // the token was verified with keys
)

// A provider is a Provider that was checked and prepared. It is immutable, but for what
// its parts hold.
type provider struct {
	issuer   string
	prefixes []string
	jwt      JWT
	rules    rules
	read     reader
	lookup   func(ctx context.Context, token string) (*reply, error)
	secrets  []*jwks.Secret // of ours that lookup sends, in each of their forms
	keepFor  time.Duration
	timeout  time.Duration
	now      func() time.Time

	cache   cache
	flights singleflight.Group // by token and purpose
	gate    *gate
}

// A reply is what a provider sent, not judged yet.
type reply struct {
	body   []byte
	header http.Header
}

// claims returns the verdict on a token: one that is kept, or the answer to a question
// that is under way or begun now.
func (p *provider) claims(ctx context.Context, token string, how purpose) (*jwks.Claims, error) {
	k := key{sha256.Sum256([]byte(token)), how}
	if v, ok := p.cache.find(k, p.now()); ok {
		return v.claims, v.err
	}
	// A Lookup may not heed its context. Who waits for it does.
	wait, cancel := context.WithTimeout(ctx, p.timeout+time.Second)
	defer cancel()
	landed := p.flights.DoChan(string(append(k.sum[:], byte(how))), func() (any, error) {
		return p.fly(ctx, k, token)
	})
	select {
	case result := <-landed:
		if result.Err != nil {
			return nil, result.Err
		}
		v, _ := result.Val.(verdict)
		return v.claims, v.err
	case <-wait.Done():
		return nil, p.gate.unavailable(wait.Err(), 0)
	}
}

// fly asks for all who wait. It outlives the request that began it.
func (p *provider) fly(ctx context.Context, k key, token string) (verdict, error) {
	if v, ok := p.cache.find(k, p.now()); ok { // another flight landed since we looked
		return v, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
	defer cancel()
	v, err := p.gate.pass(func() (verdict, error) { return p.ask(ctx, token, k.how) })
	if err != nil {
		return verdict{}, err
	}
	p.cache.keep(k, v, p.now(), p.keepFor)
	return v, nil
}

// ask asks once and judges the answer. Its error is a [*silence]. Others wait for it, and
// what a provider sends must not end the process.
func (p *provider) ask(ctx context.Context, token string, how purpose) (v verdict, err error) {
	defer func() {
		if recover() != nil {
			v, err = verdict{}, &silence{err: errors.New("reading the answer panicked"), peculiar: true}
		}
	}()
	heard, err := p.attempt(ctx, token)
	switch {
	case errors.Is(err, ErrInactive):
		return verdict{err: ErrInactive}, nil // whatever else the error says may repeat the token
	case err != nil:
		return verdict{}, p.quiet(err, token)
	}
	now := p.now()
	a, err := p.read.read(heard, now)
	if err != nil {
		return verdict{}, &silence{err: err, peculiar: true}
	}
	if err := p.rules.judge(&a, how, now); err != nil {
		return verdict{err: err}, nil
	}
	a.Members = slices.DeleteFunc(slices.Clone(a.Members), func(m strictjson.Member) bool { return repeats(m.Value, token) })
	return verdict{claims: jwks.ClaimsOf(a.Answer)}, nil
}

// attempt is lookup. Code that is not ours may panic, and that is no answer; the value
// of the panic may hold the token.
func (p *provider) attempt(ctx context.Context, token string) (heard *reply, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the lookup panicked")
		}
	}()
	return p.lookup(ctx, token)
}

// quiet makes sure that an error does not repeat the token, or our secret: transports and
// lookups that are not ours may put all of the request into theirs.
func (p *provider) quiet(err error, token string) error {
	s, ok := errors.AsType[*silence](err)
	if !ok {
		s = &silence{err: err}
	}
	text := s.err.Error()
	words := []string{token}
	for _, secret := range p.secrets {
		words = append(words, reveal(secret))
	}
	for _, word := range words {
		// What is shorter is no credential, and would be found in any text.
		if len(word) >= 4 && (strings.Contains(text, word) || strings.Contains(text, url.QueryEscape(word))) {
			return &silence{err: errLeaks, after: s.after, peculiar: s.peculiar}
		}
	}
	return s
}

var errLeaks = errors.New("its error repeats the token or a secret, and is left out here")

// reveal is the text of a secret, or of none.
func reveal(s *jwks.Secret) string { return string(jwks.SecretOf(answer.NewPermit(), s)) }
