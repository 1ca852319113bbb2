package metadata

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

var (
	// scheme is a private-use one, RFC 8252 §7.1. Its rule of a name with a dot is not
	// kept, because editors do not keep it.
	scheme = regexp.MustCompile(`^[a-z][a-z0-9+.\-]*$`)

	// anyPort is what may stand where a loopback URI has no port.
	anyPort = regexp.MustCompile(`^:[1-9][0-9]{0,4}$`)

	// loopback takes apart http URIs to hosts that are this machine in every browser.
	loopback = regexp.MustCompile(`^(http://(?:localhost|127\.0\.0\.1|\[::1\]))(:[0-9]+)?((?:[/?].*)?)$`)
)

// noApp are the schemes that browsers act on themselves: none can lead to an app, and
// some run what follows as a script.
var noApp = []string{"about", "blob", "chrome", "data", "file", "filesystem", "ftp", "intent", "javascript", "mailto", "resource", "sms", "tel", "vbscript", "view-source", "ws", "wss"}

// A redirect is one URI of an allow-list. Nothing is decoded or normalised, because
// the provider and the browser might do so in another way.
type redirect struct {
	uri        string
	head, tail string // around the port, if any port will do; else both empty
}

func parseRedirect(raw string) (redirect, error) {
	kind, _, _ := strings.Cut(raw, ":")
	switch {
	case strings.Contains(raw, "*"):
		return redirect{}, errors.New("holds a *, but is compared character by character; write each URI")
	case strings.EqualFold(kind, "http"), strings.EqualFold(kind, "https"):
		return parseWeb(raw)
	case strings.Contains(raw, "#"):
		return redirect{}, errors.New("has a fragment; leave out # and what follows (RFC 6749 §3.1.2)")
	case kind == raw || !scheme.MatchString(kind) || len(raw) == len(kind)+1:
		return redirect{}, errors.New("is not an absolute URI; write it as the client sends it, such as http://127.0.0.1/callback")
	case slices.Contains(noApp, kind):
		return redirect{}, errors.New("has a scheme that leads to no client; write https, http to a loopback host, or the scheme of an app")
	case !uri.MatchString(raw):
		return redirect{}, errors.New("holds a character that no URI may hold; percent-encode it (RFC 3986 §2.1)")
	}
	return redirect{uri: raw}, nil
}

// parseWeb reads an entry of http or https.
func parseWeb(raw string) (redirect, error) {
	p, err := split(raw)
	if err != nil {
		return redirect{}, err
	}
	r := redirect{uri: raw}
	if !p.plain() {
		return r, nil
	}
	m := loopback.FindStringSubmatch(raw)
	if m == nil {
		return redirect{}, errors.New("must start with http://127.0.0.1, http://[::1] or http://localhost, in small letters")
	}
	if m[2] == "" {
		r.head, r.tail = m[1], m[3]
	}
	return r, nil
}

// matches compares byte for byte, but for the port of a loopback URI: “The
// authorization server MUST allow any port to be specified at the time of the request
// for loopback IP redirect URIs” — RFC 8252 §7.3.
func (r redirect) matches(asked string) bool {
	if asked == r.uri {
		return true
	}
	port, found := strings.CutPrefix(asked, r.head)
	if r.head == "" || !found {
		return false
	}
	port, found = strings.CutSuffix(port, r.tail)
	return found && anyPort.MatchString(port) && (len(port) < 6 || port <= ":65535")
}
