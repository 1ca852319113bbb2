package middleware

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// proofWindow is how far the "iat" of a proof may be from now, either way (RFC 9449
// §11.1): as much as clocks usually differ. It is also how long a proof has to be
// remembered.
const proofWindow = time.Minute

// replicaSkew is how far the clocks of replicas that share a memory may be apart.
const replicaSkew = 10 * time.Second

var (
	errBindingRequired = errors.New("the token is not bound to a key, and only such are accepted")
	errUnbound         = errors.New("the DPoP scheme takes only tokens that are bound to a DPoP key")
	errReplayed        = errors.New("the proof was used before")
	errNonce           = errors.New("the proof lacks a nonce of ours, or has an old one")
)

// bindKey holds a request to the key that its token is bound to (RFC 7800 "cnf"): a
// bound token without that key was stolen. A proof beside a token that is not bound
// says nothing, and is not looked at.
func (g *Guard) bindKey(r *http.Request, lines *presented, cred credential, c *call) error {
	claims := c.principal.Claims
	if claims == nil {
		return nil // no token: nobody gave a key
	}
	bound := claims.Confirmation
	c.bound = bound != nil && bound.Key != ""
	switch {
	case bound == nil && g.requireBound:
		return errBindingRequired
	case cred.dpop && !c.bound:
		return errUnbound
	case bound == nil:
		return nil
	case bound.Key == "" && bound.Certificate == "":
		return jwks.ErrBound // to what nobody here knows
	// “such a protected resource MUST reject a DPoP-bound access token received as a
	// bearer token” — RFC 9449 §7.2
	case c.bound && !cred.dpop:
		return fmt.Errorf("%w: it came as a Bearer token", jwks.ErrBound)
	}
	if bound.Certificate != "" {
		if err := g.checkCertificate(r, lines.certificates, bound.Certificate); err != nil {
			return err
		}
	}
	if c.bound {
		return g.checkProof(r, lines.proofs, cred.value, bound.Key, c)
	}
	return nil
}

// checkProof holds a request to the DPoP key of its token: “the resource server MUST NOT
// grant access to the resource unless all checks are successful” — RFC 9449 §7.1. The
// lines are the numbers of §4.3; what is remembered comes last, so that only who holds
// a token and its key can make us remember anything.
func (g *Guard) checkProof(r *http.Request, lines []string, token, key string, c *call) error {
	if len(lines) != 1 {
		return fmt.Errorf("%w: %d DPoP header lines, and there must be one", jwks.ErrProof, len(lines))
	}
	p, err := jwks.ParseProof(lines[0])
	if err != nil {
		return err
	}
	now := g.now()
	switch {
	case !same(p.Key, key):
		return fmt.Errorf("%w: another key signed it than the token is bound to", jwks.ErrProof)
	case p.Method != r.Method:
		return fmt.Errorf("%w: it is for another method", jwks.ErrProof)
	case !g.at.is(p.URL):
		return fmt.Errorf("%w: its \"htu\" is not %s", jwks.ErrProof, g.at.target)
	case p.IssuedAt.Before(now.Add(-proofWindow)) || p.IssuedAt.After(now.Add(proofWindow)):
		return fmt.Errorf("%w: it was made %s ago, and at most %s either way is taken", jwks.ErrProof, now.Sub(p.IssuedAt).Round(time.Second), proofWindow)
	case !same(p.AccessTokenHash, hashOf(token)):
		return fmt.Errorf("%w: it is for another token, or names none", jwks.ErrProof)
	}
	if g.nonces != nil {
		fresh, ok := g.nonces.check(p.Nonce, now)
		if !ok {
			return errNonce
		}
		c.renewNonce = !fresh
	}
	if err := g.callsLeft(c.principal, r); err != nil {
		return err // who is over the limit makes us remember nothing more
	}
	return g.takeProof(r.Context(), p, c.principal)
}

// takeProof makes sure that a proof is used once. It may be used again where it is too
// old to be accepted: so long is it remembered, in the share of the caller, who may have
// any number of keys.
func (g *Guard) takeProof(ctx context.Context, p *jwks.Proof, caller *Principal) error {
	id := hashOf(caller.key()) + "." + hashOf(p.Key+"\n"+g.at.target+"\n"+p.ID) // no key and no URL has a line end
	fresh, err := g.replays.Take(ctx, id, p.IssuedAt.Add(proofWindow+replicaSkew))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errReplays, err)
	case !fresh:
		return errReplayed
	}
	return nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// same compares in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// is reports whether "htu" names this endpoint: its configured URL, as clients know it.
// Never is that URL made of Host or of anything forwarded, which callers choose, nor of
// the path of the request: where a handler serves more paths than the resource, each has
// an alias, see [Guard.For].
func (at *endpoint) is(htu string) bool {
	target := normalised(htu)
	return target != "" && target == at.target
}

// normalised is a URL in the one form that all of its spellings share, without query
// and fragment, as RFC 9449 §4.3 advises (RFC 3986 §6.2.2, §6.2.3). It is "" for what is
// no such URL.
func normalised(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return ""
	}
	u, err = url.Parse(originOf(u) + normalisedPath(u.EscapedPath()))
	if err != nil {
		return ""
	}
	u = new(url.URL).ResolveReference(u) // which takes dot segments away
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return originOf(u) + path
}

// normalisedPath has every percent-encoding in capitals, and none that is not needed
// (RFC 3986 §6.2.2.1, §6.2.2.2). url.Parse has seen that each is whole.
func normalisedPath(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			b.WriteByte(path[i])
			continue
		}
		plain, _ := url.PathUnescape(path[i : i+3])
		if strings.Contains(unreserved, plain) {
			b.WriteString(plain)
		} else {
			b.WriteString(strings.ToUpper(path[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

// unreserved is RFC 3986 §2.3.
const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
