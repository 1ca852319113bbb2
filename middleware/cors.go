package middleware

import "net/http"

// What pages on allowed origins may send and read. Browsers hide everything else
// from them, and a client in a page can't sign in without WWW-Authenticate.
const (
	corsMethods = "GET, POST, DELETE, OPTIONS"
	corsExposed = "WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version, Retry-After, DPoP-Nonce"
	corsHeaders = "Authorization, DPoP, Content-Type, Accept, X-API-Key, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name"
	corsMaxAge  = "7200"
)

// cors marks the answer to a request from an allowed origin, whatever the answer
// will be: a page that can't read a 401 can't do anything about it. Credentials
// mode stays off: tokens come in a header that the page sets itself, never from
// cookies.
//
// origin is the lines of that header, of which checkOrigin has let one pass at most. vary
// is memory for a line that is nearly always the only one of its name.
func (g *Guard) cors(h http.Header, origin []string, vary *[1]string) {
	if others := h["Vary"]; len(others) > 0 {
		h["Vary"] = append(others, "Origin")
	} else {
		vary[0] = "Origin"
		h["Vary"] = vary[:]
	}
	if len(origin) == 0 || origin[0] == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin[0])
	h.Set("Access-Control-Expose-Headers", corsExposed)
}

// isPreflight tells the browser's question from any other OPTIONS (Fetch §4.8). It
// is answered before authentication, because browsers put no credential on it.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers it. The requested header names are granted as asked where they
// are plain names: which Mcp-Param-* a tool uses can't be known here.
func preflight(h http.Header, r *http.Request) {
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	headers := r.Header.Get("Access-Control-Request-Headers")
	if headers == "" || !isNameList(headers) {
		headers = corsHeaders
	}
	h.Set("Access-Control-Allow-Headers", headers)
}

// isNameList reports whether s is a bounded list of header names.
func isNameList(s string) bool {
	if len(s) > 1024 {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == ',', c == ' ':
		default:
			return false
		}
	}
	return true
}
