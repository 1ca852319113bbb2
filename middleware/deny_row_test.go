package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// incomparable cannot be a key of a map, nor be compared with itself.
type incomparable struct {
	inner []error
}

func (e incomparable) Error() string   { return "incomparable" }
func (e incomparable) Unwrap() []error { return e.inner }

// An itself says what it is, by a method.
type itself struct{ of error }

func (e itself) Error() string        { return "itself" }
func (e itself) Is(target error) bool { return target == e.of }

// hidden is comparable by its type, and not by what is in it.
type hidden struct{ any }

func (hidden) Error() string { return "hidden" }

// The first line of the table counts whose error it is, as errors.Is says, wherever in
// the tree that error is.
func TestTheFirstLineOfTheTableCounts(t *testing.T) {
	lines := middleware.DenialLines()
	for _, line := range lines {
		if reflect.TypeOf(line.Err).Kind() != reflect.Pointer {
			t.Errorf("%s: its error is not a pointer", line.Reason)
		}
	}
	leaves := []error{errors.New("of nobody"), context.Canceled, nil, hidden{[]int{1}}}
	for _, line := range lines {
		leaves = append(leaves, line.Err)
	}
	around := []func(a, b error) error{
		func(a, _ error) error { return a },
		func(a, b error) error { return errors.Join(a, b) },
		func(a, b error) error { return fmt.Errorf("%w, %w", fmt.Errorf("%w", errors.Join(a)), b) },
		func(a, b error) error { return incomparable{[]error{b, nil, a}} },
		func(a, b error) error {
			return fmt.Errorf("of %w", incomparable{[]error{itself{a}, fmt.Errorf("%w", b)}})
		},
		func(a, b error) error { return errors.Join(itself{b}, a) },
		func(a, b error) error { return &wrapping{itself{a}, b} },
	}
	for _, a := range leaves {
		for _, b := range leaves {
			for i, wrap := range around {
				err := wrap(a, b)
				want := middleware.ReasonInternal
				if at := slices.IndexFunc(lines, func(l middleware.DenialLine) bool { return errors.Is(err, l.Err) }); at >= 0 {
					want = lines[at].Reason
				}
				if got := middleware.DenialOf(err).Reason; got != want {
					t.Fatalf("way %d of %v and %v: %s, want %s", i, a, b, got, want)
				}
			}
		}
	}
}

// A wrapping is one error and has another inside.
type wrapping struct {
	itself
	inner error
}

func (e *wrapping) Unwrap() error { return e.inner }

// Nothing that is done to the header of one answer is seen in another.
func TestAnswersShareNoHeader(t *testing.T) {
	c := config()
	g := newGuard(t, c)
	h := g.Handler(noContent)
	recorded := httptest.NewRecorder()
	h.ServeHTTP(recorded, bearer("a.b.c"))
	first := recorded.Header() // the very slices that were set
	want := first.Clone()
	for name := range first {
		first[name][0] = "changed"
		first.Add(name, "added")
	}
	w := httptest.NewRecorder()
	w.Header().Set("WWW-Authenticate", "Basic") // of who wraps the guard
	h.ServeHTTP(w, bearer("a.b.c"))
	if got := w.Header().Values("WWW-Authenticate"); !slices.Equal(got, append([]string{"Basic"}, want["Www-Authenticate"]...)) {
		t.Errorf("challenges %q", got)
	}
	w.Header()["Www-Authenticate"] = want["Www-Authenticate"]
	if !reflect.DeepEqual(w.Header(), want) {
		t.Errorf("%v, want %v", w.Header(), want)
	}
}
