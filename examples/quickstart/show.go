package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
)

// print writes the page. Titles come last in a line, as they are of any width.
func (p *played) print(w io.Writer) error {
	p.summary(w)
	if len(p.steps) == 0 {
		return nil
	}
	p.timeline(w)
	if err := p.missing(w); err != nil {
		return err
	}
	if err := p.books(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAll of it is kept in %s: the same events again add nothing.\n", p.db.Name)
	return nil
}

func (p *played) summary(w io.Writer) {
	var before, repeats, late, ignored int
	var first, last time.Time
	for _, s := range p.steps {
		if s.before {
			before++
		}
		switch {
		case s.out.Replay && !s.before:
			repeats++
		case s.out.Ignored != "":
			ignored++
		case s.event.Time.Before(last):
			late++
		}
		if first.IsZero() || s.event.Time.Before(first) {
			first = s.event.Time
		}
		if s.event.Time.After(last) {
			last = s.event.Time
		}
	}
	c := p.catalog
	fmt.Fprintf(w, "%d tasks in %d groups, %d rewards; days begin in %s\n", len(c.Tasks()), len(c.TaskGroups()), len(c.Rewards()), c.Calendar().Zone)
	if len(p.steps) == 0 {
		fmt.Fprintln(w, "no events")
		return
	}
	fmt.Fprintf(w, "%d events of %d people from %s to %s; %d came late, %d twice, %d for a task already done\n",
		len(p.steps), len(p.users), p.at(first), p.at(last), late, repeats, ignored)
	switch fresh := len(p.steps) - before - repeats; {
	case fresh == 0:
		fmt.Fprintln(w, "nothing new: an earlier run recorded all of them")
	case before > 0:
		fmt.Fprintf(w, "new: %d; an earlier run recorded the others\n", fresh)
	}
}

// timeline prints what new events led to, in their order.
func (p *played) timeline(w io.Writer) {
	if !slices.ContainsFunc(p.steps, func(s step) bool { return !s.out.Replay }) {
		return
	}
	fmt.Fprint(w, "\nWhat happened\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	for _, s := range p.steps {
		if s.out.Replay {
			continue
		}
		line := func(what, code, detail, title string) {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", p.at(s.event.Time), s.event.User, what, code, detail, title)
		}
		for _, r := range s.out.Tasks {
			if t, _ := p.catalog.Task(r.Task); t.Derived() {
				line("done", r.Task, "", t.Title)
			}
		}
		for _, r := range s.out.Rewards {
			line("earned", r.ID.Reward, p.amount(r.Amount), p.title(r.ID.Reward))
		}
		for _, b := range s.out.Blocked {
			line("blocked", b.Reward, p.reason(b), p.title(b.Reward))
		}
	}
}

// missing explains the first reward that somebody has no match of, for the first such person.
func (p *played) missing(w io.Writer) error {
	for _, r := range p.catalog.Rewards() {
		for _, user := range p.users {
			x, err := p.eng.Explain(context.Background(), user, r.Code)
			if err != nil {
				return err
			}
			if x.Matches == 0 {
				p.explanation(w, x)
				return nil
			}
		}
	}
	return nil
}

func (p *played) explanation(w io.Writer, x engine.Explanation) {
	fmt.Fprintf(w, "\nWhat %s lacks for %s, %s (%s)\n", x.User, x.Reward.Code, x.Reward.Title, x.Phase)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	p.node(table, x.Progress, "  ")
	for _, b := range x.Next {
		fmt.Fprintf(table, "  blocked besides: %s\n", p.reason(b))
	}
}

// node prints a node of the rule with a tick, and what is below it further in.
func (p *played) node(w io.Writer, g rule.Progress, indent string) {
	tick := "[ ]"
	if g.Met {
		tick = "[x]"
	}
	what, title := "", ""
	switch r := g.Rule; r.Op {
	case rule.OpAll:
		what = "all of"
	case rule.OpAny:
		what = "any of"
	case rule.OpAtLeast:
		what = fmt.Sprintf("at least %d of", r.K)
	case rule.OpStreak:
		what = fmt.Sprintf("%s %d in a row", r.Task, r.N)
	case rule.OpSum:
		what = fmt.Sprintf("%s %s in all", r.Task, r.Attr)
	case rule.OpDistinct:
		what = fmt.Sprintf("%s different %s", r.Task, r.Attr)
	default:
		what = r.Task
	}
	if t, ok := p.catalog.Task(g.Rule.Task); ok {
		title = t.Title
	}
	have := fmt.Sprintf("%s of %s", g.Have, g.Need)
	if len(g.Of) > 0 {
		have = ""
	}
	fmt.Fprintf(w, "%s%s %s\t%s\t%s\n", indent, tick, what, have, title)
	for _, below := range g.Of {
		p.node(w, below, indent+"    ")
	}
}

// books prints balances, one statement, and whether all of it adds up.
func (p *played) books(w io.Writer) error {
	ctx := context.Background()
	var all []ledger.Balance
	fmt.Fprint(w, "\nBalances\n")
	for _, user := range p.users {
		balances, err := p.eng.Balances(ctx, user)
		if err != nil {
			return err
		}
		all = append(all, balances...)
		var has []string
		for _, b := range balances {
			if b.Account.Kind == ledger.Available {
				has = append(has, p.amount(b.Amount()))
			}
		}
		if len(has) == 0 {
			has = []string{"nothing yet"}
		}
		fmt.Fprintf(w, "  %s: %s\n", user, strings.Join(has, ", "))
	}
	if err := p.statement(w, all); err != nil {
		return err
	}
	var broken error
	transfers := 0
	audit := ledger.Audit(p.transfers(&transfers, &broken), all)
	if broken != nil {
		return broken
	}
	if audit != nil {
		return audit
	}
	fmt.Fprintf(w, "\nThe books are even: %d transfers, %d balances.\n", transfers, len(all))
	return nil
}

// statement prints one statement: of the first asset, by the catalog's order, that somebody has.
func (p *played) statement(w io.Writer, balances []ledger.Balance) error {
	for _, asset := range p.catalog.Assets() {
		for _, b := range balances {
			if b.Account.Asset != asset.Code || b.Account.Kind != ledger.Available || b.Value.IsZero() {
				continue
			}
			fmt.Fprintf(w, "\nStatement of %s, %s %s\n", b.Account.User, asset.Code, asset.Title)
			return p.lines(w, b.Account)
		}
	}
	return nil
}

func (p *played) lines(w io.Writer, of ledger.Account) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for line, err := range p.eng.Statement(context.Background(), of.User, of.Asset) {
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t\n", p.at(line.Transfer.Time), line.Transfer.ID.Cause, p.amount(line.Change), p.amount(line.After))
	}
	return table.Flush()
}

// transfers yields everybody's transfers, counts them, and notes an error, which ends them.
func (p *played) transfers(count *int, broken *error) iter.Seq[ledger.Transfer] {
	return func(yield func(ledger.Transfer) bool) {
		for _, user := range p.users {
			for _, asset := range p.catalog.Assets() {
				for line, err := range p.eng.Statement(context.Background(), user, asset.Code) {
					if *broken = err; err != nil || !yield(line.Transfer) {
						return
					}
					*count++
				}
			}
		}
	}
}

// reason says in words why a match makes no record.
func (p *played) reason(b reward.Block) string {
	why := map[reward.Reason]string{
		reward.Paused: "paused", reward.Excluded: "excluded by", reward.Nothing: "nothing to give", reward.UserMax: "no more for this person",
		reward.UserCycle: "enough for now", reward.Capped: "the group's cap is reached:", reward.BudgetCycle: "the budget is used up for now",
		reward.BudgetMax: "the budget is used up",
	}[b.Reason]
	if b.By != "" {
		why += " " + b.By
	}
	if !b.Until.IsZero() {
		why += ", until " + p.at(b.Until)
	}
	return why
}

func (p *played) at(t time.Time) string { return t.In(p.place).Format("Mon 02 Jan 15:04") }

func (p *played) amount(a ledger.Amount) string {
	asset, _ := p.catalog.Asset(a.Asset)
	return asset.Format(a)
}

func (p *played) title(code string) string {
	r, _ := p.catalog.Reward(code)
	return r.Title
}
