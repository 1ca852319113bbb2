package main

import (
	_ "embed"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// schema describes the file of MCP_CONFIG_FILE, for editors and for people.
//
//go:embed config.schema.json
var schema []byte

func (p program) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check the configuration, or print the schema of its file",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return usageError{fmt.Errorf("say what to do: check or schema; see %s --help", c.CommandPath())}
		},
	}
	c.AddCommand(p.configCheckCommand(), p.configSchemaCommand())
	return c
}

func (p program) configCheckCommand() *cobra.Command {
	var envFile string
	c := &cobra.Command{
		Use:   "check",
		Short: "Say everything that is wrong with the configuration; asks nobody and serves nothing",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			conf, err := p.load(envFile)
			if err != nil {
				return err
			}
			return p.usable(conf)
		},
	}
	envFileFlag(c, &envFile)
	return c
}

// usable says what follows from a configuration without a mistake.
func (p program) usable(conf *config) error {
	fmt.Fprintln(p.stdout, "the configuration is usable")
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, d := range conf.derived() {
		row(table, "  "+d[0], d[1], d[2])
	}
	err := errors.Join(table.Flush(), conf.printNotes(p.stdout))
	for _, warning := range conf.warnings() {
		_, failed := fmt.Fprintf(p.stdout, "warning: %s\n", warning)
		err = errors.Join(err, failed)
	}
	return err
}

func (p program) configSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the file of MCP_CONFIG_FILE",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.stdout.Write(schema)
			return err
		},
	}
}
