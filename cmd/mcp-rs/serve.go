package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-rs/mcp-rs/apikey"
	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/demo"
	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
	"github.com/mcp-rs/mcp-rs/metadata"
	"github.com/mcp-rs/mcp-rs/middleware"
)

func (p program) serveCommand() *cobra.Command {
	var envFile string
	var printConfig bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve as the MCP_* variables say (the default command)",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := p.load(envFile)
			if err != nil {
				return err
			}
			if printConfig {
				return conf.print(p.stdout, discover(c.Context(), conf))
			}
			return p.serve(c.Context(), conf, nil)
		},
	}
	envFileFlag(c, &envFile)
	c.Flags().BoolVar(&printConfig, "print-config", false, "print the effective configuration, secrets masked, and exit")
	return c
}

func envFileFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "env-file", "", "read variables from this `file`; the environment wins")
}

// load reads the configuration and says everything that is wrong with it.
func (p program) load(envFile string) (*config, error) {
	conf, err := load(p.environ, envFile)
	if err == nil {
		return conf, nil
	}
	fmt.Fprintln(p.stderr, "mcp-rs: the configuration is not usable:")
	for _, problem := range problemsOf(err) {
		fmt.Fprintf(p.stderr, "  %v\n", problem)
	}
	for _, warning := range conf.warnings() {
		fmt.Fprintf(p.stderr, "  note: %s\n", warning)
	}
	return nil, usageError{errSaid}
}

// A server is one running mcp-rs.
type server struct {
	conf      *config
	logger    *slog.Logger
	resources []guarded // never none
	keys      *apikey.Store
	mcp       *demo.Server
	http      *http.Server
	provider  http.Handler // of the provider's document

	background sync.WaitGroup
}

// A guarded is one resource with its guard.
type guarded struct {
	built
	guard *middleware.Guard
}

// serve runs the server until ctx ends. ready, unless nil, is called once requests
// are accepted.
func (p program) serve(ctx context.Context, conf *config, ready func()) error {
	s := &server{conf: conf, logger: newLogger(p.stderr, conf)}
	for _, warning := range conf.warnings() {
		s.logger.Warn(warning)
	}
	for _, note := range conf.notes() {
		s.logger.Info("to be set up at the provider", "note", note)
	}
	listener, err := net.Listen("tcp", conf.address())
	if err != nil {
		return fmt.Errorf("%w; set MCP_HOST and MCP_PORT to an address that is free", err)
	}
	conf.Port = listener.Addr().(*net.TCPAddr).Port // which the resource may be made of
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if listener, err = s.prepare(ctx, listener); err != nil {
		return err
	}
	for i := range s.resources {
		s.background.Go(func() { _ = s.resources[i].guard.Run(ctx) })
	}
	s.background.Go(func() { s.tryProvider(ctx) })
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(listener) }()
	s.announce(listener.Addr())
	if ready != nil {
		ready()
	}
	select {
	case err = <-served:
	case <-ctx.Done():
		err = s.shutdown()
	}
	stop()
	s.background.Wait()
	return err
}

// tryProvider asks for the provider's document as the first client would, so that the log
// says at once whether anybody can log in.
func (s *server) tryProvider(ctx context.Context) {
	if s.conf.published().patch == nil {
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, metadata.ServerPrefix, http.NoBody)
	if err == nil {
		s.provider.ServeHTTP(&unread{header: http.Header{}}, r)
	}
}

// An unread answer is thrown away.
type unread struct{ header http.Header }

func (u *unread) Header() http.Header         { return u.header }
func (u *unread) WriteHeader(int)             {}
func (u *unread) Write(b []byte) (int, error) { return len(b), nil }

// prepare makes all that is needed to serve on listener, which it closes when it
// fails.
func (s *server) prepare(ctx context.Context, listener net.Listener) (net.Listener, error) {
	err := s.build()
	if err == nil {
		err = s.watchKeys(ctx)
	}
	if err == nil {
		err = s.watchPolicy(ctx)
	}
	if err == nil {
		var secured net.Listener
		if secured, err = s.secure(ctx, listener); err == nil {
			return secured, nil
		}
	}
	return nil, errors.Join(err, listener.Close())
}

func (s *server) build() error {
	s.conf.shadow = s.shadow
	all, err := s.conf.guards()
	if err != nil {
		return usageError{err}
	}
	advice := newAdviser(s.logger, s.conf.hints())
	for i := range all {
		guardConfig := all[i].config
		guardConfig.Logger, guardConfig.Observe = s.logger, advice.observe
		guard, err := middleware.New(guardConfig)
		if err != nil {
			return usageError{err}
		}
		s.resources = append(s.resources, guarded{all[i], guard})
	}
	shared := all[0].config
	s.keys = shared.APIKeys
	s.mcp = demo.New(demo.Config{Version: version(), Logger: s.logger, Seal: shared.Sessions, ByPolicy: shared.Policy != nil})
	handler, err := s.routes()
	if err != nil {
		return usageError{err}
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
		// No ReadTimeout or WriteTimeout: they would end event streams.
	}
	return nil
}

// announce logs the URLs that people need.
func (s *server) announce(addr net.Addr) {
	scheme := "http"
	if s.conf.HTTPSEnabled {
		scheme = "https"
	}
	for i := range s.resources {
		s.logger.Info("listening", "address", scheme+"://"+addr.String(), "mcp", s.resources[i].url,
			"authentication", s.conf.summary(), "version", version())
	}
}

// shutdown lets ordinary calls finish, for a while, and ends streams at once.
func (s *server) shutdown() error {
	s.logger.Info("shutting down", "at_most", s.conf.ShutdownTimeout.String())
	ctx, cancel := context.WithTimeout(context.Background(), s.conf.ShutdownTimeout)
	defer cancel()
	err := errors.Join(s.mcp.Shutdown(ctx), s.http.Shutdown(ctx))
	if err != nil {
		s.logger.Warn("some calls were cut off", "error", err.Error())
		return s.http.Close()
	}
	return nil
}

// watchKeys reloads the file of API keys when it changes. A bad new file changes
// nothing but the log.
func (s *server) watchKeys(ctx context.Context) error {
	if s.keys == nil || s.conf.APIKeysFile == "" {
		return nil
	}
	return watch.Files(ctx, func() {
		if err := s.keys.Reload(); err != nil {
			s.logger.Error("API keys not reloaded, the old ones stay in use", "error", err.Error())
			return
		}
		if s.keys.Len() == 0 { // a disk that is full leaves such a file
			s.logger.Warn("API keys reloaded, and none is left", "keys", 0)
			return
		}
		s.logger.Info("API keys reloaded", "keys", s.keys.Len())
	}, s.conf.APIKeysFile)
}

// watchPolicy puts a changed policy or denylist in force. A bad new file changes
// nothing but the log. What stands in MCP_CONFIG_FILE itself is read at start only.
func (s *server) watchPolicy(ctx context.Context) error {
	files := []string{s.conf.PolicyFile, s.conf.DenylistFile}
	for i := range s.resources {
		files = append(files, s.resources[i].PolicyFile)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return file == "" })
	if len(files) == 0 || !s.conf.AuthEnabled {
		return nil
	}
	return watch.Files(ctx, s.reloadPolicies, files...)
}

// reloadPolicies puts all policies in force, or none: they may be about the same callers.
func (s *server) reloadPolicies() {
	var p problems
	policies := make([]middleware.Policy, len(s.resources))
	for i := range s.resources {
		r := &s.resources[i]
		r.at.p = &p
		policies[i] = s.conf.policyAt(r.place, &p)
		trial := r.config
		trial.Policy = &policies[i]
		_, err := middleware.New(trial)
		each(err, func(field, problem string) {
			variable, text := s.conf.translatePolicy(r.place, field, problem)
			p.add(variable, "%s", text)
		})
	}
	if err := p.err(); err != nil {
		s.logger.Error("policy not reloaded, the old one stays in force", "error", err.Error())
		return
	}
	for i := range s.resources {
		_ = s.resources[i].guard.SetPolicy(policies[i]) // which New took
	}
	s.logger.Info("policy reloaded")
}

// shadow logs what a condition on trial would have refused.
func (s *server) shadow(where string, p *middleware.Principal, op middleware.Operation, allowed bool, err error) {
	if allowed {
		return // as it does now
	}
	attrs := []any{"rule", where, "subject", p.Subject[:min(len(p.Subject), 256)], "method", op.Method}
	if err != nil {
		attrs = append(attrs, "error", err.Error())
	}
	s.logger.Info("a condition on trial would refuse", attrs...)
}
