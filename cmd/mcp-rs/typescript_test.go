package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The official client with a credential that it was given.
func TestTypeScript(t *testing.T) {
	needsTypeScript(t)
	d := deploy(t)
	for _, k := range sdks {
		for _, path := range []string{"", aliasSuffix} {
			t.Run(k.name+" "+endpointPath+path+" token", func(t *testing.T) {
				url := d.mcp + path
				token := d.issuer.mint(map[string]any{"aud": url})
				r := k.run(t, d, script{URL: url, Headers: map[string]string{"Authorization": "Bearer " + token}})
				r.check(t, identity{Method: "jwt", Issuer: d.issuer.URL, Subject: "alice", Client: "app"}, "read write admin", allTools)
				r.checkSession(t, k, url, bearerOf(token))
			})
		}
		t.Run(k.name+" API key", func(t *testing.T) {
			r := k.run(t, d, script{URL: d.mcp, Headers: map[string]string{"X-API-Key": apiKey}})
			r.check(t, identity{Method: "api_key", Subject: "key-1"}, "read write admin", allTools)
			r.checkSession(t, k, d.mcp, keyOf(apiKey))
		})
	}
}

// Without one, or with a bad one, it says so, and that is all that happens.
func TestTypeScriptRefused(t *testing.T) {
	needsTypeScript(t)
	d := deploy(t)
	for _, k := range sdks {
		for name, headers := range map[string]map[string]string{
			"no token":                 nil,
			"expired token":            {"Authorization": "Bearer " + d.issuer.mint(map[string]any{"exp": ago()})},
			"token for another server": {"Authorization": "Bearer " + d.issuer.mint(map[string]any{"aud": "https://other.example.com/mcp"})},
			"unknown API key":          {"X-API-Key": "dev-key-canary-124"},
		} {
			t.Run(k.name+" "+name, func(t *testing.T) {
				r := k.run(t, d, script{URL: d.mcp, Headers: headers})
				if r.Failure == nil || r.Failure.Status != http.StatusUnauthorized {
					t.Errorf("failure %+v", r.Failure)
				}
				if !slices.Equal(r.Trace, []string{"POST server/mcp 401"}) {
					t.Errorf("trace %q", r.Trace)
				}
			})
		}
	}
	if strings.Contains(d.log.String(), `"msg":"admitted"`) {
		t.Error("somebody was admitted")
	}
}

// A lone client knows the URL of a server, and who it is itself.
func loneClients(t *testing.T, f func(t *testing.T, k sdk, d *deployment, path string), paths ...string) {
	t.Helper()
	needsTypeScript(t)
	for _, k := range sdks {
		for _, path := range paths {
			t.Run(k.name+" "+path, func(t *testing.T) {
				f(t, k, deploy(t), path)
			})
		}
	}
}

// as is a token like the one that the client of a report had.
func (r report) as(d *deployment) credential {
	return bearerOf(d.issuer.mint(map[string]any{"sub": r.Whoami.Subject, "client_id": r.Whoami.Client}))
}

// A user with a browser: registration, the provider's page, a code. The client asks
// for what the challenge and the document say, character by character.
func TestTypeScriptLogsIn(t *testing.T) {
	loneClients(t, func(t *testing.T, k sdk, d *deployment, path string) {
		url := strings.TrimSuffix(d.mcp, endpointPath) + path
		r := k.run(t, d, script{URL: url, Login: "browser"})
		r.check(t, identity{Method: "jwt", Issuer: d.issuer.URL, Subject: "alice", Client: r.Whoami.Client}, "read write", allTools)
		r.checkSession(t, k, url, r.as(d))
		r.checkLogin(t, path, "POST issuer/register 201", "GET issuer/authorize 302")
		for at, want := range map[string]string{"/register": "scope", "/authorize": "resource scope", "/token": "resource"} {
			sent := d.issuer.sent(at)
			if len(sent) != 1 {
				t.Fatalf("%s was asked %d times", at, len(sent))
			}
			for _, name := range strings.Fields(want) {
				if got, want := sent[0].Get(name), map[string]string{"resource": url, "scope": "read write"}[name]; got != want {
					t.Errorf("%s was sent %s %q, want %q", at, name, got, want)
				}
			}
		}
	}, endpointPath, endpointPath+aliasSuffix)
}

// robotOf is how a program without a user is known to the provider. Version 1 of the
// SDK asks for the scopes that it is told, 2 for those of the challenge.
func robotOf(k sdk, d *deployment) map[string]string {
	r := map[string]string{"clientId": robot, "clientSecret": robotSecret, "expectedIssuer": d.issuer.URL}
	if k.major == 1 {
		r["scope"] = "read write"
	}
	return r
}

func TestTypeScriptRobot(t *testing.T) {
	loneClients(t, func(t *testing.T, k sdk, d *deployment, path string) {
		url := strings.TrimSuffix(d.mcp, endpointPath) + path
		r := k.run(t, d, script{URL: url, Login: "robot", Robot: robotOf(k, d)})
		r.check(t, identity{Method: "jwt", Issuer: d.issuer.URL, Subject: robot, Client: robot}, "read write", robotTools)
		r.checkSession(t, k, url, r.as(d))
		r.checkLogin(t, path)
		if sent := d.issuer.sent("/token"); len(sent) != 1 || sent[0].Get("resource") != url || sent[0].Get("scope") != "read write" {
			t.Errorf("the provider was sent %v", sent)
		}
	}, endpointPath, endpointPath+aliasSuffix)
}

// A token that ends while its session is in use is exchanged for another one, and
// the session goes on.
func TestTypeScriptRefreshes(t *testing.T) {
	for _, test := range []struct{ login, grant, path, tools string }{
		{"browser", "refresh_token", endpointPath, allTools},
		{"robot", "client_credentials", endpointPath + aliasSuffix, robotTools},
	} {
		loneClients(t, func(t *testing.T, k sdk, d *deployment, path string) {
			url := strings.TrimSuffix(d.mcp, endpointPath) + path
			r := k.run(t, d, script{URL: url, Login: test.login, Robot: robotOf(k, d), Expired: d.issuer.mint(map[string]any{"exp": ago()})})
			r.check(t, r.Whoami.identity, "read write", test.tools)
			if r.WhoamiAgain.identity != r.Whoami.identity || r.Whoami.Method != "jwt" || r.SessionAgain != r.Session {
				t.Errorf("%+v in session %q, and then %+v in %q", r.Whoami, r.Session, r.WhoamiAgain, r.SessionAgain)
			}
			r.checkLogin(t, path) // of what came after the end
			sent := d.issuer.sent("/token")
			if last := sent[len(sent)-1]; len(sent) != 2 || last.Get("grant_type") != test.grant || last.Get("resource") != url {
				t.Errorf("the provider was sent %v", sent)
			}
			if !strings.Contains(d.log.String(), `"reason":"expired"`) {
				t.Error("nothing expired")
			}
		}, test.path)
	}
}

// The lock file says what every package is, and not where it comes from: that is for
// the machine to know.
func TestTypeScriptIsPinned(t *testing.T) {
	for name, version := range manifest(t).Dependencies {
		if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
			t.Errorf("%s %s is not one version", name, version)
		}
	}
	lock, err := os.ReadFile(filepath.Join(typescriptDir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	packages, hashes := strings.Count(string(lock), `"node_modules/`), strings.Count(string(lock), `"integrity": "sha512-`)
	if strings.Contains(string(lock), `"resolved"`) || packages == 0 || packages != hashes {
		t.Errorf("%d packages and %d hashes, resolved: %v", packages, hashes, strings.Contains(string(lock), `"resolved"`))
	}
}
