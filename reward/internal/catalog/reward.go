package catalog

import (
	"slices"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
)

// ExcludesMax is how many rewards may exclude one, both directions counted (S18).
const ExcludesMax = 64

func (n *applier) compileReward(code string) {
	old := n.Rewards[code]
	r := &Reward{Meta: old.Meta, Config: old.Config, Paused: old.Paused, PauseRevision: old.PauseRevision}
	n.Rewards[code] = r
	c, path := r.Config, "reward "+code+": "
	if a := n.Assets[c.Amount.Asset]; a == nil {
		n.faults.Add(path+"amount", c.Amount.Asset, "no such asset")
	} else {
		r.Asset = a.Config
		n.faults.At(path+"amount", a.Config.Check(c.Amount))
	}
	if c.Group != "" {
		g := n.RewardGroups[c.Group]
		if g == nil {
			n.faults.Add(path+"group", c.Group, "no such group")
		} else if g.Config.Cap.Asset == c.Amount.Asset {
			r.Cap = g
		}
	}
	n.excludes(r, path+"excludes")
	if !r.Retired.IsZero() {
		r.Program = n.ended(c.Rule, rule.Scope{Window: c.Window, Since: r.Since, Put: r.Put, Moved: r.Moved})
		return
	}
	if n.readsFaulty(c.Rule) {
		return
	}
	scope := rule.Scope{Window: c.Window, Since: n.since(r.Meta), Put: r.Put, Moved: r.Moved}
	program, err := rule.Compile(c.Rule, scope, n.Periods, n.lookup(c.Draft, path+"rule"))
	n.faults.At(path+"rule", err)
	r.Program = program
	if c.AmountFrom != "" && err == nil {
		n.formula(r, path)
	}
}

// excludes gathers both directions (S18).
func (n *applier) excludes(r *Reward, path string) {
	code := r.Config.Code
	set := map[string]bool{}
	for _, other := range r.Config.Excludes {
		switch {
		case other == code:
			n.faults.Add(path, other, "a reward cannot exclude itself")
		case n.Rewards[other] == nil:
			n.faults.Add(path, other, "no such reward")
		default:
			set[other] = true
		}
	}
	for _, other := range n.uses[use{KindReward, code}] {
		if n.Rewards[other] != nil && slices.Contains(n.Rewards[other].Config.Excludes, code) {
			set[other] = true
		}
	}
	r.Excludes = sorted(set)
	if len(r.Excludes) > ExcludesMax {
		n.faults.Addf(path, itoa(int64(len(r.Excludes))), "at most %d rewards may exclude one, both directions counted", ExcludesMax)
	}
}

// formula compiles AmountFrom and holds what S16 asks of its rule.
func (n *applier) formula(r *Reward, path string) {
	c := r.Config
	leaves := r.Program.Leaves()
	simple := len(leaves) == 1 && c.Rule.Op == rule.OpCount && c.Rule.N == 1 && leaves[0].Source == rule.FromEvents &&
		leaves[0].Task.Period == rule.Unlimited && len(leaves[0].Task.Target.Levels) == 1 && leaves[0].Task.Target.Levels[0] == 1
	if !simple {
		n.faults.Add(path+"rule", "", "with amount_from it must be one count of 1 on an unlimited task with a target of 1")
		return
	}
	from, err := rule.CompileFormula(c.AmountFrom, leaves[0].Task.Attrs)
	n.faults.At(path+"amount_from", err)
	r.From = from
	if r.Paused == reward.Hold {
		n.faults.Add(path+"amount_from", "", "a reward whose amounts are computed cannot be paused with hold")
	}
}

func (n *applier) checkGroup(g reward.Group) error {
	var f rule.Faults
	f.At("", g.Validate())
	if g.Cap.Asset != "" {
		if a := n.Assets[g.Cap.Asset]; a == nil {
			f.Add("cap", g.Cap.Asset, "no such asset")
		} else {
			f.At("cap", a.Config.Check(g.Cap))
		}
	}
	return f.Err()
}
