package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// A node is what this test reads of a schema.
type node struct {
	Description string          `json:"description"`
	Type        string          `json:"type"`
	Ref         string          `json:"$ref"`
	Closed      json.RawMessage `json:"additionalProperties"`
	Properties  map[string]node `json:"properties"`
	Items       *node           `json:"items"`
	Defs        map[string]node `json:"$defs"`
}

func schemaTree(t *testing.T) node {
	t.Helper()
	var root node
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// Every name of the structs is in the schema, with a description and the right kind of
// value, and nothing else is.
func TestSchemaAndStructsAreEqual(t *testing.T) {
	t.Parallel()
	root := schemaTree(t)
	compareSchema(t, root, root, reflect.TypeFor[configFile](), "the file")
}

func compareSchema(t *testing.T, root, n node, of reflect.Type, where string) {
	t.Helper()
	names := map[string]reflect.Type{}
	yamlNames(of, names)
	if got, want := slices.Sorted(maps.Keys(n.Properties)), slices.Sorted(maps.Keys(names)); !slices.Equal(got, want) {
		t.Errorf("%s: schema %q, struct %q", where, got, want)
	}
	if string(n.Closed) != "false" {
		t.Errorf("%s: takes names that are not known", where)
	}
	for name, field := range names {
		compareValue(t, root, n.Properties[name], field, where+"."+name)
	}
}

func compareValue(t *testing.T, root, n node, of reflect.Type, where string) {
	t.Helper()
	described := n.Description
	if def, ok := strings.CutPrefix(n.Ref, "#/$defs/"); ok {
		n = root.Defs[def]
		described += n.Description
	}
	if described == "" {
		t.Errorf("%s: no description", where)
	}
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	kinds := map[reflect.Kind]string{
		reflect.String: "string", reflect.Int64: "string", reflect.Bool: "boolean",
		reflect.Slice: "array", reflect.Map: "object", reflect.Struct: "object",
	}
	if n.Type != kinds[of.Kind()] {
		t.Errorf("%s: schema %q, struct %s", where, n.Type, of)
	}
	switch {
	case of.Kind() == reflect.Struct:
		compareSchema(t, root, n, of, where)
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct:
		item := *n.Items
		if def, ok := strings.CutPrefix(item.Ref, "#/$defs/"); ok {
			item = root.Defs[def]
		}
		compareSchema(t, root, item, of.Elem(), where+"[]")
	case of.Kind() == reflect.Map && of.Elem().Kind() == reflect.Struct:
		compareSchema(t, root, root.Defs["rule"], of.Elem(), where+"{}")
	}
}

// yamlNames is the names of a struct, those of what is inlined too.
func yamlNames(of reflect.Type, names map[string]reflect.Type) {
	for i := range of.NumField() {
		f := of.Field(i)
		if name, option, _ := strings.Cut(f.Tag.Get("yaml"), ","); option == "inline" {
			yamlNames(f.Type, names)
		} else {
			names[name] = f.Type
		}
	}
}

// The schema knows every variable that the file may set.
func TestSchemaKnowsTheVariables(t *testing.T) {
	t.Parallel()
	var want []string
	for _, v := range new(config).variables() {
		if v.name != configVariable && secretVariables[v.name] == "" {
			want = append(want, v.name)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(schemaTree(t).Properties["variables"].Properties)); !slices.Equal(got, want) {
		t.Errorf("schema %q\nstruct %q", got, want)
	}
}

// A validator agrees with us about the examples, and about mistakes.
func TestSchemaValidates(t *testing.T) {
	t.Parallel()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text []byte) error {
		var tree any
		if err := yaml.Unmarshal(text, &tree); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(instance)
	}
	for _, name := range []string{"example.yaml", "example.json"} {
		text, err := os.ReadFile(filepath.Join(sourceFolder, "..", "..", "testdata", "config", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := valid([]byte(twoPlaces)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"issuer: []", "issuers: [{audiences: [a]}]", "issuers: [{url: u, leeway: 5}]", "resources: [{scopes: [a]}]",
		"variables: {MCP_API_KEYS: a}", "variables: {MCP_PORT: x}", "issuers: [{url: u, opaque: {jwt: never}}]",
	} {
		if err := valid([]byte(bad)); err == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}
