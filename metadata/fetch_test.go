package metadata_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// serve starts a server on loopback and counts its connections.
func serve(t *testing.T, h http.HandlerFunc) (url string, opened, closed *atomic.Int32) {
	t.Helper()
	opened, closed = new(atomic.Int32), new(atomic.Int32)
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL, opened, closed
}

// fetcher has a transport of its own, so that tests do not share connections.
func fetcher(t *testing.T) *metadata.Fetcher {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &metadata.Fetcher{Transport: tr}
}

func TestFetch(t *testing.T) {
	url, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" || r.Header.Get("Accept") != "application/json" || r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"}) // not to come back
		w.Header().Set("Cache-Control", "max-age=60")
		fmt.Fprint(w, " \n{\"a\": [1, \"é\"]}\n")
	})
	var f metadata.Fetcher // the zero value
	for range 2 {
		doc, err := f.Fetch(t.Context(), url+"/doc?x=y")
		if err != nil {
			t.Fatal(err)
		}
		if string(doc.Body) != " \n{\"a\": [1, \"é\"]}\n" || doc.MaxAge != time.Minute {
			t.Errorf("%q %v", doc.Body, doc.MaxAge)
		}
	}
}

func TestFetchTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it hears of the handshake that is to fail
	srv.StartTLS()
	defer srv.Close()
	f := metadata.Fetcher{Transport: srv.Client().Transport}
	if _, err := f.Fetch(t.Context(), srv.URL); err != nil {
		t.Error(err)
	}
	_, err := new(metadata.Fetcher).Fetch(t.Context(), srv.URL) // its certificate is nobody's
	wantError(t, err, "certificate")
}

func TestFetchRefusesURLs(t *testing.T) {
	p := &provider{}
	f := metadata.Fetcher{Transport: p}
	for _, u := range []string{"", "login.example.com", "http://login.example.com/", "ftp://127.0.0.1/", "https://u:p@login.example.com/", "https://login.example.com/#x", "https://login.example.com/ x"} {
		if _, err := f.Fetch(t.Context(), u); err == nil {
			t.Errorf("%q accepted", u)
		}
	}
	if n := p.count(); n != 0 {
		t.Errorf("%d requests sent", n)
	}
}

func TestFetchAnswers(t *testing.T) {
	const url = "https://login.example.com/doc"
	big := `{"a":"` + strings.Repeat("x", 1<<20-8) + `"}` // 1 MiB
	for _, tt := range []struct {
		policy string
		answer answer
		is     error
		says   string
	}{
		{"an object accepted", answer{body: `{"keys":[]}`}, nil, ""},
		{"no Content-Type needed", answer{body: `{}`}, nil, ""},
		{"an object labelled HTML accepted", answer{body: `{}`, header: http.Header{"Content-Type": {"text/html"}}}, nil, ""},
		{"1 MiB accepted", answer{body: big}, nil, ""},
		{"identity encoding accepted", answer{body: `{}`, header: http.Header{"Content-Encoding": {"identity"}}}, nil, ""},
		{"one byte more refused", answer{body: big + " "}, metadata.ErrTooLarge, "more than 1048576 bytes"},
		{"404 refused", answer{status: 404, body: `{}`}, metadata.ErrStatus, "GET " + url + ": answered with status 404"},
		{"500 refused", answer{status: 500, body: `{}`}, metadata.ErrStatus, "500"},
		{"201 refused", answer{status: 201, body: `{}`}, metadata.ErrStatus, "201"},
		{"204 refused", answer{status: 204}, metadata.ErrStatus, "204"},
		{"304 refused", answer{status: 304}, metadata.ErrStatus, "304"},
		{"redirect to nowhere refused", answer{status: 302}, metadata.ErrStatus, "302"},
		{"HTML refused", answer{body: "\n<!doctype html><title>App</title>"}, metadata.ErrNotJSON, "answered HTML, not JSON"},
		{"text labelled HTML refused", answer{body: "hello", header: http.Header{"Content-Type": {"Text/HTML; charset=utf-8"}}}, metadata.ErrNotJSON, "answered HTML, not JSON"},
		{"empty body refused", answer{body: " \n"}, metadata.ErrNotJSON, "empty"},
		{"array refused", answer{body: `[]`}, metadata.ErrNotJSON, "one object"},
		{"string refused", answer{body: `"{}"`}, metadata.ErrNotJSON, "one object"},
		{"two objects refused", answer{body: `{}{}`}, metadata.ErrNotJSON, "one object"},
		{"half an object refused", answer{body: `{"a":1`}, metadata.ErrNotJSON, "one object"},
		{"deep nesting refused", answer{body: `{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`}, metadata.ErrNotJSON, "one object"},
		{"broken UTF-8 refused", answer{body: "{\"a\":\"\xff\"}"}, metadata.ErrNotJSON, "UTF-8"},
		{"unasked encoding refused", answer{body: `{}`, header: http.Header{"Content-Encoding": {"br"}}}, metadata.ErrNotJSON, `"br"`},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			p := &provider{}
			p.set(url, tt.answer)
			f := metadata.Fetcher{Transport: p}
			doc, err := f.Fetch(t.Context(), url)
			if p.open != 0 {
				t.Error("the body was not closed")
			}
			if tt.is == nil {
				if err != nil || string(doc.Body) != tt.answer.body {
					t.Errorf("%v", err)
				}
				return
			}
			wantError(t, err, url, tt.says)
			var fe *metadata.FetchError
			if doc != nil || !errors.Is(err, tt.is) || !errors.As(err, &fe) || fe.URL != url {
				t.Errorf("not a FetchError with %v: %v", tt.is, err)
			} else if want := tt.answer.status; fe.Status != want {
				t.Errorf("Status %d, want %d", fe.Status, want)
			}
		})
	}
}
