package engine_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

func (b *bench) putJSON(text string) error {
	_, err := b.PutJSON(b.ctx, ops, strings.NewReader(text))
	return err
}

func TestPutJSON_S21_whatIsUnknownTwiceOrMisshapenIsRefusedByPath(t *testing.T) {
	for _, c := range []struct {
		name, text, want string // the whole error, or before dots how it begins
	}{
		{"a list of another name", `{"taks":[]}`, "taks: is no known field"},
		{"a list in another case", `{"Tasks":[{"code":"a"}]}`, "Tasks: is no known field"},
		{"a list twice", `{"tasks":[{"code":"a"}],"tasks":[]}`, "tasks: must not be given twice"},
		{"a field that is no plain word", `{"a.b":1,"":2}`, "[\"a.b\"]: is no known field\n[\"\"]: is no known field"},
		{"fields of a task", `{"tasks":[{"code":"a"},{"code":"b","colour":1,"Code":"c","code":"d","colour":2,"code":"e"}]}`,
			"tasks[1].colour: is no known field\ntasks[1].Code: is no known field\ntasks[1].code: must not be given twice"},
		{"a field of an asset", `{"assets":[{"code":"p","Scale":2}]}`, "assets[0].Scale: is no known field"},
		{"a field of a task group", `{"task_groups":[{"code":"g","tittle":""}]}`, "task_groups[0].tittle: is no known field"},
		{"a field of a reward group", `{"reward_groups":[{"code":"g","cap":"1 p","cap":"1 p"}]}`, "reward_groups[0].cap: must not be given twice"},
		{"a field of a reward", `{"rewards":[{"code":"a","paused":true}]}`, "rewards[0].paused: is no known field"},
		{"in a window", `{"tasks":[{"code":"a","window":{"from":1,"end":null,"end":null}}]}`,
			"tasks[0].window.from: is no known field\ntasks[0].window.end: must not be given twice"},
		{"in a limit's cycle", `{"rewards":[{"code":"a","limit":{"cycle":{"evry":1,"unit":"day","unit":"day"}}}]}`,
			"rewards[0].limit.cycle.evry: is no known field\nrewards[0].limit.cycle.unit: must not be given twice"},
		{"in a rule", `{"rewards":[{"code":"a","rule":{"all":[{"count":"x","m":1,"n":1,"n":2}]}}]}`,
			"rewards[0].rule.all[0].m: is no known field\nrewards[0].rule.all[0].n: must not be given twice"},
		{"in the calendar", `{"calendar":{"tz":"UTC","zone":"UTC","zone":"UTC"}}`, "calendar.tz: is no known field\ncalendar.zone: must not be given twice"},
		{"an unknown period", `{"tasks":[{"code":"a","period":"hourly"}]}`, `tasks[0].period: "hourly": must be...`},
		{"an amount as a number", `{"rewards":[{"code":"a","amount":5}]}`, `rewards[0].amount: "5": must be a string`},
		{"plain fields of other types", `{"tasks":[{"code":1,"times":"2","draft":0,"levels":[1,"2"],"order":1.5},"b"],"rewards":[{"excludes":"x"}]}`,
			"tasks[0].code: \"1\": must be a string\ntasks[0].times: \"\\\"2\\\"\": must be a whole number of at most 64 bits\n" +
				"tasks[0].draft: \"0\": must be true or false\ntasks[0].levels: \"[1,\\\"2\\\"]\": must be a list of whole numbers of at most 64 bits\n" +
				"tasks[0].order: \"1.5\": must be a whole number of at most 64 bits\ntasks[1]: \"\\\"b\\\"\": must be an object\n" +
				"rewards[0].excludes: \"\\\"x\\\"\": must be a list of strings"},
		{"kinds of attributes", `{"tasks":[{"code":"a","attrs":{"n":"float","total":2,"ok":"int"}}]}`,
			"tasks[0].attrs.n: \"float\": must be string, bool, int, decimal, time or strings\ntasks[0].attrs.total: \"2\": must be a string"},
		{"a list that is none", `{"tasks":{"code":"a"}}`, `tasks: "{\"code\":\"a\"}": must be a list`},
		{"a document that is null", `{"tasks":[null]}`, `tasks[0]: "null": must be an object`},
		{"no JSON", `{"tasks":`, "must be JSON: ..."},
		{"no object", `[]`, `"[]": must be an object`},
		{"nothing", ``, "must be JSON: ..."},
		{"something after it", `{"tasks":[]} {"tasks":[{"code":"a"}]}`, "must be JSON: ..."},
		{"nested without end", strings.Repeat(`{"tasks":[`, 1<<20), "must be JSON: invalid character '{' exceeded max depth..."},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t)
			err := b.putJSON(c.text)
			begin, open := strings.CutSuffix(c.want, "...")
			if !errors.Is(err, rule.ErrInvalid) || err.Error() != c.want && !(open && strings.HasPrefix(err.Error(), begin)) {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
			want(t, "revision", b.revision(), 1)
		})
	}
}

func TestPutJSON_nullIsAsGoodAsAbsent(t *testing.T) {
	b := setup(t)
	if err := b.putJSON(`{"calendar":null,"tasks":[{"code":"a","title":null,"period":null,"attrs":null,"rule":null}],"rewards":null}`); err != nil {
		t.Fatal(err)
	}
	if err := b.putJSON(`{"calendar":null,"tasks":[{"code":"a"}]}`); err != nil {
		t.Fatal(err)
	}
	want(t, "revision", b.revision(), 2)
}

func TestPutJSON_stopsAfterAHundredPlacesWithFaults(t *testing.T) {
	b := setup(t)
	err := b.putJSON(`{"tasks":[` + strings.Repeat(`{"x":1,"X":2},`, 1<<18) + `{}]}`)
	if n := strings.Count(err.Error(), "\n"); n != 100 || !strings.Contains(err.Error(), "tasks[49].X") || !strings.HasSuffix(err.Error(), "the rest is not listed") {
		t.Errorf("%d lines: %.2000s", n+1, err)
	}
}

func TestPutJSON_reportsTheFaultsOfEveryDocument(t *testing.T) {
	b := setup(t)
	err := b.putJSON(`{"tasks":[{"code":"a","window":{"x":1}}],"rewards":[{"code":"r","limit":{"y":1},"rule":{"count":"a","n":"1"}}]}`)
	wantFaults(t, err, "tasks[0].window.x", "rewards[0].limit.y", "rewards[0].rule.n")
	wantFaults(t, b.putJSON(`{"tasks":[{"code":"a","times":-1}],"rewards":[{"code":"r","amount":"0.5 points","rule":{"count":"b","n":1}}]}`),
		"task a: times", "reward r: amount", "reward r: rule.count")
}

func TestPutJSON_aReaderThatFailsWritesNothing(t *testing.T) {
	b := setup(t)
	broken := errors.New("broken")
	_, err := b.PutJSON(b.ctx, ops, io.MultiReader(strings.NewReader(`{"tasks":[{"code":"a"}]`), iotest.ErrReader(broken)))
	want(t, "its error", errors.Is(err, broken), true)
	want(t, "revision", b.revision(), 1)
}

// TestPut_refusesBombs holds that a document whose condition or rule is made to exhaust a parser or an evaluator is refused
// when it is put, in Go and in JSON, and writes nothing. It would not end, or end the process, if it were not.
func TestPut_refusesBombs(t *testing.T) {
	const mega = 1 << 20
	for _, c := range []struct{ name, where string }{
		{"2 MB of parentheses", strings.Repeat("(", mega) + "vip" + strings.Repeat(")", mega)},
		{"parentheses below the bound of bytes", strings.Repeat("(", 2000) + "vip" + strings.Repeat(")", 2000)},
		{"nested loops", "all(1..1000000, all(1..1000000, all(1..1000000, # > 0)))"},
		{"a string that grows", `repeat("a", 1000000000) == city`},
		{"a regular expression", `city matches "(a*)*(b*)*(c*)*$"`},
		{"an exponent", "total == 1e1000000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t)
			shop := task.Config{Code: "shop", Period: rule.Unlimited, Where: c.where,
				Attrs: rule.Schema{"vip": rule.Bool, "city": rule.String, "total": rule.Decimal}}
			b.refuse([]string{"task shop: where"}, shop)
			text, err := json.Marshal(map[string]any{"tasks": []any{shop}})
			if err != nil {
				t.Fatal(err)
			}
			wantFaults(t, b.putJSON(string(text)), "task shop: where")
			shop.Where = ""
			b.put(shop)
			b.refuse([]string{"reward R: rule.where"}, reward.Config{Code: "R", Amount: points(1), Rule: rule.Count("shop", 1).Where(c.where)})
		})
	}
	b := setup(t)
	deep := strings.Repeat(`{"all":[`, mega) + `{"done":"a"}` + strings.Repeat("]}", mega)
	if err := b.putJSON(`{"rewards":[{"code":"R","rule":` + deep + `}]}`); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("2 MB of nested rules: %v", err)
	}
	want(t, "revision", b.revision(), 1)
}
