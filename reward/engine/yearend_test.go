package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// yearEnd is the year-end campaign in Go; testdata/yearend.json is the same in JSON.
func yearEnd() []engine.Document {
	cal := rule.Calendar{Zone: "Asia/Shanghai"}
	w := rule.Window{Start: cal.Date(2025, time.October, 9).Add(11 * time.Hour), End: cal.Date(2025, time.November, 20)}
	pays := func(code string, of rule.Rule) reward.Config {
		return reward.Config{Code: code, Group: "year-end", Amount: points(10), Rule: of, Window: w}
	}
	return []engine.Document{
		cal, ledger.Asset{Code: "points", Title: "Points"}, task.Group{Code: "year-end", Title: "Earn points"},
		task.Config{Code: "390301", Group: "year-end", Title: "Publish an answer", Period: rule.Daily, Order: 1, Window: w,
			Extra: json.RawMessage(`{"label":"Publish","app_url":"app://publish","pc_url":"https://example.com/publish"}`)},
		task.Config{Code: "390302", Group: "year-end", Title: "Invite friends", Times: 5, Order: 2, Window: w,
			Extra: json.RawMessage(`{"label":"Invite","app_url":"app://invite"}`)},
		task.Config{Code: "390311", Group: "year-end", Title: "Look at the poster", Order: 3, Window: w, Extra: json.RawMessage(`{"label":"Look"}`)},
		task.Config{Code: "390312", Group: "year-end", Title: "Counted, not shown", Order: 4, Window: w},
		reward.Group{Code: "year-end", Cap: points(999)},
		pays("390301", rule.Count("390301", 1)), pays("390302", rule.Count("390302", 1)), pays("390311", rule.Done("390311")),
	}
}

// pageTask is a task as the campaign's page takes it.
type pageTask struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Total       int64  `json:"total"`
	Finished    int64  `json:"finished"`
	Period      string `json:"task_period_type"`
	FinishPoint int64  `json:"finish_point"`
	State       struct {
		Code       string `json:"code"`
		Desc       string `json:"desc"`
		AppURL     string `json:"app_url"`
		PCURL      string `json:"pc_url"`
		Received   bool   `json:"point_received"`
		CanReceive bool   `json:"point_can_receive"`
	} `json:"state"`
}

// page renders the task list from the board alone: a task and the reward of the same code belong together.
func page(t *testing.T, b engine.Board) []pageTask {
	t.Helper()
	rewards := map[string]engine.Explanation{}
	for _, x := range b.Rewards {
		rewards[x.Reward.Code] = x
	}
	var list []pageTask
	for _, st := range b.Tasks {
		x, pays := rewards[st.Config.Code]
		if !pays {
			continue // no points: hidden
		}
		p := pageTask{ID: st.Config.Code, Name: st.Config.Title, Total: max(1, st.Config.Times), Finished: st.Record.Times,
			Period: "ActivityPeriod", FinishPoint: x.Reward.Amount.Value.IntPart()}
		if st.Config.Period == rule.Daily {
			p.Period = "DAYPeriod"
		}
		var extra struct {
			Label  string `json:"label"`
			AppURL string `json:"app_url"`
			PCURL  string `json:"pc_url"`
		}
		if err := json.Unmarshal(st.Config.Extra, &extra); err != nil {
			t.Fatal(err)
		}
		p.State.Code, p.State.Desc, p.State.AppURL, p.State.PCURL = "1", extra.Label, extra.AppURL, extra.PCURL
		if !st.Open {
			p.State.Code = "2"
		}
		p.State.Received = st.Record.Times > 0 && x.Granted > 0
		p.State.CanReceive = st.Open && len(x.Next) == 0
		list = append(list, p)
	}
	return list
}

func yearEndBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, ctx: t.Context(), st: &hooked{Store: memory.New()}, cal: rule.Calendar{Zone: "Asia/Shanghai"}}
	b.clk = &clock{b.at(1, 9, 0)}
	b.Engine = b.another()
	return b
}

func TestYearEnd_JSONAndGoGiveTheSameCatalog(t *testing.T) {
	catalog := func(put func(*bench) (int64, error)) (string, *bench) {
		b := yearEndBench(t)
		if _, err := put(b); err != nil {
			t.Fatal(err)
		}
		cat, err := b.Catalog(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		j, err := json.MarshalIndent([]any{cat.Revision(), cat.Calendar(), cat.Assets(), cat.TaskGroups(), cat.Tasks(), cat.RewardGroups(), cat.Rewards()}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(j), b
	}
	put := func(b *bench) (int64, error) {
		f, err := os.Open("testdata/yearend.json")
		if err != nil {
			return 0, err
		}
		defer f.Close()
		return b.PutJSON(b.ctx, ops, f)
	}
	inJSON, b := catalog(put)
	inGo, _ := catalog(func(b *bench) (int64, error) { return b.Put(b.ctx, ops, yearEnd()...) })
	want(t, "the catalog", inJSON, inGo)
	want(t, "put in Go over JSON, nothing changes", b.put(yearEnd()...), 1)
}

func TestYearEnd_thePageIsRenderedFromTheBoard(t *testing.T) {
	b := yearEndBench(t)
	b.put(yearEnd()...)
	shown := func(groups ...string) string {
		board, err := b.Board(b.ctx, "liu", groups...)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, p := range page(t, board) {
			text += fmt.Sprintf("%s %d/%d %s %d %s %s %v %v\n", p.ID, p.Finished, p.Total, p.Period, p.FinishPoint, p.State.Code, p.State.Desc, p.State.Received, p.State.CanReceive)
		}
		for _, a := range board.Balances {
			text += a.String() + "\n"
		}
		return text
	}
	want(t, "untouched", shown(), `390301 0/1 DAYPeriod 10 1 Publish false true
390302 0/5 ActivityPeriod 10 1 Invite false true
390311 0/1 ActivityPeriod 10 1 Look false true
`)
	for _, code := range []string{"390301", "390302", "390302", "390311", "390312", "390301", "390311"} {
		b.did("liu", code)
	}
	want(t, "after a day", shown("year-end"), `390301 1/1 DAYPeriod 10 2 Publish true false
390302 2/5 ActivityPeriod 10 1 Invite true true
390311 1/1 ActivityPeriod 10 2 Look true false
40 points
`)
	b.day(2)
	want(t, "the next day", shown("year-end"), `390301 0/1 DAYPeriod 10 1 Publish false true
390302 2/5 ActivityPeriod 10 1 Invite true true
390311 1/1 ActivityPeriod 10 2 Look true false
40 points
`)
	want(t, "another group", shown("other"), "40 points\n")
	b.day(17) // 20 November: the window has ended
	b.did("liu", "390302")
	want(t, "at the end", shown(), `390301 0/1 DAYPeriod 10 2 Publish false false
390302 2/5 ActivityPeriod 10 2 Invite true false
390311 1/1 ActivityPeriod 10 2 Look true false
40 points
`)
	board, _ := b.Board(b.ctx, "liu")
	j, err := json.Marshal(page(t, board)[0])
	want(t, "as the page takes it", string(j)+fmt.Sprint(err), `{"id":"390301","name":"Publish an answer","total":1,"finished":0,"task_period_type":"DAYPeriod","finish_point":10,`+
		`"state":{"code":"2","desc":"Publish","app_url":"app://publish","pc_url":"https://example.com/publish","point_received":false,"point_can_receive":false}}<nil>`)
}

func TestYearEnd_S16_theCapCutsAt999(t *testing.T) {
	b := yearEndBench(t)
	docs := yearEnd()
	for i, d := range docs {
		if r, ok := d.(reward.Config); ok && r.Code == "390302" {
			r.Amount = points(199)
			docs[i] = r
		}
	}
	b.put(docs...)
	for range 5 {
		b.did("liu", "390302")
	}
	out := b.did("liu", "390301")
	want(t, "995 and the remainder of 10", amounts(out.Rewards), "[4 points]")
	out = b.did("liu", "390311")
	want(t, "nothing left", blocks(out.Blocked), "[390311: cap 1]")
	want(t, "points", b.has("liu", "points"), "999")
	want(t, "the page knows", b.explain("liu", "390301").Next[0].Reason, reward.Capped)
}
