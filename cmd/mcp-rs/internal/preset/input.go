package preset

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// An input is what a file says of one of [Inputs].
type input struct {
	Required bool
	Many     bool // takes several values
	Default  string
	Kind     string   // one of kinds, or "url"
	Values   []string // the only ones there are
	Example  string
	About    string // what it is: the object of "write"
}

// kinds are the forms of inputs. What goes into a URL can neither end a component of it
// nor begin another: there is no / ? # @ or % in a host, a word or a guid.
var kinds = map[string]*regexp.Regexp{
	"host": regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$`),
	"word": regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$`),
	"guid": regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`),
	"text": regexp.MustCompile(`^[!-~]{1,512}$`), // never for a URL: a client id may be one itself
}

// called is what the kinds are in an error.
var called = map[string]string{
	"host": "a host name in lower case, without https:// and without a slash",
	"word": "one word of letters, digits and . _ ~ -",
	"guid": "a GUID in lower case",
	"text": "one word",
	"url":  "an https URL without query and fragment",
}

// fields are those of Inputs that a file may ask for.
var fields = []struct {
	name, field string
	get         func(Inputs) []string
}{
	{"domain", "Domain", func(in Inputs) []string { return one(in.Domain) }},
	{"tenant", "Tenants", func(in Inputs) []string { return in.Tenants }},
	{"region", "Region", func(in Inputs) []string { return one(in.Region) }},
	{"server", "Server", func(in Inputs) []string { return one(in.Server) }},
	{"url", "URL", func(in Inputs) []string { return one(in.URL) }},
	{"client_id", "Clients", func(in Inputs) []string { return in.Clients }},
	{"client_secret", "ClientSecret", func(in Inputs) []string { return secret(in.ClientSecret) }},
	{"audience", "Audiences", func(in Inputs) []string { return in.Audiences }},
	{"required_claims", "Required", func(in Inputs) []string { return in.Required }},
	{"resource", "Resource", func(in Inputs) []string { return one(in.Resource) }},
}

// always are inputs of every provider; a file may still require them.
var always = []string{"audience", "required_claims", "resource"}

func one(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// secret tells whether there is one, and nothing of it.
func secret(s *jwks.Secret) []string {
	if s == nil || s.Len() == 0 {
		return nil
	}
	return []string{"set"}
}

// problems collects what is wrong with the inputs of one provider.
type problems struct {
	title string
	wrong []string // fields with a value that is not of their form
	errs  []error
}

func (p *problems) add(field, format string, args ...any) {
	p.errs = append(p.errs, &jwks.ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// values checks the inputs, each by itself, and returns what stands for placeholders.
func (f *file) values(in Inputs, p *problems) values {
	v := values{}
	for _, field := range fields {
		given := field.get(in)
		declared, known := f.Inputs[field.name]
		switch {
		case !known && !slices.Contains(always, field.name):
			if len(given) > 0 {
				p.add(field.field, "is of no use with %s; remove it", f.Title)
			}
			continue
		case len(given) == 0 && declared.Default != "":
			given = one(declared.Default)
		case len(given) == 0 && declared.Required:
			p.add(field.field, "is missing; write %s", declared.what())
		case len(given) > 1 && known && !declared.Many:
			p.add(field.field, "has %d values and can have one; write %s", len(given), declared.what())
		}
		for _, value := range given {
			if !declared.takes(value) {
				p.wrong = append(p.wrong, field.field)
				p.add(field.field, "has %s, which is not %s; write %s", shown(value), declared.form(), declared.what())
			}
		}
		v[field.name] = given
	}
	if at := v["url"]; len(at) > 0 {
		v["base"] = one(strings.TrimSuffix(at[0], "/"))
	}
	return v
}

// shown is a value in a sentence. There may be a password before an @.
func shown(value string) string {
	if strings.Contains(value, "@") {
		return "a value with an @"
	}
	return fmt.Sprintf("%.100q", value)
}

// what is the end of a sentence that says what to write.
func (i input) what() string {
	if i.Example == "" {
		return i.About
	}
	return i.About + ", such as " + i.Example
}

// form is what a value should have been.
func (i input) form() string {
	if len(i.Values) > 0 {
		return "one of " + strings.Join(i.Values, ", ")
	}
	return called[i.Kind]
}

func (i input) takes(value string) bool {
	switch {
	case len(i.Values) > 0:
		return slices.Contains(i.Values, value)
	case i.Kind == "url":
		u, err := url.Parse(value)
		return err == nil && metadata.CheckURL(value) == nil && u.RawQuery == "" && !u.ForceQuery
	case i.Kind == "":
		return true // a secret, or a value that is compared with claims and nothing else
	}
	return kinds[i.Kind].MatchString(value)
}

// demand checks the inputs together.
func (f *file) demand(in Inputs, v values, p *problems) {
	for _, d := range f.Demands {
		if !slices.ContainsFunc(in.Required, d.met) {
			p.add("Required", "%s", d.Problem)
		}
	}
	wrong := p.inputs()
	for _, r := range f.Refuses {
		if slices.ContainsFunc(r.When.about(), func(name string) bool { return slices.Contains(wrong, name) }) {
			continue // what would follow from a mistake needs not be said
		}
		if with := r.When.with(v); with != nil {
			p.add(r.Field, "%s", with.text(r.Problem))
		}
	}
}

// inputs is the names of those with a value that is wrong by itself.
func (p *problems) inputs() []string {
	var names []string
	for _, field := range fields {
		if slices.Contains(p.wrong, field.field) {
			names = append(names, field.name)
		}
	}
	return names
}

// met reports whether each way to meet a required claim tells whose tokens are meant:
// "repository=a/b|event_name=push" leaves one to everybody.
func (d demand) met(required string) bool {
	for alternative := range strings.SplitSeq(required, "|") {
		claim, value, _ := strings.Cut(alternative, "=")
		if value == "" || !slices.Contains(d.Claims, claim) {
			return false
		}
	}
	return true
}
