package ledger_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The package is pure and knows no float: neither may slip in by an import or a helper.
func TestPackage_S23_hasNoFloatAndNoSideEffect(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	impure := map[string]bool{"context": true, "sync": true, "os": true, "log": true, "math/rand": true, "database/sql": true}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); impure[path] {
				t.Errorf("%s imports %s", name, path)
			}
		}
		for n := range ast.Preorder(file) {
			if id, ok := n.(*ast.Ident); ok && (strings.Contains(strings.ToLower(id.Name), "float") || id.Name == "Now") {
				t.Errorf("%s names %s", name, id.Name)
			}
		}
	}
}
