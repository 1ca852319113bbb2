package preset_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/preset"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// resource is the server of every fixture.
const resource = "https://mcp.example.com/mcp"

// fixtures is a folder for each provider: tokens.yaml, opaque.yaml or both, and the
// documents that they name.
const fixtures = "../../../../testdata/providers"

// now is when every fixture takes place.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A group is what one operator configured, the provider that is there, and what comes
// of tokens.
type group struct {
	About     string
	Inputs    inputs
	Documents map[string]string // what the provider publishes: URL to file
	Keys      map[string][]key  // URL to key set

	Request request        // how it wants to be asked about tokens
	Answer  map[string]any // what it answers

	Header, Claims map[string]any // of a token
	Tokens         []token
}

type inputs struct {
	Domain              string
	Tenants             []string
	Region, Server, URL string
	Clients             []string
	Secret              string
	Audiences, Required []string
}

// A token is presented, and let in or not.
type token struct {
	Name string

	// Header and Claims, or Answer, are laid over those of the group; null leaves out.
	Header, Claims, Answer map[string]any

	Key       string // that signs, by its kid; the first if empty
	Alg       string
	Encrypted bool // five parts, nothing in it can be read

	Token  string // opaque
	Status int    // of the answer; 200 if zero
	Body   string // in place of Answer
	Asked  *bool  // whether there is a question

	Want      string // "pass", or the reason why not
	Principal *principal
}

type principal struct {
	Subject, Client string
	Scopes          []string
}

// load reads the groups of one file; none where there is no such file.
func load(t *testing.T, provider, name string) []group {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, provider, name))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	var groups []group
	if err := d.Decode(&groups); err != nil {
		t.Fatalf("%s/%s: %v", provider, name, err)
	}
	return groups
}

// each runs a test for every group of every provider.
func each(t *testing.T, run func(t *testing.T, provider string, g group)) {
	t.Helper()
	for _, provider := range preset.Names() {
		groups := append(load(t, provider, "tokens.yaml"), load(t, provider, "opaque.yaml")...)
		if len(groups) == 0 {
			t.Errorf("%s: there is no fixture", provider)
		}
		for i, g := range groups {
			t.Run(fmt.Sprintf("%s/%d", provider, i), func(t *testing.T) { run(t, provider, g) })
		}
	}
}

func (in inputs) preset() preset.Inputs {
	out := preset.Inputs{
		Domain: in.Domain, Tenants: in.Tenants, Region: in.Region, Server: in.Server, URL: in.URL,
		Clients: in.Clients, Audiences: in.Audiences, Required: in.Required, Resource: resource,
	}
	if in.Secret != "" {
		out.ClientSecret = jwks.NewSecret([]byte(in.Secret))
	}
	return out
}

// provider is the preset with the inputs of the group.
func (g *group) provider(t *testing.T, name string) *preset.Provider {
	t.Helper()
	p, err := preset.Load(name, g.Inputs.preset())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// guard is what an operator gets of the preset.
func (g *group) guard(t *testing.T, name string, n *network) *middleware.Guard {
	t.Helper()
	p := g.provider(t, name)
	guard, err := middleware.New(middleware.Config{
		Resource: resource, Issuers: p.Issuers, Opaque: p.Opaque,
		Transport: n, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return guard
}

// overlay lays members over others. A null leaves one out.
func overlay(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]any{}
	}
	for name, value := range over {
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}

// encode writes JSON in which "${+1h}" is the number of seconds of that time,
// "'${+1h}'" the same as text, and "${+1h RFC3339}" a date.
func encode(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(times(t, value))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func times(t *testing.T, value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, v := range value {
			out[name] = times(t, v)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = times(t, v)
		}
		return out
	case string:
		return moment(t, value)
	}
	return value
}

func moment(t *testing.T, value string) any {
	t.Helper()
	inner, text := strings.CutPrefix(value, "'")
	inner, ok := strings.CutPrefix(strings.TrimSuffix(inner, "'"), "${")
	if !ok {
		return value
	}
	offset, format, _ := strings.Cut(strings.TrimSuffix(inner, "}"), " ")
	d, err := time.ParseDuration(offset)
	if err != nil {
		t.Fatalf("%q is no time: %v", value, err)
	}
	at := now.Add(d)
	switch {
	case format == "RFC3339":
		return at.Format(time.RFC3339)
	case text:
		return fmt.Sprint(at.Unix())
	}
	return at.Unix()
}
