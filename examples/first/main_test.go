package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func Example_main() {
	main()
	// Output: third-order/1 of mei granted 5 points
}

// The README shows the part of this program that does something, word for word.
func TestFirst_isWhatTheReadmeShows(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(program), "func main() {\n")
	body = strings.ReplaceAll("\n"+strings.TrimSuffix(body, "}\n"), "\n\t", "\n")
	if block := "```go" + body + "```\n"; !strings.Contains(string(readme), block) {
		t.Errorf("README.md lacks this block:\n%s", block)
	}
}

// A link to a file of the repository leads to one.
func TestReadme_linksLeadSomewhere(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(readme), -1) {
		if _, err := os.Stat("../../" + m[1]); err != nil {
			t.Error(err)
		}
	}
}
