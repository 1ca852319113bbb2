// Command peers measures mcp-rs and other libraries that check access tokens, side by
// side: what a request costs with each, how often each asks the provider for its keys,
// and what each admits that it should not. It is a module of its own, so that nobody
// who uses mcp-rs inherits its peers.
//
//	cd testdata/peers && go run . -json results.json -svg plot.svg >results.md
//
// takes some minutes; -quick takes seconds, and shows only that everything works.
//
// All numbers are ratios of two pieces of work that ran in turns, in slices of 4 ms, in
// the order A B B A. A pair of slices in which the process lost its processor does not
// count; what is printed is the median. So a busy machine makes a run longer, and its
// absolute times wrong, but its ratios hold. Every answer's status is looked at. Garbage
// is collected as with GOGC=400, so that most slices have no collection in them, and none
// is half made of one; what is allocated stands in columns of its own.
//
// Tokens are of Auth0's shape: 402 bytes of claims. Requests have the headers of an MCP
// client, and go straight to the handler, with no network; but those of the section
// loopback go to a server, which is this program once more and collects garbage as by
// default, in bursts of 100 ms.
//
// Command load, in the folder of that name, puts mcp-rs itself under load instead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/peer"
	"github.com/mcp-rs/mcp-rs/testdata/peers/internal/report"
)

func main() {
	if served(os.Args) {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	quick     bool
	only      string
	rounds    int
	json, svg string
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.quick, "quick", false, "measure for seconds, to see that everything works")
	flags.StringVar(&o.only, "only", "", "only these `sections`, by the beginnings of their names: "+sectionNames())
	flags.IntVar(&o.rounds, "rounds", 0, "ratios for each number (default 60, or 2 with -quick)")
	flags.StringVar(&o.json, "json", "", "write all numbers to this `file` too")
	flags.StringVar(&o.svg, "svg", "", "draw the plot to this `file`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.rounds < 0:
		return o, errors.New("-rounds must not be negative")
	case o.rounds == 0 && o.quick:
		o.rounds = 2
	case o.rounds == 0:
		o.rounds = 60
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	rep, err := measured(ctx, o, stderr)
	if err != nil {
		return err
	}
	if err := rep.Markdown(stdout); err != nil {
		return err
	}
	if err := toFile(o.json, rep.JSON); err != nil {
		return err
	}
	return toFile(o.svg, func(w io.Writer) error { return rep.SVG(w, names()) })
}

// measured measures the sections that were asked for.
func measured(ctx context.Context, o options, progress io.Writer) (*report.Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	rep := &report.Report{Machine: report.ThisMachine(ctx, o.quick), Versions: peer.Versions()}
	r := newRig(ctx, o.rounds, o.quick)
	defer r.close()
	for _, s := range sections {
		if !chosen(s.name, o.only) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		began := time.Now()
		section := report.Section{Name: s.name}
		if err := s.measure(r, &section); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		rep.Sections = append(rep.Sections, section)
		fmt.Fprintf(progress, "%s: %.1f s\n", s.name, time.Since(began).Seconds())
	}
	if len(rep.Sections) == 0 {
		return nil, fmt.Errorf("no section is called %q; there are %s", o.only, sectionNames())
	}
	return rep, nil
}

// names is the libraries in the order of the plot.
func names() []string {
	var list []string
	for _, p := range peer.Libraries() {
		list = append(list, p.Name)
	}
	return list
}

// toFile writes a file, if it has a name.
func toFile(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
