package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-rs/mcp-rs/apikey"
)

func (p program) keygenCommand() *cobra.Command {
	var name, expires string
	var scopes []string
	c := &cobra.Command{
		Use:   "keygen",
		Short: "Make an API key and the line for MCP_API_KEYS_FILE that accepts it",
		Long:  "keygen makes an API key. The key is shown once, on standard error, and kept nowhere.\nThe line for the file is on standard output, so that it can be appended:\n\n  mcp-rs keygen --name ci --scopes read >> keys.txt",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if name == "" {
				return usageError{errors.New("--name is missing; give the key a name, such as --name ci")}
			}
			end, err := parseEnd(expires, time.Now())
			if err != nil {
				return usageError{err}
			}
			key := apikey.Generate()
			line, err := apikey.Line(key, name, scopes, end)
			if err != nil {
				return usageError{fmt.Errorf("--name, --scopes or --expires: %w", err)}
			}
			fmt.Fprintf(p.stderr, "The key, shown only now; give it to the client as X-API-Key:\n\n  %s\n\nThe line for MCP_API_KEYS_FILE, which holds its hash:\n\n", key)
			fmt.Fprintln(p.stdout, line)
			return nil
		},
	}
	c.Flags().StringVar(&name, "name", "", "`name` of the key, as logs show it")
	c.Flags().StringSliceVar(&scopes, "scopes", nil, "`scopes` that the key holds, separated by commas")
	c.Flags().StringVar(&expires, "expires", "", "when it ends: days such as 90d, a `date` such as 2027-01-31, or a time of RFC 3339; empty means never")
	return c
}

// parseEnd reads --expires. A date alone is its first moment in UTC, as in the file.
func parseEnd(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && 0 < n && n <= 36500 {
			return now.UTC().AddDate(0, 0, n).Truncate(time.Second), nil
		}
	}
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		end, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("--expires is %q; write 90d, 2027-01-31 or 2027-01-31T12:00:00Z", text)
	}
	if !end.After(now) {
		return time.Time{}, fmt.Errorf("--expires is %q, which is over", text)
	}
	return end, nil
}
