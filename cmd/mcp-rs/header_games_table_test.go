package main

import "strings"

// A game is a request that is meant to be taken for another one.
type game struct {
	name   string
	lines  []string // header lines as they stand; TOKEN, STALE and KEY are put in
	status int      // of the answer of mcp-rs over HTTP/1.1; 200 is the only admission

	method, target, host, body string // if not those of an honest call

	over string // the protocol to play it over, if one alone has such a thing
}

// credentialGames are about who is asking.
var credentialGames = []game{
	{name: "nothing", status: 401},
	{name: "a good token", lines: []string{"Authorization: Bearer TOKEN"}, status: 200},
	{name: "a good key", lines: []string{"X-API-Key: KEY"}, status: 200},
	{name: "scheme in small letters", lines: []string{"Authorization: bearer TOKEN"}, status: 200},
	{name: "scheme in capitals", lines: []string{"Authorization: BEARER TOKEN"}, status: 200},
	{name: "header name in odd case", lines: []string{"aUTHORIZATION: Bearer TOKEN"}, status: 200},
	{name: "blanks after the scheme", lines: []string{"Authorization:   Bearer   TOKEN  "}, status: 200},

	{name: "twice the same", lines: []string{"Authorization: Bearer TOKEN", "Authorization: Bearer TOKEN"}, status: 400},
	{name: "good, then bad", lines: []string{"Authorization: Bearer TOKEN", "Authorization: Bearer STALE"}, status: 400},
	{name: "bad, then good", lines: []string{"Authorization: Bearer STALE", "Authorization: Bearer TOKEN"}, status: 400},
	{name: "empty, then good", lines: []string{"Authorization:", "Authorization: Bearer TOKEN"}, status: 400},
	{name: "Basic, then good", lines: []string{"Authorization: Basic YTpi", "Authorization: Bearer TOKEN"}, status: 400},
	{name: "in two cases", lines: []string{"authorization: Bearer STALE", "AUTHORIZATION: Bearer TOKEN"}, status: 400},
	{name: "with other headers between", lines: []string{"Authorization: Bearer STALE", "Accept: */*", "Authorization: Bearer TOKEN"}, status: 400},
	{name: "joined by a comma", lines: []string{"Authorization: Bearer TOKEN, Bearer TOKEN"}, status: 400},
	{name: "joined without a blank", lines: []string{"Authorization: Bearer TOKEN,TOKEN"}, status: 400},
	{name: "a comma behind", lines: []string{"Authorization: Bearer TOKEN,"}, status: 400},
	{name: "a comma before", lines: []string{"Authorization: , Bearer TOKEN"}, status: 401},

	// RFC 9112 §5.2 has a server replace a fold by blanks, or refuse: one between scheme
	// and token is a blank, and so nothing more than that.
	{name: "folded between scheme and token", lines: []string{"Authorization: Bearer\r\n TOKEN"}, status: 200, over: "HTTP/1.1"},
	{name: "folded into the line of another header", lines: []string{"Accept: */*\r\n Authorization: Bearer TOKEN"}, status: 401},
	{name: "folded by a tab into another", lines: []string{"Accept: */*\r\n\tAuthorization: Bearer TOKEN"}, status: 401},
	{name: "a second token in a fold", lines: []string{"Authorization: Bearer TOKEN\r\n TOKEN"}, status: 400},
	{name: "a token in two lines", lines: []string{"Authorization: Bearer TOKEN.\r\n x"}, status: 400},

	{name: "tab after the scheme", lines: []string{"Authorization: Bearer\tTOKEN"}, status: 401},
	{name: "tab in the token", lines: []string{"Authorization: Bearer TOKEN\tx"}, status: 400},
	{name: "NUL behind", lines: []string{"Authorization: Bearer TOKEN\x00"}, status: 400},
	{name: "NUL for the blank", lines: []string{"Authorization: Bearer\x00TOKEN"}, status: 400},
	{name: "bell", lines: []string{"Authorization: Bearer TOKEN\x07"}, status: 400},
	{name: "escape", lines: []string{"Authorization: \x1bBearer TOKEN"}, status: 400},
	{name: "DEL", lines: []string{"Authorization: Bearer TOKEN\x7f"}, status: 400},
	{name: "vertical tab for the blank", lines: []string{"Authorization: Bearer\x0bTOKEN"}, status: 400},
	{name: "carriage return alone", lines: []string{"Accept: */*\rAuthorization: Bearer TOKEN"}, status: 400},
	{name: "NUL in the name", lines: []string{"Author\x00ization: Bearer TOKEN"}, status: 400},
	{name: "blank behind the name", lines: []string{"Authorization : Bearer TOKEN"}, status: 400},
	{name: "tab behind the name", lines: []string{"Authorization\t: Bearer TOKEN"}, status: 400},
	{name: "name that is none", lines: []string{"Authoriz(ation): Bearer TOKEN"}, status: 400},
	{name: "name with a dotless i", lines: []string{"Authorızation: Bearer TOKEN"}, status: 400},
	{name: "no-break space for the blank", lines: []string{"Authorization: Bearer\u00a0TOKEN"}, status: 401},
	{name: "invalid UTF-8 before", lines: []string{"Authorization: Bearer \xff\xfeTOKEN"}, status: 401},

	{name: "Basic", lines: []string{"Authorization: Basic TOKEN"}, status: 401},
	{name: "Digest", lines: []string{`Authorization: Digest username="TOKEN"`}, status: 401},
	{name: "scheme of another name", lines: []string{"Authorization: Token TOKEN"}, status: 401},
	{name: "scheme of a key", lines: []string{"Authorization: ApiKey KEY"}, status: 401},
	{name: "proof missing", lines: []string{"Authorization: DPoP TOKEN"}, status: 401},
	{name: "key as a token", lines: []string{"Authorization: Bearer KEY"}, status: 401},
	{name: "token as a key", lines: []string{"X-API-Key: TOKEN"}, status: 401},
	{name: "empty", lines: []string{"Authorization:"}, status: 401},
	{name: "scheme alone", lines: []string{"Authorization: Bearer"}, status: 400},
	{name: "scheme and a blank", lines: []string{"Authorization: Bearer "}, status: 400},
	{name: "no scheme", lines: []string{"Authorization: TOKEN"}, status: 401},
	{name: "glued", lines: []string{"Authorization: BearerTOKEN"}, status: 401},
	{name: "scheme with a colon", lines: []string{"Authorization: Bearer: TOKEN"}, status: 401},
	{name: "scheme twice", lines: []string{"Authorization: Bearer Bearer TOKEN"}, status: 400},
	{name: "token in quotes", lines: []string{`Authorization: Bearer "TOKEN"`}, status: 401},
	{name: "token as a parameter", lines: []string{"Authorization: Bearer token=TOKEN"}, status: 401},
	{name: "header of a MiB", lines: []string{"Authorization: Bearer " + strings.Repeat("a", 1<<20)}, status: 431},
	{name: "a thousand headers, then good", lines: append(many("X-Padding: "+strings.Repeat("a", 100), 1000), "Authorization: Bearer TOKEN"), status: 431},
	{name: "a good token after all that", lines: []string{"Authorization: Bearer TOKEN"}, status: 200},

	{name: "query", target: "/mcp?access_token=TOKEN", status: 400},
	{name: "query of another name", target: "/mcp?token=TOKEN&authorization=Bearer%20TOKEN&api_key=KEY", status: 401},
	{name: "query beside a good token", target: "/mcp?access_token=STALE", lines: []string{"Authorization: Bearer TOKEN"}, status: 400},
	{name: "form", lines: []string{"Content-Type: application/x-www-form-urlencoded"}, body: "access_token=TOKEN", status: 401},
	{name: "message", body: `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"access_token":"TOKEN"}}`, status: 401},
	{name: "cookie", lines: []string{"Cookie: access_token=TOKEN; Authorization=TOKEN; X-API-Key=KEY"}, status: 401},
	{name: "headers of other names", lines: []string{"Proxy-Authorization: Bearer TOKEN", "X-Authorization: Bearer TOKEN", "X-Access-Token: TOKEN", "Authentication: Bearer TOKEN"}, status: 401},
	{name: "headers with underscores", lines: []string{"X_API_Key: KEY", "HTTP_AUTHORIZATION: Bearer TOKEN"}, status: 401},

	{name: "token and key, both good", lines: []string{"Authorization: Bearer TOKEN", "X-API-Key: KEY"}, status: 200},
	{name: "bad token, good key", lines: []string{"Authorization: Bearer STALE", "X-API-Key: KEY"}, status: 401},
	{name: "Basic, good key", lines: []string{"Authorization: Basic YTpi", "X-API-Key: KEY"}, status: 401},
	{name: "empty token, good key", lines: []string{"Authorization: Bearer", "X-API-Key: KEY"}, status: 400},
	{name: "key twice", lines: []string{"X-API-Key: KEY", "X-API-Key: KEY"}, status: 400},
	{name: "bad key, then good", lines: []string{"X-API-Key: no", "x-api-key: KEY"}, status: 400},
	{name: "keys joined by a comma", lines: []string{"X-API-Key: KEY, KEY"}, status: 401},
	{name: "empty key", lines: []string{"X-API-Key:"}, status: 401},
	{name: "key in capitals", lines: []string{"X-API-Key: " + strings.ToUpper(apiKey)}, status: 401},
}

func many(line string, n int) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat(line+"\n", n), "\n"), "\n")
}

// proxyGames are what a proxy might say, or undo (RFC 9110 §7.6.1). Nobody is asking.
var proxyGames = []game{
	{name: "hop-by-hop, nothing", lines: []string{"Connection: Authorization, X-API-Key, X-Forwarded-For"}, status: 401},
	{name: "hop-by-hop, bad token", lines: []string{"Connection: close, Authorization", "Authorization: Bearer STALE", "X-API-Key: KEY"}, status: 401},
	{name: "hop-by-hop, host", lines: []string{"Connection: Host, Origin", "Origin: https://attacker.example"}, status: 403},
	{name: "upgrade", lines: []string{"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"}, status: 401},
	{name: "websocket", method: "GET", lines: []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="}, status: 401},
	{name: "trailer", lines: []string{"Trailer: Authorization", "TE: trailers"}, status: 401},
	{name: "two lengths", lines: []string{"Content-Length: 0"}, status: 400},
	{name: "length and chunks", lines: []string{"Transfer-Encoding: chunked"}, body: "0\r\n\r\n", status: 401},
	{name: "chunks of another kind", lines: []string{"Transfer-Encoding: xchunked"}, status: 501},

	{name: "user of a proxy", lines: []string{"X-Forwarded-User: alice", "X-Forwarded-Email: alice@example.com", "X-Auth-Request-User: alice", "Remote-User: alice", "X-Remote-User: alice"}, status: 401},
	{name: "token of a proxy", lines: []string{"X-Forwarded-Access-Token: TOKEN", "X-Auth-Request-Access-Token: TOKEN", "X-Forwarded-Authorization: Bearer TOKEN"}, status: 401},
	{name: "address of a proxy", lines: []string{"X-Forwarded-For: 127.0.0.1", "X-Real-IP: ::1", "True-Client-IP: 127.0.0.1", "Forwarded: for=127.0.0.1;host=attacker.example;proto=https"}, status: 401},
	{name: "host of a proxy", lines: []string{"X-Forwarded-Host: attacker.example", "X-Forwarded-Server: attacker.example", "X-Host: attacker.example", "X-Forwarded-Proto: http", "X-Forwarded-Prefix: /attacker.example"}, status: 401},
	{name: "path of a proxy", lines: []string{"X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-Forwarded-Uri: /healthz", "X-Original-Method: OPTIONS"}, status: 401},
	{name: "certificate of a proxy", lines: []string{"X-Forwarded-Client-Cert: Hash=00;Subject=\"CN=alice\"", "X-SSL-Client-Verify: SUCCESS", "Client-Cert: :AAAA:"}, status: 401},
	{name: "method of a proxy", lines: []string{"X-HTTP-Method-Override: OPTIONS", "X-HTTP-Method: OPTIONS", "X-Method-Override: OPTIONS"}, status: 401},
	{name: "method of a proxy in the query", target: "/mcp?_method=OPTIONS", status: 401},
	{name: "verified elsewhere", lines: []string{"X-Verified: true", "X-Authenticated: true", "X-Internal: 1", "X-Scopes: read write admin", "Mcp-Session-Id: 1", "User-Agent: kube-probe/1.30"}, status: 401},

	{name: "another host", host: "attacker.example", lines: []string{"Authorization: Bearer TOKEN"}, status: 403},
	{name: "another origin", lines: []string{"Origin: https://attacker.example", "Authorization: Bearer TOKEN"}, status: 403},
	{name: "GET", method: "GET", status: 401},
	{name: "HEAD", method: "HEAD", status: 401},
	{name: "PUT", method: "PUT", status: 401},
	{name: "DELETE", method: "DELETE", status: 401},
	{name: "TRACE", method: "TRACE", status: 401},
	{name: "OPTIONS that is no preflight", method: "OPTIONS", status: 401},
	{name: "method that nobody knows", method: "BREW", status: 401},
	{name: "method in small letters", method: "post", status: 401},
	{name: "preflight with a method behind it", method: "POST", lines: []string{"Access-Control-Request-Method: POST"}, status: 401},
}

// pathGames are other spellings of the endpoint's path, and places that others have.
// None is asked with a credential, so none may answer with a success.
var pathGames = []string{
	"/mcp", "/mcp?x", "/mcp?", "/mcp#/healthz", "/%6dcp", "/m%63p", "/%6D%63%70", "/mcp/messages", "/mcp/%6dessages",
	"/mcp/", "/mcp/.", "/mcp/..", "/mcp/../mcp", "/mcp/./messages", "/mcp//messages", "/mcp/messages/", "/mcp/messages/..",
	"//mcp", "///mcp", "/.//mcp", "/./mcp", "/x/../mcp", "/../mcp", "/../../mcp", "/healthz/../mcp", "/readyz/..//mcp",
	"/.well-known/../mcp", "/.well-known/oauth-protected-resource/../../mcp", "/.well-known/oauth-protected-resource/mcp/../../../mcp",
	"/mcp/../healthz", "/mcp/%2e", "/mcp/%2e%2e", "/mcp/%2e%2e/mcp", "/%2e/mcp", "/healthz/%2e%2e/mcp", "/healthz/.%2e/mcp",
	"/mcp%2f", "/mcp%2F", "/%2fmcp", "/%2Fmcp", "/mcp%2fmessages", "/mcp%2f..%2fhealthz", "/healthz%2f..%2fmcp", "/healthz%2f%2e%2e%2fmcp",
	"/mcp;x", "/mcp;x=1", "/mcp;/healthz", "/healthz;/../mcp", "/..;/mcp", "/mcp/;/messages", "/healthz/..;/mcp",
	"/MCP", "/Mcp", "/mcp.", "/mcp.json", "/mcp%20", "/mcp%09", "/mcp%00", "/mcp%0a", "/mcp%0d%0aAuthorization:%20Bearer%20TOKEN", "/mcp%3f", "/mcp%23",
	"/mcp\\", "/\\mcp", "/mcp\\..\\healthz", "/mcp%5c", "/%5cmcp", "/mcp%252f", "/%256dcp", "/mcp%c0%af", "/mcp%ef%bc%8f", "/ｍcp", "/mcp%",
	"https://attacker.example/mcp", "https://attacker.example/healthz/../mcp", "https:///mcp", "mcp", "", "*", "@attacker.example/mcp",
	"/sse", "/message", "/message?sessionId=1", "/register", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/", "/admin",
}
