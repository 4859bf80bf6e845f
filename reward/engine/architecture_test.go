package engine_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/guerdon-go/guerdon"

// A goPackage is what go list says of a package.
type goPackage struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
}

func packages(t *testing.T) map[string]goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,Imports", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string]goPackage{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")] = p
	}
	if len(found) < 8 {
		t.Fatalf("go list found only %d packages", len(found))
	}
	return found
}

// ours are the imports of a package that are of this module.
func ours(imports []string) []string {
	var list []string
	for _, path := range imports {
		if rest, ok := strings.CutPrefix(path, module+"/"); ok {
			list = append(list, rest)
		}
	}
	return list
}

// The folders are the architecture: arrows point one way, and what decides is pure.
func TestArchitecture_importsPointInward(t *testing.T) {
	allowed := map[string][]string{
		"rule":                     nil,
		"task":                     {"rule"},
		"ledger":                   {"rule"},
		"reward":                   {"rule", "task", "ledger"},
		"reward/internal/catalog":  {"rule", "task", "ledger", "reward"},
		"reward/internal/decide":   {"rule", "task", "ledger", "reward", "reward/internal/catalog"},
		"store":                    {"rule", "task", "ledger", "reward"},
		"store/memory":             {"rule", "task", "ledger", "reward", "store"},
		"store/sqlstore":           {"rule", "task", "ledger", "reward", "store"},
		"store/storetest":          {"rule", "task", "ledger", "reward", "store"},
		"reward/engine":            {"rule", "task", "ledger", "reward", "reward/internal/catalog", "reward/internal/decide", "store"},
		"reward/engine/enginetest": {"rule", "task", "ledger", "reward", "reward/engine", "store"},
	}
	for name, p := range packages(t) {
		if strings.HasPrefix(name, "examples/") || strings.HasPrefix(name, "store/sqlstore/") { // modules of their own
			continue
		}
		may, stated := allowed[name]
		if !stated {
			t.Errorf("%s is in no layer: state here what it may import", name)
		}
		for _, path := range ours(p.Imports) {
			if !slices.Contains(may, path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func TestArchitecture_nothingImportsAnAdapterButExamplesAndTests(t *testing.T) {
	for name, p := range packages(t) {
		if strings.HasPrefix(name, "examples") || strings.HasPrefix(name, "store/sqlstore/") { // modules of their own
			continue
		}
		for _, path := range ours(p.Imports) {
			adapter := strings.HasPrefix(path, "store/") && path != "store/storetest"
			if adapter && path != name && !strings.HasPrefix(name, path+"/") {
				t.Errorf("%s imports the adapter %s", name, path)
			}
			if path == "store/storetest" {
				t.Errorf("%s imports storetest outside of its tests", name)
			}
		}
	}
}

func TestArchitecture_whatDecidesIsPure(t *testing.T) {
	all := packages(t)
	for _, name := range []string{"rule", "task", "ledger", "reward", "reward/internal/catalog", "reward/internal/decide"} {
		p, ok := all[name]
		if !ok {
			t.Fatalf("no package %s", name)
		}
		for _, path := range p.Imports {
			first, _, _ := strings.Cut(path, "/")
			if slices.Contains([]string{"context", "sync", "os", "log", "net"}, first) || strings.HasPrefix(path, "math/rand") || strings.HasPrefix(path, "database/") {
				t.Errorf("%s imports %s", name, path)
			}
		}
		for _, file := range p.GoFiles {
			impure(t, name, filepath.Join(p.Dir, file))
		}
	}
}

// impure reports what a file of a pure package must not have: a look at the clock, a goroutine, an init.
func impure(t *testing.T, name, path string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick"}, n.Sel.Name) {
				t.Errorf("%s: %s uses time.%s", fset.Position(n.Pos()), name, n.Sel.Name)
			}
		case *ast.GoStmt:
			t.Errorf("%s: %s starts a goroutine", fset.Position(n.Pos()), name)
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				t.Errorf("%s: %s has an init", fset.Position(n.Pos()), name)
			}
		}
		return true
	})
}

func TestArchitecture_theRootModuleRequiresFourModules(t *testing.T) {
	root := filepath.Dir(packages(t)["rule"].Dir)
	cmd := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []struct{}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, r := range mod.Require {
		paths = append(paths, r.Path)
		want(t, r.Path+" is indirect", r.Indirect, false)
	}
	slices.Sort(paths)
	want(t, "required", paths, []string{"github.com/expr-lang/expr", "github.com/google/go-cmp", "github.com/shopspring/decimal", "pgregory.net/rapid"})
	want(t, "replaced", len(mod.Replace), 0)
}
