package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
)

func TestPutJSON_placesEveryFaultInTheSameForm(t *testing.T) {
	b := setup(t)
	_, err := b.PutJSON(b.ctx, engine.By{}, strings.NewReader(`{
		"tasks": [{"code": "a", "times": -1, "group": "none"}],
		"rewards": [{"code": "r", "amount": "0 CNY", "rule": {"count": "none"}}]}`))
	const want = `task a: times: "-1": must be 0 to 1000000
reward r: amount: "0 CNY": must be above zero
task a: group: "none": no such group
reward r: rule.count: "none": no such task`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	if !errors.Is(err, rule.ErrInvalid) {
		t.Error("the faults are not rule.ErrInvalid")
	}
}

func TestPutJSON_refusesTextAfterTheDocuments(t *testing.T) {
	b := setup(t)
	_, err := b.PutJSON(b.ctx, engine.By{}, strings.NewReader(`{"tasks": [{"code": "a"}]} {"tasks": [{"code": "b"}]}`))
	if !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("got %v, want rule.ErrInvalid: the second object would be lost", err)
	}
}
