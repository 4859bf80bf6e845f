package rule_test

import (
	"encoding/json"
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
)

func ExampleParseTriggerRules() {
	r, err := rule.ParseTriggerRules([]byte(`[
		{"ruleType":"and","taskRules":[
			{"taskConfigCode":"TS000061","matchNumType":2,"matchNumMin":3},
			{"taskConfigCode":"TS000012","matchNumType":1,"matchNumMin":1}]},
		{"ruleType":"or","taskRules":[
			{"taskConfigCode":"TS000013","matchNumType":1,"matchNumMin":1},
			{"taskConfigCode":"TS000014","matchNumType":1,"matchNumMin":1}]}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(r)
	fmt.Println(string(text), err)
	_, err = rule.ParseTriggerRules([]byte(`[{"ruleType":"xor","taskRules":[{"taskConfigCode":"TS000013","matchNumType":1,"matchNumMin":0}]}]`))
	fmt.Println(err)
	// Output:
	// {"all":[{"all":[{"streak":"TS000061","n":3},{"count":"TS000012","n":1}]},{"any":[{"count":"TS000013","n":1},{"count":"TS000014","n":1}]}]} <nil>
	// [0].ruleType: "xor": must be "and" or "or"
	// [0].taskRules[0].matchNumMin: "0": must be at least 1
}

func ExampleFormatTriggerRules() {
	text, err := rule.FormatTriggerRules(rule.Any(rule.Count("TS000013", 1), rule.Streak("TS000061", 7)))
	fmt.Println(string(text), err)
	_, err = rule.FormatTriggerRules(rule.All(rule.Count("TS000013", 1).Where("total >= 100"), rule.Done("TS000012")))
	fmt.Println(err)
	// Output:
	// [{"ruleType":"or","taskRules":[{"taskConfigCode":"TS000013","matchNumType":1,"matchNumMin":1},{"taskConfigCode":"TS000061","matchNumType":2,"matchNumMin":7}]}] <nil>
	// all[0].where: "total >= 100": must not be set: trigger rules have no conditions
	// all[1].done: must be all, any, count or streak: trigger rules have no done
}
