package rule_test

import (
	"encoding/json"
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
)

// Three days of signing in a row and a filled-in profile, and either a first check-in or a first share.
func ExampleRule_MarshalJSON() {
	r := rule.All(
		rule.All(rule.Streak("TS000061", 3), rule.Count("TS000012", 1)),
		rule.Any(rule.Count("TS000013", 1), rule.Count("TS000014", 1)),
	)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(text))
	// Output:
	// {
	//   "all": [
	//     {
	//       "all": [
	//         {
	//           "streak": "TS000061",
	//           "n": 3
	//         },
	//         {
	//           "count": "TS000012",
	//           "n": 1
	//         }
	//       ]
	//     },
	//     {
	//       "any": [
	//         {
	//           "count": "TS000013",
	//           "n": 1
	//         },
	//         {
	//           "count": "TS000014",
	//           "n": 1
	//         }
	//       ]
	//     }
	//   ]
	// }
}

func ExampleRule_UnmarshalJSON() {
	var r rule.Rule
	err := json.Unmarshal([]byte(`{"at_least":2,"of":[
		{"count":"order","n":3,"where":"total >= 100"},
		{"sum":"order","attr":"total","total":99.5},
		{"done":"profile"}]}`), &r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.K, "of", len(r.Of), "on", r.Tasks())
	fmt.Println(r.Of[0].Cond, "and a sum of", r.Of[1].Total)
	// Output:
	// 2 of 3 on [order profile]
	// total >= 100 and a sum of 99.5
}
