package main

import (
	"github.com/mcp-rs/mcp-rs/middleware"
)

// hints say what an operator can do about a refusal: which variable, and what to
// set it to. A test makes sure that no reason is left out.
var hints = map[middleware.Reason]string{
	"host_refused":        "the Host header names neither MCP_RESOURCE_URL's host nor this machine; add the name that clients use to MCP_ALLOWED_HOSTS",
	"origin_refused":      "a web page called; if you trust its origin, add it to MCP_ALLOWED_ORIGINS, such as https://app.example.com or http://localhost:*",
	"malformed_request":   "the client must send one Authorization header or one X-API-Key header, and no access_token in the URL",
	"no_credential":       "the client sent neither Authorization: Bearer nor X-API-Key; for local work without any, set MCP_AUTH_REQUIRED=false",
	"unsupported_scheme":  "the client's Authorization header has another scheme than Bearer",
	"jwt_disabled":        "JWT authentication is not enabled; set MCP_JWT_ENABLED=true, MCP_JWT_ISSUER to the provider's issuer and MCP_JWT_AUDIENCE to the audience of its tokens",
	"opaque_token":        "the token is no JWT, so it cannot be checked here; make the provider issue JWT access tokens for this audience (Auth0, Ory, Zitadel and Logto do so only when the client names an audience or resource)",
	"api_key_disabled":    "API keys are not enabled; set MCP_API_KEY_ENABLED=true and MCP_API_KEYS or MCP_API_KEYS_FILE",
	"unknown_api_key":     "the key is in neither MCP_API_KEYS nor MCP_API_KEYS_FILE; add it, or make one with mcp-rs keygen",
	"expired_api_key":     "the key's expires= in MCP_API_KEYS_FILE is over; make a new one with mcp-rs keygen",
	"malformed_token":     "the token is damaged or breaks a rule of RFC 7515 or RFC 7519; the error beside this says which",
	"encrypted_token":     "the token is encrypted; for Auth0 let clients ask for the API's identifier as audience, or switch on the Resource Parameter Compatibility Profile",
	"wrong_issuer":        "the token's iss is in no entry of MCP_JWT_ISSUER; write it exactly as the provider's discovery document does, slash included",
	"wrong_algorithm":     "the token's alg is not in MCP_JWT_ALGORITHM; add the one that the provider signs with, such as MCP_JWT_ALGORITHM=RS256,ES256",
	"unknown_key":         "the provider's key set has no key for this token; check that MCP_OAUTH_SERVER_URL or MCP_OAUTH_JWKS_URI belong to the issuer of the token",
	"bad_signature":       "the key does not fit the token: it was altered, or MCP_JWT_SECRET or MCP_JWT_PUBLIC_KEY is another one than the issuer's",
	"expired":             "the client must get a new token; if the clocks differ, set MCP_JWT_LEEWAY (60s by default, 5m at most)",
	"not_yet_valid":       "the token begins in the future; if the clocks differ, set MCP_JWT_LEEWAY (60s by default, 5m at most)",
	"wrong_audience":      "the token was made for another server; set MCP_JWT_AUDIENCE to the audience it is for if that is this one, or make clients ask for MCP_RESOURCE_URL",
	"wrong_type":          "the token is of another sort (an ID token, a logout token, a proof); send the access token, or set MCP_JWT_REQUIRE_AT_JWT=false if the provider does not mark its access tokens",
	"missing_claim":       "the token lacks exp or a claim of MCP_JWT_REQUIRED_CLAIMS, or the claim has another value",
	"sender_bound":        "the token is bound to a client key (DPoP or mTLS), which this server cannot check; make the provider issue plain Bearer tokens",
	"keys_unavailable":    "the provider's keys cannot be fetched; check the network and MCP_OAUTH_SERVER_URL or MCP_OAUTH_JWKS_URI",
	"too_many_requests":   "the caller is over MCP_CALL_LIMIT, or its address over MCP_FAILURE_LIMIT, in this minute; raise them if that is too strict",
	"unknown_session":     "the session is over, or another caller's; the client begins a new one. If several replicas serve, give all of them the same MCP_SESSION_KEYS",
	"denied_caller":       "the caller is in MCP_DENYLIST_FILE",
	"forbidden_operation": "a rule of MCP_POLICY_FILE or MCP_TOOL_SCOPES denies it, or none is about it and the default is to deny; the error beside this says which",
	"unsupported_content": "the client must send Content-Type: application/json, once",
	"header_mismatch":     "the client's Mcp-Method, Mcp-Name or MCP-Protocol-Version header contradicts the message it sent",
	"ambiguous_message":   "the message has a name twice, or one that differs by case from a name of the protocol; the client must send each once",
	"batch_refused":       "the client sent a JSON-RPC batch, which only protocol revision 2025-03-26 has",
	"malformed_message":   "the body is not one JSON-RPC message of MCP; the error beside this says why",
	"insufficient_scope":  "the credential lacks a scope of MCP_REQUIRED_SCOPES or of the tool; grant it to the client or user at the provider, or see MCP_SCOPE_CLAIMS for where scopes are read",
	"body_too_large":      "the request body is larger than MCP_MAX_BODY_BYTES",
	"unreadable_body":     "the client broke off while it sent the request",
	"panic":               "a defect; the stack is in the log",
	"internal":            "a defect; please report it with the log line",
}
