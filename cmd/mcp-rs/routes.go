package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

// routes is every path that we answer. Open to all are the metadata documents and
// the health checks, by exact path; everything else is behind the guard, or 404.
func (s *server) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	resource := s.conf.resource()
	main, second := s.guard, s.guard.For(s.conf.alias())
	mux.Handle(endpointPath, main.Handler(s.mcp.Handler()))
	mux.Handle(endpointPath+aliasSuffix, second.Handler(s.mcp.Handler()))
	if s.conf.SSEEnabled {
		stream, message := s.mcp.SSE("/message")
		mux.Handle("/sse", main.Handler(stream))
		mux.Handle("/message", main.Handler(message))
	}
	for path, h := range documents(main, second) {
		mux.Handle(path, h)
	}
	provider, err := s.provider()
	if err != nil {
		return nil, fmt.Errorf("metadata of %s: %w", resource, err)
	}
	mux.Handle(metadata.ServerPrefix, provider)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"status":"ok"}`)
	})
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("/", metadata.NotFound())
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

// documents are the paths of the RFC 9728 documents: where clients compute them to
// be (§3.1), where that is when a proxy in front strips a path prefix, and for the
// main one the root too, where older clients look.
func documents(main, second *middleware.Guard) map[string]http.Handler {
	mainPath, mainDocument := main.Metadata()
	secondPath, secondDocument := second.Metadata()
	at := map[string]http.Handler{
		metadata.ResourcePrefix:                              mainDocument,
		metadata.ResourcePrefix + endpointPath:               mainDocument,
		metadata.ResourcePrefix + endpointPath + aliasSuffix: secondDocument,
	}
	at[mainPath], at[secondPath] = mainDocument, secondDocument
	return at
}

// provider is the provider's document, for clients that look for it here (MCP
// 2025-03-26), or an explanation.
func (s *server) provider() (http.Handler, error) {
	mirror := s.conf.mirror()
	if mirror == nil {
		return metadata.NotConfigured("MCP_OAUTH_SERVER_URL"), nil
	}
	mirror.OnError = func(err error) {
		s.logger.Warn("the provider's metadata cannot be fetched", "error", err.Error())
	}
	return mirror.Handler()
}

// readyWait bounds how long a probe waits for keys that are being fetched.
const readyWait = 2 * time.Second

// readyz answers 200 when tokens can be judged. Why not is for the log only.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	if err := s.guard.Ready(ctx); err != nil {
		answer(w, http.StatusServiceUnavailable, `{"status":"keys unavailable"}`)
		return
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
