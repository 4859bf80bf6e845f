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

func TestPutJSON_S21_unknownFieldsAreRefusedByPath(t *testing.T) {
	for _, c := range []struct {
		name, text, path, named string
	}{
		{"at the top", `{"taks":[]}`, "", "taks"},
		{"in a task", `{"tasks":[{"code":"a"},{"code":"b","perod":"daily"}]}`, "tasks[1]", "perod"},
		{"in a reward", `{"rewards":[{"code":"a","paused":true}]}`, "rewards[0]", "paused"},
		{"in a window", `{"tasks":[{"code":"a","window":{"from":"2025-01-01T00:00:00Z"}}]}`, "tasks[0].window.from", ""},
		{"in a limit's cycle", `{"rewards":[{"code":"a","limit":{"cycle":{"evry":1}}}]}`, "rewards[0].limit.cycle.evry", ""},
		{"in a rule", `{"rewards":[{"code":"a","rule":{"all":[{"count":"x","m":1}]}}]}`, "rewards[0].rule.all[0].m", ""},
		{"in the calendar", `{"calendar":{"tz":"UTC"}}`, "calendar.tz", ""},
		{"an unknown period", `{"tasks":[{"code":"a","period":"hourly"}]}`, "tasks[0]", "hourly"},
		{"an amount as a number", `{"rewards":[{"code":"a","amount":5}]}`, "rewards[0].amount", ""},
		{"a kind of attribute", `{"tasks":[{"code":"a","attrs":{"n":"float"}}]}`, "tasks[0].attrs", "float"},
		{"no JSON", `{"tasks":`, "", ""},
		{"no object", `[]`, "", ""},
		{"nothing", ``, "", ""},
		{"something after it", `{"tasks":[]} {"tasks":[{"code":"a"}]}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := setup(t)
			err := b.putJSON(c.text)
			got := faults(err)
			if !errors.Is(err, rule.ErrInvalid) || len(got) == 0 || got[0] != c.path || !strings.Contains(err.Error(), c.named) {
				t.Errorf("faults of %q: %v; want %q naming %q", got, err, c.path, c.named)
			}
			want(t, "revision", b.revision(), 1)
		})
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
