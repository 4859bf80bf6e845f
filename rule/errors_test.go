package rule_test

import (
	"errors"
	"testing"

	"github.com/guerdon-go/guerdon/rule"
)

func TestFaults_At_joinsPaths(t *testing.T) {
	for _, c := range []struct{ name, path, field, want string }{
		{"a field below another", "calendar", "zone", "calendar.zone"},
		{"an element", "levels", "[1]", "levels[1]"},
		{"a field of a document", "task sign.in: ", "levels[1]", "task sign.in: levels[1]"},
		{"the document itself", "task sign.in: ", "", "task sign.in"},
		{"a path alone", "zone", "", "zone"},
		{"a field alone", "", "zone", "zone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f rule.Faults
			f.At(c.path, &rule.FieldError{Field: c.field, Reason: "must be better"})
			var fe *rule.FieldError
			if !errors.As(f.Err(), &fe) || fe.Field != c.want {
				t.Errorf("got %v, want a fault of %q", f.Err(), c.want)
			}
		})
	}
	var none rule.Faults
	none.At("zone", nil)
	if none.Err() != nil {
		t.Errorf("no fault is %v", none.Err())
	}
}
