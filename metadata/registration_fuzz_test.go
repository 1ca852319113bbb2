package metadata_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// Whatever is sent: who gets a client gets ours, with no secret and no word of their
// own, and would be sent back only to where the list leads, by net/url's reading.
func FuzzRegistration(f *testing.F) {
	for _, uri := range []string{web, app, loop, six, name, port, root, bare, "http://127.0.0.1:1/callback", "http://127.0.0.1:1@evil.example.net/callback", "http://localhost.evil.example.net"} {
		body, err := json.Marshal(map[string]any{"redirect_uris": []string{uri}, "client_name": "x", "grant_types": []string{"authorization_code"}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"redirect_uris":["` + web + `"],"redirect_uris":["https://evil.example.net/"]}`))
	f.Add([]byte(`{"redirect_uris":["http:\/\/[::1]:33418\/callback"],"token_endpoint_auth_method":"client_secret_post"}`))
	h := registrar(f, registration())
	f.Fuzz(func(t *testing.T, body []byte) {
		resp := post(h, string(body))
		if resp.StatusCode != http.StatusCreated {
			return
		}
		got := object(t, text(t, resp))
		for member := range got {
			switch member {
			case "client_id", "client_id_issued_at", "redirect_uris", "grant_types", "response_types", "token_endpoint_auth_method":
			default:
				t.Fatalf("%q gives a member %q", body, member)
			}
		}
		if got["client_id"] != "public-client" || got["token_endpoint_auth_method"] != "none" {
			t.Fatalf("%q gives %v", body, got)
		}
		uris, _ := got["redirect_uris"].([]any)
		if len(uris) == 0 || len(uris) > 20 {
			t.Fatalf("%q gives %v", body, uris)
		}
		for _, uri := range uris {
			if !leadsHome(uri.(string)) {
				t.Fatalf("%q gives %q", body, uri)
			}
		}
	})
}

// leadsHome reads the URI as a browser would, and not as a string.
func leadsHome(raw string) bool {
	if raw == web || raw == app || raw == port {
		return true
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" {
		return false
	}
	if u.Port() != "" {
		if n, err := strconv.Atoi(u.Port()); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	switch place := u.Hostname() + u.RequestURI(); place {
	case "127.0.0.1/callback", "::1/callback", "localhost/oauth/callback?x=y", "127.0.0.1/", "localhost/":
		return true
	}
	return false
}
