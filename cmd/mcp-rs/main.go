// Command mcp-rs is an MCP server that lets nobody in who should not be: tokens of
// an OAuth provider or API keys, configured by MCP_* variables.
//
//	mcp-rs         serve, as the variables say
//	mcp-rs dev     serve on this machine with an issuer of its own; nothing to set up
//	mcp-rs keygen  make an API key
//	mcp-rs explain say why a token is accepted or refused
//	mcp-rs config  check the configuration, or print the schema of its file
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitFailed = 1
	exitConfig = 2 // the configuration or the command line is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()})
	stop()
	os.Exit(code)
}

// A program is what a command gets from outside.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
}

// A usageError is a mistake on the command line or in the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errSaid means failure that has been explained already.
var errSaid = errors.New("said")

// run runs one command and returns its exit code.
func run(ctx context.Context, args []string, p program) int {
	root := p.root()
	root.SetArgs(append([]string{}, args...)) // never nil, which means os.Args to cobra
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintf(p.stderr, "mcp-rs: %v\n", err)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitConfig
	}
	return exitFailed
}

func (p program) root() *cobra.Command {
	serve := p.serveCommand()
	root := &cobra.Command{
		Use:           "mcp-rs",
		Short:         "An MCP server that only lets in whom it should",
		Long:          "mcp-rs puts an OAuth 2.1 resource server in front of an MCP server. It reads MCP_* variables;\n.env.mcp.example explains them all.",
		Version:       version(),
		Args:          noArgs,
		RunE:          serve.RunE,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.Flags().AddFlagSet(serve.Flags())
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.AddCommand(serve, p.devCommand(), p.keygenCommand(), p.explainCommand(), p.configCommand())
	return root
}

// noArgs is cobra.NoArgs as a usage error.
func noArgs(c *cobra.Command, args []string) error {
	if err := cobra.NoArgs(c, args); err != nil {
		return usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	}
	return nil
}
