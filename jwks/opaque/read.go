package opaque

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/internal/answer"
	"github.com/mcp-rs/mcp-rs/jwks/internal/confirmation"
	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
)

// errUnreadable says that an answer has no meaning, or could have two. It tells nothing
// of the token, and so is no judgement.
var errUnreadable = errors.New("the answer cannot be read")

// A reader is a Read with its defaults.
type reader Read

func newReader(r Read) reader {
	for _, d := range [...]struct {
		names *[]string
		name  string
	}{
		{&r.Subject, "sub"}, {&r.Client, "client_id"}, {&r.Audience, "aud"}, {&r.Issuer, "iss"},
		{&r.Scopes, "scope"}, {&r.ID, "jti"}, {&r.Expiry, "exp"},
	} {
		*d.names = slices.Clone(*d.names)
		if len(*d.names) == 0 {
			*d.names = []string{d.name}
		}
	}
	r.ExpiresIn = slices.Clone(r.ExpiresIn)
	if r.Active == "" {
		r.Active = "active"
	}
	return reader(r)
}

// said is what an answer says, understood and not judged.
type said struct {
	answer.Answer
	inactive bool
	issuer   string // that the answer names; empty when it names none
	audience bool   // it has one, even if empty
	bound    error  // why its confirmation cannot be proved
	refresh  bool   // it is a refresh token
}

// read finds out what an answer says. An error wraps errUnreadable.
func (r *reader) read(from *reply, now time.Time) (said, error) {
	d := &document{header: from.header}
	var err error
	if d.members, err = strictjson.Object(from.body, nil); err != nil {
		return said{}, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	var s said
	if s.inactive, err = r.inactive(d); err != nil || s.inactive {
		return s, err // nothing else of an inactive token is looked at
	}
	s.Permit, s.Members = answer.NewPermit(), d.members
	s.issuer = d.text(r.Issuer)
	s.Subject, s.Client, s.ID = d.text(r.Subject), d.text(r.Client), d.text(r.ID)
	s.User = s.Subject
	s.Audience, s.audience = d.list(r.Audience)
	s.Scopes = d.words(r.Scopes)
	s.NotBefore, s.IssuedAt = d.moment([]string{"nbf"}), d.moment([]string{"iat"})
	r.end(d, &s, now)
	s.Key, s.Certificate, s.bound = confirmed(d)
	s.refresh = d.says("token_type", "refresh_token") || d.says("token_use", "refresh_token")
	// A token of that type is bound to a key, which cnf has then (RFC 9449 §6.2), or anybody
	// could send what nobody may send as Bearer.
	if s.bound == nil && s.Key == "" && d.says("token_type", "DPoP") {
		s.bound = errors.New("its type is DPoP, and cnf has no key")
	}
	return s, d.err
}

// inactive reads the one member that says whether anything else holds: “Boolean
// indicator of whether or not the presented token is currently active” — RFC 7662 §2.2.
// A text that says true is not it.
func (r *reader) inactive(d *document) (bool, error) {
	name := r.Active
	if name == "-" {
		name = "active" // an answer that has it all the same means it
	}
	value, ok := d.find([]string{name})
	switch {
	case d.err != nil:
		return false, d.err
	case string(value) == "false":
		return true, nil
	case string(value) == "true", !ok && r.Active == "-":
		return false, nil
	}
	return false, fmt.Errorf("%w: %q is neither true nor false", errUnreadable, name)
}

// maxLeft is a hundred years of seconds: more than any token lives, and less than a
// time.Duration holds.
const maxLeft = 100 * 365 * 24 * 3600

// end reads when the token ends. Of two times the earlier counts.
func (r *reader) end(d *document, s *said, now time.Time) {
	s.Expiry = d.moment(r.Expiry)
	value, ok := d.find(r.ExpiresIn)
	if !ok {
		return
	}
	left := min(max(d.seconds(value), -1), maxLeft)
	end := now.Add(time.Duration(left * float64(time.Second)))
	if s.Expiry.IsZero() || end.Before(s.Expiry) {
		s.Expiry = end
	}
	s.Until = end // no clock but ours is in it, so that there is no difference to forgive
}

// confirmed reads "cnf". Its error is of the token: whatever it is bound to beside what we
// know to prove would go unproved.
func confirmed(d *document) (key, certificate string, err error) {
	value, ok := d.find([]string{"cnf"})
	if !ok {
		return "", "", nil
	}
	return confirmation.Parse(value)
}

// A document is an answer while it is read. The first thing in it that cannot be read
// stays in err.
type document struct {
	members []strictjson.Member
	header  http.Header
	err     error
}

func (d *document) fail(err error) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %w", errUnreadable, err)
	}
}

// says reports whether a member is this word, in any case.
func (d *document) says(name, word string) bool {
	value, _ := d.find([]string{name})
	text, err := strictjson.String(value)
	return err == nil && strings.EqualFold(text, word)
}

// find returns the first value of names that is there and not null.
func (d *document) find(names []string) ([]byte, bool) {
	for _, name := range names {
		if field, ok := strings.CutPrefix(name, headerPrefix); ok {
			if value, ok := d.field(field); ok {
				return value, true
			}
			continue
		}
		value, err := descend(d.members, name)
		if err != nil {
			d.fail(err)
			return nil, false
		}
		if value != nil && !strictjson.IsNull(value) {
			return value, true
		}
	}
	return nil, false
}

// field is a header of the answer, as JSON. One that is there twice has no one meaning.
func (d *document) field(name string) ([]byte, bool) {
	values := d.header.Values(name)
	if len(values) == 0 {
		return nil, false
	}
	if len(values) > 1 {
		d.fail(errors.New("a header is there twice"))
		return nil, false
	}
	text, _ := json.Marshal(values[0]) // of a string it cannot fail
	return text, true
}

// descend finds a member by its whole name or, where there is none, that of an object
// before the dot. No object on the way may have names that differ by case alone, or a
// variant of the one that is looked for: another reader would take the one for the other.
func descend(members []strictjson.Member, name string) ([]byte, error) {
	if err := strictjson.NoVariants(members, name); err != nil {
		return nil, err
	}
	if value, ok := strictjson.Find(members, name); ok {
		return value, nil
	}
	first, rest, dotted := strings.Cut(name, ".")
	if !dotted {
		return nil, nil
	}
	if err := strictjson.NoVariants(members, first); err != nil {
		return nil, err
	}
	value, _ := strictjson.Find(members, first)
	if strictjson.Kind(value) != '{' {
		return nil, nil
	}
	inner, err := strictjson.Object(value, nil)
	if err != nil {
		return nil, err
	}
	return descend(inner, rest)
}
