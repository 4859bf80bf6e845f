package rule_test

import (
	"encoding/json"
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
)

func ExampleStored() {
	schema := rule.Schema{"total": rule.Decimal, "items": rule.Int, "tags": rule.Strings}
	attrs, err := schema.Canonical(rule.Attrs{"total": "12.50", "items": 3, "tags": []string{"gift"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(rule.Stored(attrs))
	fmt.Println(string(text), err)

	var back rule.Stored
	err = json.Unmarshal(text, &back)
	fmt.Printf("%T %v\n", back["total"], err)
	fmt.Println(rule.EqualValue(json.Number("12.5"), back["total"]))
	// Output:
	// {"items":3,"tags":["gift"],"total":{"decimal":"12.5"}} <nil>
	// decimal.Decimal <nil>
	// true
}
