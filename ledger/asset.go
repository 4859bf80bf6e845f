package ledger

import (
	"encoding/json"
	"fmt"

	"github.com/guerdon-go/guerdon/rule"
)

// An Asset is a catalog document: something amounts are counted in, as a currency, points or shares of a pool. Its JSON has
// the same names in snake_case and leaves zero fields out.
type Asset struct {
	// Code names the asset in every amount: 1 to 64 of A-Z a-z 0-9 . _ -, compared byte by byte.
	Code string `json:"code,omitzero"`
	// Title is what people read.
	Title string `json:"title,omitzero"`
	// Scale is how many digits after the point an amount of the asset may have, 0 to 18: 2 for yuan, 0 for points.
	Scale int `json:"scale,omitzero"`
	// Order is where the asset stands in lists: by Order, then by Code.
	Order int `json:"order,omitzero"`
	// Extra is the application's own JSON. The library stores it and reads nothing in it.
	Extra json.RawMessage `json:"extra,omitempty"`
	// Note is for operators.
	Note string `json:"note,omitzero"`
	// Revision is the revision that was read and must still hold when the document is put; 0 overwrites.
	Revision int64 `json:"revision,omitzero"`
}

// Validate finds every fault of the document at once, each a [*rule.FieldError] with the field's name in JSON.
func (a Asset) Validate() error {
	var faults rule.Faults
	faults.Heading(rule.Heading{Code: a.Code, Title: a.Title, Note: a.Note, Extra: a.Extra, Revision: a.Revision})
	if a.Scale < 0 || a.Scale > ScaleMax {
		faults.Addf("scale", fmt.Sprint(a.Scale), "must be 0 to %d", ScaleMax)
	}
	return faults.Err()
}

// Check tells whether an amount is one of this asset: that it names the asset, is no finer than its Scale, and has at most
// 20 digits before the point, so that a NUMERIC(38, 18) column holds it. An amount below zero passes, as a change does.
// Zeros at the end do not make an amount finer: "5.00 points" are 5 points.
//
// The error is every fault found, each a [*rule.FieldError] without a field, for [rule.Faults.At] to place.
func (a Asset) Check(amount Amount) error {
	var faults rule.Faults
	if amount.Asset != a.Code {
		faults.At("", fault(amount.String(), fmt.Sprintf("must be of asset %q", a.Code)))
	}
	value, reason := settle(amount.Value)
	switch {
	case reason != "":
		faults.At("", fault(amount.String(), "its number "+reason))
	case amount.Asset == a.Code && places(value) > a.Scale:
		faults.At("", fault(amount.String(), fmt.Sprintf("its number must have at most %d digits after the point", a.Scale)))
	}
	return faults.Err()
}

// Format writes an amount as people read it, padded to the scale of the asset: "2888.50 CNY". It never rounds: what is finer
// than the scale is written with all its digits, and what is of another asset, or no proper amount, as [Amount.String] does.
// The zero Amount is "".
func (a Asset) Format(amount Amount) string {
	value, reason := settle(amount.Value)
	if amount.IsZero() || amount.Asset != a.Code || reason != "" {
		return amount.String()
	}
	scale := max(places(value), min(a.Scale, ScaleMax))
	return value.StringFixed(int32(scale)) + " " + amount.Asset
}
