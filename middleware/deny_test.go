package middleware_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/jwks/opaque"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// leafErrors is every sentinel of the packages below. One that has no line in the
// table of denials would be a 500.
var leafErrors = []error{
	jwks.ErrMalformed, jwks.ErrEncrypted, jwks.ErrAlgorithm, jwks.ErrIssuer, jwks.ErrKey, jwks.ErrSignature, jwks.ErrExpired,
	jwks.ErrNotYet, jwks.ErrAudience, jwks.ErrClient, jwks.ErrType, jwks.ErrClaim, jwks.ErrBound, jwks.ErrUnavailable,
	opaque.ErrInactive, opaque.ErrUnrouted, opaque.ErrUnavailable,
	apikey.ErrUnknown, apikey.ErrExpired,
}

func TestEveryLeafErrorIsADenial(t *testing.T) {
	declared := 0
	for _, file := range []string{"../jwks/errors.go", "../jwks/opaque/errors.go", "../apikey/errors.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		declared += len(regexp.MustCompile(`(?m)^\s+Err\w+ += errors\.New\(`).FindAll(text, -1))
	}
	if declared != len(leafErrors) {
		t.Errorf("%d sentinels are declared, and leafErrors has %d", declared, len(leafErrors))
	}
	seen := map[middleware.Reason]error{}
	for _, err := range leafErrors {
		d := middleware.DenialOf(fmt.Errorf("somewhere: %w", err))
		if d.Reason == middleware.ReasonInternal {
			t.Errorf("%v has no denial", err)
		}
		if other := seen[d.Reason]; other != nil {
			t.Errorf("%v and %v are both %s", err, other, d.Reason)
		}
		seen[d.Reason] = err
		want := http.StatusUnauthorized
		if errors.Is(err, jwks.ErrUnavailable) || errors.Is(err, opaque.ErrUnavailable) {
			want = http.StatusServiceUnavailable
		}
		if d.Status != want || (d.Status == 401) != (d.Code == "invalid_token") {
			t.Errorf("%v: status %d, code %q", err, d.Status, d.Code)
		}
	}
}

// Reasons are labels of metrics: words, each once.
func TestReasons(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	reasons := middleware.Reasons()
	if !slices.Contains(reasons, middleware.ReasonInternal) {
		t.Error("internal is not among them")
	}
	slices.Sort(reasons)
	for i, reason := range reasons {
		if !word.MatchString(string(reason)) || i > 0 && reason == reasons[i-1] {
			t.Errorf("reason %q", reason)
		}
	}
	middleware.Reasons()[0] = "changed"
	if slices.Contains(middleware.Reasons(), "changed") {
		t.Error("the caller can change the set")
	}
}

// Whoever waits as told must not be too early.
func TestRetryAfter(t *testing.T) {
	g := newGuard(t, config())
	for after, want := range map[time.Duration]string{
		0: "1", time.Millisecond: "1", time.Second: "1", time.Second + 1: "2", 30 * time.Second: "30", -time.Hour: "1",
	} {
		for _, err := range []error{
			&jwks.UnavailableError{Issuer: "x", RetryAfter: after, Err: errors.New("down")},
			&opaque.UnavailableError{Issuer: "x", RetryAfter: after, Err: errors.New("down")},
		} {
			w := httptest.NewRecorder()
			g.Refuse(w, request("POST"), fmt.Errorf("x: %w", err))
			if got := w.Header().Get("Retry-After"); w.Code != 503 || got != want {
				t.Errorf("%s: %d, Retry-After %q, want %q", after, w.Code, got, want)
			}
		}
	}
}

// Bodies are constants in JSON, with the members of RFC 6749 §5.2.
func TestBodiesAreConstants(t *testing.T) {
	g := newGuard(t, config())
	for _, err := range append(leafErrors, errors.New("internal")) {
		bodies := map[string]bool{}
		for _, wrapped := range []error{err, fmt.Errorf("canary %w", err)} {
			w := httptest.NewRecorder()
			g.Refuse(w, request("POST"), wrapped)
			var body struct {
				Error       string `json:"error"`
				Description string `json:"error_description"`
			}
			if jsonErr := json.Unmarshal(w.Body.Bytes(), &body); jsonErr != nil || body.Error == "" || body.Description == "" {
				t.Errorf("%v: body %s", err, w.Body)
			}
			bodies[w.Body.String()] = true
		}
		if len(bodies) != 1 {
			t.Errorf("%v: the body depends on the text of the error: %v", err, bodies)
		}
	}
}

func TestDenialTellsOperatorsEverything(t *testing.T) {
	_, err := newGuard(t, config()).Check(bearer(mint(map[string]any{"aud": "x"})))
	d := middleware.DenialOf(err)
	if !errors.Is(d, jwks.ErrAudience) || d.Error() != `wrong_audience: `+err.Error() {
		t.Errorf("denial %v", d)
	}
}

// Whatever it was that kept a provider from telling, the caller is not to blame.
func TestUnavailableComesFirst(t *testing.T) {
	for _, err := range leafErrors {
		d := middleware.DenialOf(&opaque.UnavailableError{Issuer: "x", Err: err})
		if d.Reason != "introspection_unavailable" || d.Status != 503 {
			t.Errorf("%v: %s %d", err, d.Reason, d.Status)
		}
	}
}
