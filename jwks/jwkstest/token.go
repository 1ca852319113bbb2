package jwkstest

import (
	"cmp"
	"time"
)

// A Token says what to mint. The zero value is a good access token (RFC 9068 §2).
type Token struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Claims are laid over the usual ones: iss (the issuer's URL), sub ("alice"),
	// aud (of [Issuer.SetAudience]), iat (now), exp (in an hour) and jti (random).
	// A nil value leaves a claim out. A time.Time becomes a NumericDate.
	Claims map[string]any

	// Header is laid over the usual header: alg, kid and typ ("at+jwt"). A nil
	// value leaves a member out. It changes what is said of the signature, not how
	// that is made.
	Header map[string]any

	// Alg is how to sign, one of the algorithms of [NewKey], HS256, HS384, HS512 or
	// "none". Empty means as the key is meant to.
	Alg string

	// KeyID picks the key to sign with, out of all that are or were published.
	// Empty means the first published one, of Alg if that is set.
	KeyID string

	// Secret signs with HS256, or as Alg says, in place of a key; unless it is nil.
	// The header then has a kid only if KeyID is set.
	Secret []byte
}

// Mint returns a signed token in compact form.
func (is *Issuer) Mint(t Token) string {
	p := is.plan(t)
	header := overlay(p.header, t.Header)
	claims := numericDates(overlay(is.claims(), t.Claims))
	return p.compact(marshal(header), marshal(claims))
}

// MintRaw returns a token of exactly these bytes, whatever they are, signed as Alg,
// KeyID and Secret of t say. Nothing else of t counts.
func (is *Issuer) MintRaw(header, payload []byte, t Token) string {
	return is.plan(t).compact(header, payload)
}

// Signature signs any input, for tokens that are not even encoded as they should
// be. Alg, KeyID and Secret of t say how.
func (is *Issuer) Signature(input []byte, t Token) []byte {
	return is.plan(t).signature(input)
}

// A plan is how one token is signed. It is made once for a token: a rotation in
// between would have one key named and another one sign.
type plan struct {
	alg    string
	key    any
	header map[string]any // what is said of it
}

func (is *Issuer) plan(t Token) plan {
	var p plan
	if t.Secret != nil || t.Alg == "none" {
		p = planKeyless(t)
	} else {
		k := is.signer(t.KeyID, t.Alg)
		p = plan{cmp.Or(t.Alg, k.alg), k.private(), k.header()}
	}
	p.header["alg"] = p.alg
	p.header["typ"] = "at+jwt"
	return p
}

// planKeyless is for tokens that no key of the issuer signs.
func planKeyless(t Token) plan {
	p := plan{alg: cmp.Or(t.Alg, "HS256"), header: map[string]any{}}
	if t.Secret != nil {
		p.key = t.Secret
	}
	if t.KeyID != "" {
		p.header["kid"] = t.KeyID
	}
	return p
}

func (p plan) compact(header, payload []byte) string {
	input := encode(header) + "." + encode(payload)
	return input + "." + encode(p.signature([]byte(input)))
}

func (p plan) signature(input []byte) []byte {
	sig, err := sign(p.alg, p.key, input)
	if err != nil {
		panic("jwkstest: " + err.Error())
	}
	return sig
}

// claims are those of a good token.
func (is *Issuer) claims() map[string]any {
	is.mu.Lock()
	now, audience := is.now, is.audience
	is.mu.Unlock()
	at := now() // without the lock: a test's clock may well ask the issuer something
	out := map[string]any{
		"iss": is.issuer,
		"sub": "alice",
		"iat": at,
		"exp": at.Add(time.Hour),
		"jti": randomText(),
	}
	switch len(audience) {
	case 0:
	case 1:
		out["aud"] = audience[0]
	default:
		out["aud"] = audience
	}
	return out
}

// numericDates turns times into seconds (RFC 7519 §2). encoding/json would write
// text, which a test would see refused for a reason it did not mean.
func numericDates(claims map[string]any) map[string]any {
	for name, value := range claims {
		if at, ok := value.(time.Time); ok {
			claims[name] = at.Unix()
		}
	}
	return claims
}
