// Package gosdk puts servers of github.com/modelcontextprotocol/go-sdk behind a
// [middleware.Guard]. It is a module of its own: nobody else inherits the dependency.
//
// [Handler] stands where [mcp.NewStreamableHTTPHandler] stood, inside the guard:
//
//	guard, err := middleware.New(middleware.Config{…})
//	…
//	h := gosdk.Handler(func(*http.Request) *mcp.Server { return server }, nil)
//	mux.Handle("/mcp", guard.Handler(h))
//	mux.Handle(guard.Metadata())
//
// The guard decides and answers, as it does for any handler: which tokens and API
// keys, which scopes, which tools under a [middleware.Policy], and every 401, 403 and
// 503 with its challenge. The package adds what the server needs in order to know who
// was admitted:
//
//   - In tools, prompts, resources and receiving middleware the context is that of this
//     request: [middleware.PrincipalFrom] returns its caller, and
//     [middleware.RequireScopes] asks about it. In a session the SDK's own context is
//     that of the request that opened it, which a token renewed since, with more scopes
//     or with fewer, does not change. The context ends when the SDK ends the call, and
//     not with the connection.
//   - Lists show each caller what the policy lets it see ([middleware.Visible]), and
//     are marked cacheScope "private".
//   - req.Extra.TokenInfo is filled in for code that was written for the SDK alone:
//     Scopes, Expiration (zero for an API key that does not end) and UserID.
//   - The UserID binds sessions: a session id that somebody else sends is answered
//     “session user mismatch”, 403, on POST, GET and DELETE, and a renewed token keeps
//     its session. It is unique across methods and issuers, stays the same for as long
//     as the user does, and is opaque: compare it, and do not take it apart. It does
//     not tell the clients of one user apart.
//   - The SDK's own check of Host is off. The guard has made that check already, and
//     knows the names under which a reverse proxy on this machine passes requests on.
//
// Leave [middleware.Config].Sessions nil: the SDK keeps sessions in the memory of one
// process and gives out ids of its own, which that would refuse.
//
// There is no [auth.TokenVerifier] here for the SDK's own [auth.RequireBearerToken]. It
// would be a second way, and a weaker one: that middleware writes no "error" into its
// challenges, so that clients never step up, sends the verifier's error text to the
// caller, and has no API keys.
//
// # Callers without an identity
//
// Someone whom the configuration admits without a credential
// ([middleware.MethodAnonymous], [middleware.MethodDisabled]) has no UserID, as the SDK
// understands it: code that takes a UserID for a signed-in user stays right. The SDK
// leaves a session that such a caller opens unbound, so it belongs to whoever knows its
// id, before and after they sign in. Each request in it is still judged, and seen by
// tools, as its own credential says. An anonymous caller never gets into the session of
// one who has signed in. Where that is not enough, have no sessions
// ([mcp.StreamableHTTPOptions].Stateless), or admit nobody anonymously.
//
// # What not to put behind a guard
//
// [mcp.NewStreamableHTTPHandler] itself: without a UserID the SDK binds no session, and
// tools see whoever opened it as the caller, whoever calls.
//
// [mcp.SSEHandler], the transport of revision 2024-11-05: it binds no session to a user
// at all and hands tools no TokenInfo. There is no adapter for it.
package gosdk
