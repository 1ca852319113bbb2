package mcprs_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// permitted is the licences under which others may give us their work, each by words
// that stand in no other: whoever uses us owes no more than a notice, and for MPL-2.0
// the source of the files that it covers, unchanged here.
var permitted = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License, version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD", "Redistribution and use in source and binary forms, with or without modification, are permitted"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose"},
}

// licenceOf is the licence that a text is, or "".
func licenceOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, p := range permitted {
		if strings.Contains(strings.ToLower(text), strings.ToLower(p.words)) {
			return p.name
		}
	}
	return ""
}

// Every module that go.mod names has a licence that we know, in each file of it. The go
// command finds them in its cache, or fetches them as it does to build.
func TestLicences(t *testing.T) {
	for _, dir := range []string{".", "middleware/gosdk"} {
		modules := modulesOf(t, dir)
		if len(modules) < 5 {
			t.Errorf("%s: only %d modules", dir, len(modules))
		}
		for path, at := range modules {
			var names []string
			for _, file := range licenceFiles(t, at) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				name := licenceOf(string(text))
				if name == "" {
					t.Errorf("%s: %s is no licence that is permitted", path, filepath.Base(file))
				}
				names = append(names, name)
			}
			if len(names) == 0 {
				t.Errorf("%s has no licence", path)
			}
			t.Logf("%s: %s", path, strings.Join(names, ", "))
		}
	}
}

// modulesOf is where the modules are that the one in dir needs, by path.
func modulesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	c := exec.Command("go", "mod", "download", "-json")
	c.Dir = dir
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go mod download in %s: %v", dir, err)
	}
	modules := map[string]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var m struct{ Path, Dir string }
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return modules
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(m.Path+"/", module) {
			modules[m.Path] = m.Dir
		}
	}
}

// licenceFiles is the texts at the top of a module that say what it may be used for.
func licenceFiles(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if !e.IsDir() && (strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "COPYING")) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

// Other terms are told apart from those that are permitted, however their lines break.
func TestLicencesAreToldApart(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n      Version 2.0, January 2004":                                    "Apache-2.0",
		"GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3":                                       "",
		"GNU LESSER GENERAL PUBLIC LICENSE":                                                  "",
		"Business Source License 1.1":                                                        "",
		"Permission is hereby granted, free of\ncharge, to any person obtaining a copy":      "MIT",
		"Redistribution is permitted for evaluation":                                         "",
		"Mozilla Public License, version 2.0\n\n1. Definitions … GNU General Public License": "MPL-2.0",
		"Server Side Public License VERSION 1":                                               "",
		"":                                                                                   "",
	} {
		if got := licenceOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
