package reward

import (
	"strconv"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

// ClaimWithinMax is the longest a record may stay claimable.
const ClaimWithinMax = Duration(10 * 366 * 24 * time.Hour)

// Validate checks what the document alone can tell; whether the cap's asset exists is checked when it is put. The result
// joins a [rule.FieldError] for every fault, or is nil.
func (g Group) Validate() error {
	var f rule.Faults
	f.Heading(rule.Heading{Code: g.Code, Title: g.Title, Note: g.Note, Extra: g.Extra, Revision: g.Revision})
	if !g.Cap.IsZero() {
		f.At("cap", g.Cap.Check())
		if g.Cap.Sign() <= 0 {
			f.Add("cap", "", "must be above zero")
		}
	}
	if g.CapBlocks && g.Cap.IsZero() {
		f.Add("cap_blocks", "true", "needs a cap")
	}
	return f.Err()
}

// Validate checks what the document alone can tell. Whether the codes it names exist, and whether its rule and formula are
// sound, is checked when it is put. The result joins a [rule.FieldError] for every fault, or is nil.
func (c Config) Validate() error {
	var f rule.Faults
	f.Heading(rule.Heading{Code: c.Code, Title: c.Title, Note: c.Note, Extra: c.Extra, Revision: c.Revision})
	if c.Group != "" {
		f.At("group", rule.CheckCode(c.Group))
	}
	f.At("window", c.Window.Validate())
	f.At("limit", c.Limit.Validate())
	f.At("budget", c.Budget.Validate())
	c.checkAmount(&f)
	for i, code := range c.Excludes {
		f.At("excludes["+strconv.Itoa(i)+"]", rule.CheckCode(code))
	}
	switch {
	case c.ClaimWithin < 0 || c.ClaimWithin > ClaimWithinMax:
		f.Addf("claim_within", time.Duration(c.ClaimWithin).String(), "must be 0s to %s", time.Duration(ClaimWithinMax))
	case c.ClaimWithin != 0 && !c.Claim:
		f.Add("claim_within", time.Duration(c.ClaimWithin).String(), "needs claim")
	}
	if c.KeepRejected && !c.Review {
		f.Add("keep_rejected", "true", "needs review")
	}
	return f.Err()
}

func (c Config) checkAmount(f *rule.Faults) {
	switch {
	case c.Amount.Asset == "":
		f.Add("amount", "", "must name an asset, as in \"5 points\"")
		return
	case c.AmountFrom == "" && c.Amount.Sign() <= 0:
		f.Add("amount", amountText(c.Amount), "must be above zero")
	case c.AmountFrom != "" && c.Amount.Sign() != 0:
		f.Add("amount", amountText(c.Amount), "must be zero with amount_from, as in \"0 points\"")
	}
	f.At("amount", c.Amount.Check())
}

// amountText is an amount for an error. One out of bounds is not printed: that could take all memory.
func amountText(a ledger.Amount) string {
	if a.Check() != nil {
		return ""
	}
	return a.String()
}
