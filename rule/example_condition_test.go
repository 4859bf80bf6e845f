package rule_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
)

func ExampleCompileCondition() {
	schema := rule.Schema{"total": rule.Decimal, "city": rule.String, "coupon": rule.String}
	cond, err := rule.CompileCondition(`total >= 100 and city in ["Paris", "Lyon"] and not has(coupon)`, schema)
	if err != nil {
		fmt.Println(err)
		return
	}
	var scratch rule.Scratch // one for each goroutine
	for _, body := range []string{`{"total": 250.00, "city": "Lyon"}`, `{"total": 99.99, "city": "Lyon"}`, `{"city": "Lyon"}`, `{"total": 250, "city": "Lyon", "coupon": "WELCOME"}`} {
		var given rule.Attrs
		if err := json.Unmarshal([]byte(body), &given); err != nil {
			fmt.Println(err)
			return
		}
		attrs, err := schema.Canonical(given)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cond.Match(&scratch, attrs), body)
	}
	// Output:
	// true {"total": 250.00, "city": "Lyon"}
	// false {"total": 99.99, "city": "Lyon"}
	// false {"city": "Lyon"}
	// false {"total": 250, "city": "Lyon", "coupon": "WELCOME"}
}

func ExampleCompileCondition_faults() {
	schema := rule.Schema{"total": rule.Decimal, "city": rule.String}
	_, err := rule.CompileCondition(`total > "x" and not city == "Paris" and ciyt == "Lyon"`, schema)
	fmt.Println(err)
	fmt.Println(errors.Is(err, rule.ErrInvalid))
	// Output:
	// 1:7: total is a decimal and cannot be compared with a string
	//  | total > "x" and not city == "Paris" and ciyt == "Lyon"
	//  | ......^
	// 1:17: not binds tighter than ==: write not (city == ...)
	//  | total > "x" and not city == "Paris" and ciyt == "Lyon"
	//  | ................^
	// 1:41: ciyt is no declared attribute
	//  | total > "x" and not city == "Paris" and ciyt == "Lyon"
	//  | ........................................^
	// true
}
