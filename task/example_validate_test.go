package task_test

import (
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// Everything that is wrong is said at once.
func ExampleConfig_Validate() {
	fmt.Println(task.Config{
		Code:   "read books",
		Period: rule.Unlimited,
		Times:  3,
		Levels: []int64{5, 5},
		Attrs:  rule.Schema{"user": rule.Int},
	}.Validate())
	// Output:
	// code: "read books": must have only letters A-Z and a-z, digits, dots, underscores and hyphens
	// attrs.user: is a word of the expression language: choose another name
	// times: "3": an unlimited task has no bound on completions
	// levels: "2": an unlimited task has one level
	// levels[1]: "5": must be above 5
}
