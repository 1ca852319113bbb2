package opaque

import (
	"context"
	"net/http"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// A Provider says whom to ask about tokens that only their issuer can read, how to ask,
// and what in the answer lets a caller in.
type Provider struct {
	_ [0]func() // keyed literals only, so that fields can be added

	// Issuer is who vouches for these tokens: [jwks.Claims.Issuer] of every one. An
	// answer that names another issuer is refused. Required.
	Issuer string

	// Prefixes are the beginnings of the tokens that go to this provider, such as "oat_".
	// Empty takes what no other provider does, but for signed and encrypted tokens; one may
	// be so. A prefix that a JWT could begin with is an error, and so is one that some token
	// has together with a prefix of another provider.
	Prefixes []string

	// JWT says whether tokens that can be verified here are asked about too.
	JWT JWT

	// Ask is the request that is made.
	Ask Ask

	// Lookup asks in place of Ask, for what no HTTP request of that form can do. It
	// returns the JSON object to read; an error that wraps [ErrInactive] where the
	// provider says that the token is not good; and any other where it cannot tell. It is
	// called by several goroutines at once, and must heed its context.
	Lookup func(ctx context.Context, token string) ([]byte, error)

	// Read says where the answer holds what.
	Read Read

	// Audiences, Clients, AudienceOptional, RequiredClaims, RefusedClaims and Leeway are
	// as in [jwks.Issuer]. Nothing passes on neither an audience nor a client.
	Audiences                     []string
	Clients                       []string
	AudienceOptional              bool
	RequiredClaims, RefusedClaims []string
	Leeway                        time.Duration

	// KeepFor bounds how long a good answer is used, beside the end of the token: how
	// long a revoked token may still pass. Zero means 1 minute; more than 1 hour is an
	// error. While the provider is down a good answer is used for as long and no longer.
	// Bad answers are kept for 10 seconds at most.
	KeepFor time.Duration

	// Timeout bounds one question. Zero means 5 seconds; more than 10 is an error, as
	// clients have given up by then.
	Timeout time.Duration
}

// JWT says whether a provider is asked about signed tokens.
type JWT string

// The ways to treat signed tokens.
const (
	JWTVerified JWT = ""        // they are verified with keys and not asked about
	JWTAsked    JWT = "instead" // every token is asked about, and none verified here
	JWTBoth     JWT = "also"    // tokens of Issuer are verified first, and asked about then: see [Verifier.Confirm]
)

// An Ask is a request about one token. The answer must be a JSON object, and its
// Content-Type must say so. Its zero value is that of RFC 7662 §2.1, without
// credentials of our own: a POST with the form member "token".
type Ask struct {
	_ [0]func()

	// URL is where to ask: https, or http to a loopback host. It is never taken from a
	// token. Empty looks for "introspection_endpoint" in the documents of Provider.Issuer
	// (RFC 8414 §2).
	URL string

	// Method is GET or POST. Empty means POST.
	Method string

	// Put says where the token goes. Empty means "form:token".
	//
	//	form:NAME    a member of a form in the body
	//	json:NAME    a member of a JSON object in the body
	//	query:NAME   a member of the query, for providers that take it nowhere else
	//	bearer       the Authorization header: the token itself is the credential
	Put string

	// Auth says how we prove who asks (RFC 6749 §2.3.1, RFC 7662 §2.1). Empty means not
	// at all.
	Auth     Auth
	ClientID string       // of Basic and Post
	Secret   *jwks.Secret // the client's secret, or the token of Bearer

	// Header is sent with each request. What Put and Auth decide about is an error.
	Header http.Header

	// Bad are statuses that say that the token is not good, out of those from 400 to 499.
	// Any but these and 200 means that the provider could not tell: a 401, where we have
	// credentials of our own, that it does not know them (RFC 7662 §2.3).
	Bad []int
}

// Auth is how we authenticate to a provider.
type Auth string

// The ways to authenticate.
const (
	AuthNone   Auth = ""
	AuthBasic  Auth = "basic"  // client_secret_basic
	AuthPost   Auth = "post"   // client_secret_post
	AuthBearer Auth = "bearer" // a token of our own
)

// Read says under which names an answer holds what. A dot descends into an object, and
// "header:NAME" is a header of the answer. Of several names the first that is there
// counts, but for Scopes, which are taken together. Empty means what RFC 7662 §2.2 calls
// it. Whole numbers are read as text where text is wanted, and digits in a string as a
// number. Null is the same as nothing.
//
// An answer is read strictly, as a token is: what is there twice, or beside a name that
// differs by case alone, or has a type that makes no sense, could mean two things. That
// tells nothing of the token, and so counts as no answer and not as a bad one.
type Read struct {
	_ [0]func()

	Active   string   // "active": must be true, and not a text; "-" where the status alone tells
	Subject  []string // "sub"
	Client   []string // "client_id"
	Audience []string // "aud"
	Issuer   []string // "iss"
	Scopes   []string // "scope": words, separated by spaces or commas, or an array
	ID       []string // "jti"

	// Expiry is a number of seconds since 1970, or a time of RFC 3339: "exp". ExpiresIn is
	// a number of seconds from now. Of both the earlier counts. A token with neither does
	// not end, if Endless, and is refused otherwise.
	Expiry, ExpiresIn []string
	Endless           bool
}
