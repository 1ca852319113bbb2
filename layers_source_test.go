package mcprs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A source is one Go file that is compiled into something, or a test.
type source struct {
	name string // "jwks/key.go"
	dir  string // "jwks"
	file *ast.File
	test bool
	fset *token.FileSet
}

// isModule reports whether a folder is a module of its own: nobody inherits what it
// imports.
func isModule(root fs.FS, dir string) bool {
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	root := os.DirFS(".")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && isModule(root, name):
			return fs.SkipDir
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		s := source{name: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), fset: token.NewFileSet()}
		s.file, err = parser.ParseFile(s.fset, name, nil, parser.SkipObjectResolution)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 40 {
		t.Fatalf("only %d files: this test is not where it should be", len(all))
	}
	return all
}

// imports is the import paths of a file by the name they have in it.
func (s source) imports() map[string]string {
	names := map[string]string{}
	for _, spec := range s.file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has seen to that
		name := path.Base(p)
		if strings.HasPrefix(name, "v") && strings.Trim(name[1:], "0123456789") == "" {
			name = path.Base(path.Dir(p)) // a major version is no name
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "_" || name == "." {
			name += p
		}
		names[name] = p
	}
	return names
}

// foreign reports whether an import path is neither ours nor of the standard library.
func foreign(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return strings.Contains(first, ".") && !strings.HasPrefix(p, module)
}

// selectors is what a file uses of the package that it calls name.
func (s source) selectors(name string) map[string]token.Pos {
	found := map[string]token.Pos{}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
				found[sel.Sel.Name] = sel.Pos()
			}
		}
		return true
	})
	return found
}

// signature is the parts of a declaration that callers see.
func signature(decl ast.Decl) []ast.Node {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || exportedReceiver(d.Recv)) {
			return []ast.Node{d.Type}
		}
	case *ast.GenDecl:
		var parts []ast.Node
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					parts = append(parts, visible(spec)...)
				}
			case *ast.ValueSpec:
				if slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported) {
					parts = append(parts, spec) // with its value, which may be all that says its type
				}
			}
		}
		return parts
	}
	return nil
}

func exportedReceiver(recv *ast.FieldList) bool {
	exported := false
	ast.Inspect(recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = exported || id.IsExported()
		}
		return true
	})
	return exported
}

// visible is a type without the unexported fields of a struct. Embedded fields count
// as exported: their methods are.
func visible(spec *ast.TypeSpec) []ast.Node {
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		return []ast.Node{spec}
	}
	var parts []ast.Node
	if spec.TypeParams != nil {
		parts = append(parts, spec.TypeParams)
	}
	for _, field := range structure.Fields.List {
		if len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported) {
			parts = append(parts, field.Type)
		}
	}
	return parts
}

func mentions(n ast.Node, pkg string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				found = found || x.Name == pkg
			}
		}
		return true
	})
	return found
}
