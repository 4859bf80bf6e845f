package rule_test

import (
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
)

func ExampleCompileFormula() {
	schema := rule.Schema{"total": rule.Decimal}
	points, err := rule.CompileFormula("min(floor(total * 0.05), 50)", schema)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, total := range []any{"99.90", 2000, nil} {
		attrs, err := schema.Canonical(rule.Attrs{"total": total})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(points.Eval(nil, attrs))
	}
	// Output:
	// 4 true
	// 50 true
	// 0 false
}
