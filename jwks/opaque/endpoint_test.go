package opaque_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/opaque"
)

// A site is a provider with documents: what they say, and how often they were asked for.
type site struct {
	document  string
	gone      bool // the documents, not the rest
	down      bool // the rest
	documents int
	questions []string
}

func (s *site) network() *network {
	return &network{answer: func(q question) (*http.Response, error) {
		if strings.Contains(q.url, "/.well-known/") {
			s.documents++
			if s.gone {
				return nil, io.ErrUnexpectedEOF
			}
			return respond(200, s.document)(q)
		}
		s.questions = append(s.questions, q.url)
		if s.down {
			return nil, io.ErrUnexpectedEOF
		}
		return respond(200, `{"active":true,"sub":"alice","aud":"`+here+`","exp":4102444800}`)(q)
	}}
}

func documentWith(endpoint string) string {
	return fmt.Sprintf(`{"issuer":%q,"introspection_endpoint":%s}`, login, endpoint)
}

func discovers(p *opaque.Provider) { p.Ask.URL, p.KeepFor = "", time.Second }

func TestEndpointIsDiscovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{document: documentWith(`"https://login.example.com/first"`)}
		v := newVerifier(t, s.network(), discovers)
		ask := func() error { time.Sleep(time.Second); _, err := v.Verify(t.Context(), token); return err }
		for range 3 {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
		}
		if s.documents != 1 || len(s.questions) != 3 || s.questions[2] != "https://login.example.com/first" {
			t.Fatalf("%d documents, questions to %q", s.documents, s.questions)
		}

		s.document = documentWith(`"https://login.example.com/second"`)
		time.Sleep(time.Hour)
		if err := ask(); err != nil || s.documents != 2 || s.questions[3] != "https://login.example.com/second" {
			t.Fatalf("after an hour: %v, %d documents, questions to %q", err, s.documents, s.questions)
		}

		s.document, s.down = documentWith(`"https://login.example.com/third"`), true
		isUnavailable(t, ask())
		s.down = false
		if err := ask(); err != nil || s.documents != 2 {
			t.Fatalf("right after a failure: %v, %d documents", err, s.documents)
		}
		time.Sleep(time.Minute)
		if err := ask(); err != nil || s.documents != 3 || s.questions[len(s.questions)-1] != "https://login.example.com/third" {
			t.Fatalf("a minute after a failure: %v, %d documents, questions to %q", err, s.documents, s.questions)
		}

		s.gone = true
		time.Sleep(time.Hour)
		for range 3 {
			if err := ask(); err != nil {
				t.Fatalf("without documents: %v", err)
			}
		}
		if s.documents > 6 { // one search tries several addresses
			t.Errorf("%d documents: looked for them with each question", s.documents)
		}
	})
}

func TestEndpointThatIsNotBelieved(t *testing.T) {
	for policy, document := range map[string]string{
		"no endpoint":               `{"issuer":"` + login + `"}`,
		"null":                      documentWith(`null`),
		"no text":                   documentWith(`7`),
		"plain http":                documentWith(`"http://login.example.com/x"`),
		"plain http on loopback":    documentWith(`"http://127.0.0.1:8080/x"`),
		"a file":                    documentWith(`"file:///etc/passwd"`),
		"user information":          documentWith(`"https://a:b@login.example.com/x"`),
		"documents of somebody":     `{"issuer":"https://evil.example.com","introspection_endpoint":"https://login.example.com/x"}`,
		"documents of many tenants": `{"issuer":"https://login.example.com/{tenantid}","introspection_endpoint":"https://login.example.com/x"}`,
	} {
		t.Run(policy, func(t *testing.T) {
			s := &site{document: document}
			_, err := verify(t, newVerifier(t, s.network(), discovers), token)
			isUnavailable(t, err)
			if len(s.questions) > 0 {
				t.Errorf("asked %q", s.questions)
			}
		})
	}
}
