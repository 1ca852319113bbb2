package preset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// raw is a file as it is written, but for its aliases.
func raw(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("providers", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := yaml.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// walk calls visit for every text below a value, with the name of the member it is in.
func walk(name string, value any, visit func(name, text string)) {
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			walk(name, v, visit)
		}
	case []any:
		for _, v := range value {
			walk(name, v, visit)
		}
	case string:
		visit(name, value)
	}
}

var braces = regexp.MustCompile(`\{([^{}]*)\}`)

// Every placeholder stands for an input of the file, and one in a URL for an input that
// cannot leave its place there.
func TestPlaceholders(t *testing.T) {
	inURLs := []string{"url", "aliases", "discovery", "jwks_url", "issuer", "authorization", "token", "registration"}
	for _, name := range preset.Names() {
		m := raw(t, name)
		declared, _ := m["inputs"].(map[string]any)
		delete(m, "inputs")
		groups := groupsOf(t, name, m["refuses"], declared)
		walk("", m, func(member, text string) {
			for _, found := range braces.FindAllStringSubmatch(text, -1) {
				input := found[1]
				switch {
				case groups[input] && (member == "problem" || member == "when"): // which the condition has found
					continue
				case input == "tenantid", input == "resource" && !slices.Contains(inURLs, member), input == "audience" && member == "audiences":
					continue
				case input == "base":
					input = "url"
				}
				about, ok := declared[input].(map[string]any)
				if !ok || input == "client_secret" {
					t.Errorf("%s: %q has a placeholder that is no input", name, text)
					continue
				}
				atStart := strings.HasPrefix(text, found[0])
				if slices.Contains(inURLs, member) && about["values"] == nil && !slices.Contains([]any{"host", "word", "guid"}, about["kind"]) && !(about["kind"] == "url" && atStart) {
					t.Errorf("%s: %q is a URL that %s could change", name, text, input)
				}
			}
		})
	}
}

// groupsOf is the named groups of conditions. None has the name of an input.
func groupsOf(t *testing.T, preset string, refuses any, declared map[string]any) map[string]bool {
	t.Helper()
	groups := map[string]bool{}
	walk("", refuses, func(member, text string) {
		for _, found := range regexp.MustCompile(`\(\?<([a-z]+)>`).FindAllStringSubmatch(text, -1) {
			groups[found[1]] = true
			if declared[found[1]] != nil || found[1] == "base" {
				t.Errorf("%s: the group %s has the name of an input", preset, found[1])
			}
		}
	})
	return groups
}

// A condition is about an input of the file, in words that are understood.
func TestConditionsAreAboutInputs(t *testing.T) {
	for _, name := range preset.Names() {
		m := raw(t, name)
		declared, _ := m["inputs"].(map[string]any)
		walk("", m, func(member, text string) {
			if member != "when" {
				return
			}
			words := strings.Fields(text)
			valued := len(words) > 1 && slices.Contains([]string{"is", "differs", "matches"}, words[1])
			if len(words) < 2 || declared[words[0]] == nil || !valued && !slices.Contains([]string{"given", "missing", "single", "several"}, words[1]) || (len(words) == 3) != valued {
				t.Errorf("%s: the condition %q", name, text)
			} else if words[1] == "matches" {
				if _, err := regexp.Compile(words[2]); err != nil || !strings.HasPrefix(words[2], "^") {
					t.Errorf("%s: the condition %q: %v", name, text, err)
				}
			}
		})
	}
}

// An input that is asked for says what it is, and its example is one.
func TestInputsAreExplained(t *testing.T) {
	for _, name := range preset.Names() {
		declared, _ := raw(t, name)["inputs"].(map[string]any)
		for input, v := range declared {
			about := v.(map[string]any)
			if about["about"] == nil {
				t.Errorf("%s: %s: what is it?", name, input)
			}
			if known := []any{"host", "word", "guid", "text", "url"}; input != "client_secret" && about["values"] == nil && !slices.Contains(known, about["kind"]) {
				t.Errorf("%s: %s: the kind %v", name, input, about["kind"])
			}
			if about["required"] == true && about["example"] == nil && input != "client_secret" {
				t.Errorf("%s: %s: there is no example", name, input)
			}
		}
	}
}

// The example of an input is a value that it takes.
func TestExamplesWork(t *testing.T) {
	for _, name := range preset.Names() {
		declared, _ := raw(t, name)["inputs"].(map[string]any)
		text := func(input string) string {
			about, _ := declared[input].(map[string]any)
			if about["example"] == nil {
				return ""
			}
			return fmt.Sprint(about["example"])
		}
		list := func(input string) []string {
			if text(input) == "" {
				return nil
			}
			return []string{text(input)}
		}
		in := inputs{
			Domain: text("domain"), Tenants: list("tenant"), Region: text("region"), Server: text("server"), URL: text("url"),
			Clients: list("client_id"), Audiences: list("audience"),
		}
		if _, ok := declared["client_secret"]; ok {
			in.Secret = "s3cret"
		}
		if raw(t, name)["demands"] != nil {
			in.Required = []string{"repository_owner=my-org"}
		}
		g := group{Inputs: in}
		p := g.provider(t, name)
		g.guard(t, name, &network{t: t})
		checkProvider(t, p)
	}
}

func checkProvider(t *testing.T, p *preset.Provider) {
	t.Helper()
	if p.Title == "" || len(p.Issuers)+len(p.Opaque) == 0 {
		t.Errorf("%s: got %+v", p.Name, p)
	}
	if !slices.Contains([]preset.Metadata{preset.Mirror, preset.Patch, preset.Off}, p.Metadata) {
		t.Errorf("%s: metadata %q", p.Name, p.Metadata)
	}
	if p.Metadata == preset.Patch && p.SendsIssuer {
		t.Errorf("%s: its document would be published under our name, and its redirects have its own", p.Name)
	}
	for _, scope := range p.DefaultScopes {
		if err := metadata.CheckScope(scope); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	for _, is := range p.Issuers {
		if slices.ContainsFunc(is.Algorithms, func(a string) bool { return strings.HasPrefix(a, "HS") }) || len(is.Algorithms) == 0 {
			t.Errorf("%s: algorithms %q", p.Name, is.Algorithms)
		}
		if len(is.Audiences) == 0 {
			t.Errorf("%s: no audience", p.Name)
		}
	}
	for _, o := range p.Opaque {
		if o.Ask.Auth != opaque.AuthNone && o.Ask.Secret == nil {
			t.Errorf("%s: asks without a secret", p.Name)
		}
	}
	for _, text := range p.Warnings {
		who, _, named := strings.Cut(text, ": ")
		if !named || !strings.Contains(p.Title, who) || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: a warning begins with who it is about and is a sentence: %q", p.Name, text)
		}
	}
	for reason := range p.Hints {
		if !slices.Contains(middleware.Reasons(), middleware.Reason(reason)) {
			t.Errorf("%s: a hint for %q, which is no reason", p.Name, reason)
		}
	}
}

// What fixtures refuse for a reason that only the provider can explain is explained.
func TestHintsForWhatIsTold(t *testing.T) {
	for name, hints := range map[string]map[string]string{
		"auth0": {
			"encrypted_token": "Resource Parameter Compatibility Profile",
			"opaque_token":    "identifier " + resource,
		},
		"ory":      {"opaque_token": "access token strategy is jwt", "wrong_audience": "allow the client the audience"},
		"zitadel":  {"opaque_token": "Auth Token Type"},
		"logto":    {"opaque_token": "indicator " + resource},
		"keycloak": {"wrong_audience": "mapper of type Audience with Included Custom Audience " + resource},
		"okta":     {"wrong_issuer": "org authorization server"},
		"cognito":  {"wrong_audience": "ID token", "wrong_client": "MCP_OAUTH_CLIENT_ID"},
		"entra":    {"wrong_issuer": "requestedAccessTokenVersion", "wrong_audience": "Graph"},
		"github":   {"opaque_token": "personal access token"},
		"google":   {"jwt_disabled": "ID token", "missing_claim": "openid"},
	} {
		groups := append(load(t, name, "tokens.yaml"), load(t, name, "opaque.yaml")...)
		got := groups[0].provider(t, name).Hints
		for reason, part := range hints {
			if !strings.Contains(got[reason], part) {
				t.Errorf("%s: %s: got %q, want %q in it", name, reason, got[reason], part)
			}
		}
	}
}

// A URL that a file leads to is one that can be used: none has an input left open.
func TestNothingIsLeftOpen(t *testing.T) {
	each(t, func(t *testing.T, provider string, g group) {
		p := g.provider(t, provider)
		urls := append([]string{p.Discovery, p.AuthorizationEndpoint, p.TokenEndpoint, p.RegistrationEndpoint}, p.AuthorizationServers...)
		for _, is := range p.Issuers {
			urls = append(urls, is.URL, is.Discovery, is.JWKSURL)
			urls = append(urls, is.Aliases...)
		}
		for _, o := range p.Opaque {
			urls = append(urls, o.Issuer, o.Ask.URL)
		}
		for _, u := range urls {
			at := strings.ReplaceAll(u, "{tenantid}", "tenant")
			if u != "" && (metadata.CheckURL(at) != nil || strings.Contains(strings.TrimPrefix(at, "https://"), "//")) {
				t.Errorf("%q is no URL", u)
			}
		}
		for _, text := range append(p.Warnings, p.ScopePrefix, fmt.Sprint(p.Hints)) {
			if braces.MatchString(text) {
				t.Errorf("a placeholder is left in %q", text)
			}
		}
	})
}
