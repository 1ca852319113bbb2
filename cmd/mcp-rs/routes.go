package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// routes is every path that we answer. Open to all are the metadata documents, the
// registration of clients and the health checks, by exact path; everything else is
// behind a guard, or 404.
func (s *server) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	for i := range s.resources {
		r := &s.resources[i]
		for _, at := range r.addresses() {
			mux.Handle(pathPattern(at.path), r.guard.For(at.url).Handler(s.mcp.Handler()))
		}
	}
	first := &s.resources[0]
	if s.conf.SSEEnabled {
		stream, message := s.mcp.SSE("/message")
		mux.Handle("/sse", first.guard.Handler(stream))
		mux.Handle("/message", first.guard.Handler(message))
	}
	for path, h := range s.documents() {
		mux.Handle(path, hurried(h))
	}
	provider, register, err := s.conf.published().handlers(s.conf, first.guard.Source, func(message string, err error) {
		if errors.Is(err, metadata.ErrPatch) { // which no waiting mends, and nobody can log in
			s.logger.Error(message, "error", err.Error(), "hint", "set MCP_METADATA_MODE=mirror")
			return
		}
		s.logger.Warn(message, "error", err.Error())
	})
	if err != nil {
		return nil, fmt.Errorf("metadata of %s: %w", first.url, err)
	}
	mux.Handle(metadata.ServerPrefix, hurried(provider))
	s.provider = provider
	if register != nil {
		mux.Handle(registerPath, hurried(register))
	}
	mux.Handle("GET /healthz", hurried(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"status":"ok"}`)
	})))
	mux.Handle("GET /readyz", hurried(http.HandlerFunc(s.readyz)))
	mux.Handle("/", hurried(metadata.NotFound()))
	return impatient(mux), nil
}

// bodyTime is how long a body may take that nobody waits for.
const bodyTime = 30 * time.Second

// impatient bounds the reading of bodies: net/http reads away what a handler has left
// of one before it answers. The guard lifts the bound for requests that it admits.
func impatient(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
		}
		h.ServeHTTP(w, r)
	})
}

// hurried bounds the writing of an answer that everybody can have: who does not read it
// would hold the connection. The guard does the same with its refusals; what it admits may
// stream for as long as it likes.
func hurried(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bodyTime))
		h.ServeHTTP(w, r)
	})
}

// documents are the paths of the RFC 9728 documents: where clients compute them to be
// (§3.1), where that is when a proxy in front strips a path prefix, and for the first
// resource the root too, where older clients look, unless that is where one's URL leads.
func (s *server) documents() map[string]http.Handler {
	all := map[string]http.Handler{}
	_, all[metadata.ResourcePrefix] = s.resources[0].guard.Metadata()
	for i := range s.resources {
		r := &s.resources[i]
		for _, at := range r.addresses() {
			computed, document := r.guard.For(at.url).Metadata()
			all[computed], all[metadata.ResourcePrefix+pathPattern(at.path)] = document, document
		}
	}
	return all
}

// readyWait bounds how long a probe waits for keys that are being fetched.
const readyWait = 2 * time.Second

// readyz answers 200 when tokens can be judged. Why not is for the log only.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	for i := range s.resources {
		if err := s.resources[i].guard.Ready(ctx); err != nil {
			answer(w, http.StatusServiceUnavailable, `{"status":"keys unavailable"}`)
			return
		}
	}
	answer(w, http.StatusOK, `{"status":"ready"}`)
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
