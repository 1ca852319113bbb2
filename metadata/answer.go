package metadata

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const (
	readMethods = "GET, HEAD, OPTIONS"

	// allowedHeaders answers a preflight that lists nothing, or nothing sane. A "*"
	// would not cover Authorization (Fetch, CORS protocol).
	allowedHeaders = "Accept, Authorization, Content-Type, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID"

	maxAllowHeaders = 1024 // bytes of a requested list that are echoed

	documentAge = "public, max-age=300"
)

// fieldNames is a list of field names, RFC 9110 §5.6.1 and §5.6.2.
var fieldNames = regexp.MustCompile("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\\-.^_`|~0-9A-Za-z]+)*$")

// NotFound answers 404 in JSON: for every well-known path without a document. A
// client that gets a page instead stops its search (it cannot parse it), and one
// that gets a 401 thinks that the document exists.
func NotFound() http.Handler {
	body := failure("not found", "there is no document at this path")
	get := func(w http.ResponseWriter, r *http.Request) { refuse(w, r, http.StatusNotFound, body) }
	return public(get, get)
}

// NotConfigured answers 404 in JSON where the document of a provider would be, and
// tells the operator which variable to set.
func NotConfigured(variable string) http.Handler {
	body := failure("OAuth authorization server not configured", "set "+variable+" to the URL of the OAuth provider")
	return document(func(w http.ResponseWriter, r *http.Request) { refuse(w, r, http.StatusNotFound, body) })
}

// document is a handler of GET, HEAD and OPTIONS.
func document(get http.HandlerFunc) http.Handler {
	body := failure("method not allowed", "use GET")
	return public(get, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", readMethods)
		refuse(w, r, http.StatusMethodNotAllowed, body)
	})
}

// public lets the scripts of every page read what get and other answer. They say
// the same to anyone and look at no credential, so no origin has to be told apart.
func public(get, other http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			get(w, r)
		case http.MethodOptions:
			preflight(w, r, readMethods)
		default:
			other(w, r)
		}
	})
}

// preflight echoes the requested names, because clients send some that nobody can
// list beforehand (Mcp-Param-*).
func preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h.Set("Allow", methods)
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Max-Age", "7200")
	requested := strings.Join(r.Header.Values("Access-Control-Request-Headers"), ", ")
	if len(requested) > maxAllowHeaders || !fieldNames.MatchString(requested) {
		requested = allowedHeaders
	}
	h.Set("Access-Control-Allow-Headers", requested)
	w.WriteHeader(http.StatusNoContent)
}

// publish answers with a document.
func publish(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Cache-Control", documentAge)
	write(w, r, http.StatusOK, body)
}

// refuse answers with a failure, which nobody shall keep: it ends when the
// operator or the provider ends it.
func refuse(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, status, body)
}

func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // nobody is left to tell
	}
}

func failure(code, message string) []byte {
	body, _ := encode(struct { // two strings always encode
		Error   string `json:"error"`
		Message string `json:"message"`
	}{code, message})
	return body
}

// encode leaves &, < and > as they are: a URL in a document is to be read by
// people as well.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}
