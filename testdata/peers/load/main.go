// Command load puts the real mcp-rs under load while its provider misbehaves, and
// looks at every answer.
//
//	cd testdata/peers && go run ./load
//
// It builds mcp-rs, starts it as a process of its own behind a provider that lives in
// this one, and sends good callers' requests at a fixed rate, in three phases:
//
//   - quiet, for a minute: the good callers alone;
//   - storm, for as long again: the same callers, while the provider changes its keys
//     every few seconds and is down for a while, twice, and while strangers send
//     unknown keys, bad signatures, garbage, expired tokens and nothing at all;
//   - settling: the good callers alone again.
//
// No answer may be wrong, and memory and descriptors must come back to what they were.
// What is right while keys change is told by the provider's own record of who fetched
// what: see history. Then it prints a table, and exits with 1 if anything was wrong.
// How much the storm slows the good callers down is printed, and judged only with
// -judge: on a machine that others use too, it says more about them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(stderr)
	long := flags.Duration("for", time.Minute, "how long quiet lasts, and the storm")
	judge := flags.Bool("judge", false, "fail if the storm more than doubles the p99 of good callers")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	case *long < shortest || *long > longest:
		return fmt.Errorf("-for must be %s to %s: tokens live for an hour", shortest, longest)
	}
	res, err := measured(ctx, planFor(*long), stderr)
	if err != nil {
		return err
	}
	res.judge(*judge)
	if err := res.print(stdout); err != nil {
		return err
	}
	if n := len(res.problems); n > 0 {
		return fmt.Errorf("%d things are wrong", n)
	}
	return nil
}

// measured runs all phases against a new mcp-rs.
func measured(ctx context.Context, p plan, stderr io.Writer) (*result, error) {
	provider, err := startProvider()
	if err != nil {
		return nil, err
	}
	defer provider.close()
	keys := newRotation(provider)
	s, err := startServer(ctx, provider)
	if err != nil {
		return nil, err
	}
	defer s.kill()
	r := &runner{plan: p, provider: provider, keys: keys, server: s, tally: newTally()}
	r.progress = newProgress(stderr, r.tally)
	res, err := r.run(ctx)
	r.progress.stop()
	if err != nil {
		return nil, err
	}
	res.problems = append(res.problems, s.stop()...)
	return res, nil
}
