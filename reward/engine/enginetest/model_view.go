package enginetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/task"
)

// A view is all that can be read of one user.
type view struct {
	Records    []reward.Record
	Balances   []ledger.Balance
	Statements map[string][]ledger.Line
	Standings  []standing
	Tasks      []task.Record
	Available  []ledger.Amount
}

// A standing is what Explain says of a reward, but for its rule and progress.
type standing struct {
	Reward                    string
	Phase                     reward.Phase
	Matches, Decided, Granted int64
	Blocked                   []reward.BlockCount
	Next                      []reward.Block
	Amount                    ledger.Amount
}

// view is what an engine must show of a user.
func (m *model) view(name string) view {
	p := m.person(name)
	v := view{Statements: map[string][]ledger.Line{}}
	for _, g := range p.records {
		v.Records = append(v.Records, m.present(g))
	}
	slices.SortFunc(v.Records, newestFirst)
	for _, asset := range slices.Sorted(maps.Keys(p.lines)) {
		has, n := p.available(asset), int64(len(p.lines[asset]))
		v.Balances = append(v.Balances,
			ledger.Balance{Account: ledger.Account{User: name, Kind: ledger.Available, Asset: asset}, Value: has.Value, Seq: n},
			ledger.Balance{Account: ledger.Account{User: name, Kind: ledger.Issued, Asset: asset}, Value: has.Value.Neg(), Seq: n})
		v.Statements[asset] = p.lines[asset]
		v.Available = append(v.Available, has)
	}
	for _, r := range m.rewards {
		if r.live() {
			v.Standings = append(v.Standings, m.standing(p, r))
		}
	}
	slices.SortFunc(v.Standings, func(a, b standing) int { return cmp.Compare(a.Reward, b.Reward) })
	for _, t := range m.tasks {
		if t.live() {
			v.Tasks = append(v.Tasks, shown(t.config, m.record(p, t, m.period(t, m.now))))
		}
	}
	slices.SortFunc(v.Tasks, func(a, b task.Record) int { return cmp.Compare(a.Task, b.Task) })
	return v
}

// newestFirst is the order of lists: by time, user, reward and number, all descending.
func newestFirst(a, b reward.Record) int {
	return cmp.Or(b.Time.Compare(a.Time), strings.Compare(b.ID.User, a.ID.User), strings.Compare(b.ID.Reward, a.ID.Reward),
		cmp.Compare(b.ID.N, a.ID.N))
}

func (m *model) standing(p *person, r *rewardDoc) standing {
	code := r.config.Code
	s := standing{Reward: code, Decided: p.decided[code], Granted: m.userUse(p, code, nil)}
	s.Matches = s.Decided
	if r.config.AmountFrom == "" {
		s.Matches = m.matches(p, r.config.Rule, r.place())
	}
	for _, reason := range []reward.Reason{reward.Paused, reward.Excluded, reward.Nothing, reward.UserMax, reward.UserCycle,
		reward.Capped, reward.BudgetCycle, reward.BudgetMax} {
		if n := p.blocked[code][reason]; n > 0 {
			s.Blocked = append(s.Blocked, reward.BlockCount{Reason: reason, Count: n})
		}
	}
	s.Amount, s.Next = m.check(p, r, m.now, nil)
	if r.config.AmountFrom != "" {
		s.Amount = ledger.Amount{} // nobody knows beforehand
	}
	s.Next = slices.DeleteFunc(s.Next, func(b reward.Block) bool { return b.Reason == reward.Nothing })
	w := r.config.Window
	switch {
	case r.paused != "":
		s.Phase = reward.PhasePaused
	case !w.Start.IsZero() && m.now.Before(w.Start):
		s.Phase = reward.PhaseNotStarted
	case !w.End.IsZero() && !m.now.Before(w.End):
		s.Phase = reward.PhaseExpired
	default:
		s.Phase = reward.PhaseRunning
	}
	return s
}

// bounds reports every limit, budget and cap that is passed. A bound that was lowered below its use passes nothing (S15),
// so the caller says which rewards were edited.
func (m *model) bounds(edited map[string]bool) []string {
	var broken []string
	for code, r := range m.rewards {
		if edited[code] {
			continue
		}
		if b := r.config.Budget; b.Max > 0 && m.budgetUse(code, nil) > b.Max {
			broken = append(broken, "budget of "+code)
		}
		for name, p := range m.people {
			if l := r.config.Limit; l.Max > 0 && m.userUse(p, code, nil) > l.Max {
				broken = append(broken, "limit of "+code+" for "+name)
			}
			for _, g := range p.records {
				if g.ID.Reward != code {
					continue
				}
				if l := r.config.Limit; l.PerCycle > 0 && m.userUse(p, code, &g.cycle) > l.PerCycle {
					broken = append(broken, "limit a cycle of "+code+" for "+name)
				}
				if b := r.config.Budget; b.PerCycle > 0 && m.budgetUse(code, &g.shared) > b.PerCycle {
					broken = append(broken, "budget a cycle of "+code)
				}
			}
		}
	}
	return broken
}

// pauseTo turns the switch of a reward.
func (m *model) pauseTo(revision int64, code string, policy reward.Policy) {
	m.revision = max(m.revision, revision)
	m.rewards[code].paused = policy
}

// standingOf is an explanation as a standing.
func standingOf(e engine.Explanation) standing {
	return standing{Reward: e.Reward.Code, Phase: e.Phase, Matches: e.Matches, Decided: e.Decided, Granted: e.Granted,
		Blocked: e.Blocked, Next: e.Next, Amount: e.Amount}
}
