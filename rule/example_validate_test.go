package rule_test

import (
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
)

// Every fault is found at once, by the path that leads to it in the rule's JSON.
func ExampleRule_Validate() {
	r := rule.All(
		rule.AtLeast(3, rule.Count("order", 0), rule.Done("profile")),
		rule.Any(),
		rule.Streak("sign in", 7),
	)
	fmt.Println(r.Validate())
	// Output:
	// all[0].at_least: "3": must be at most 2, the number of rules below it
	// all[0].of[0].n: "0": must be at least 1
	// all[1].any: must not be empty
	// all[2].streak: "sign in": must have only letters A-Z and a-z, digits, dots, underscores and hyphens
}
