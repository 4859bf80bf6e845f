package catalog

import (
	"encoding/json"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

// ReadDocuments reads documents from JSON: an object with the optional fields calendar, assets, task_groups, tasks,
// reward_groups and rewards. Unknown fields are refused by name; faults have paths such as "rewards[3].rule.all[0].n".
func ReadDocuments(data []byte) ([]Document, error) {
	var file struct {
		Calendar     json.RawMessage   `json:"calendar"`
		Assets       []json.RawMessage `json:"assets"`
		TaskGroups   []json.RawMessage `json:"task_groups"`
		Tasks        []json.RawMessage `json:"tasks"`
		RewardGroups []json.RawMessage `json:"reward_groups"`
		Rewards      []json.RawMessage `json:"rewards"`
	}
	var f rule.Faults
	if err := strict(data, &file); err != nil {
		f.At("", err)
		return nil, f.Err()
	}
	var docs []Document
	read := func(path, kind string, raw json.RawMessage) {
		if err := nested(raw); err != nil {
			f.At(path, err)
			return
		}
		d, err := decodeContent(kind, raw)
		if err != nil {
			f.At(path, err)
			return
		}
		docs = append(docs, d)
	}
	if len(file.Calendar) > 0 {
		read("calendar", KindCalendar, file.Calendar)
	}
	for _, list := range []struct {
		path, kind string
		raw        []json.RawMessage
	}{{"assets", KindAsset, file.Assets}, {"task_groups", KindTaskGroup, file.TaskGroups}, {"tasks", KindTask, file.Tasks},
		{"reward_groups", KindRewardGroup, file.RewardGroups}, {"rewards", KindReward, file.Rewards}} {
		for i, raw := range list.raw {
			read(list.path+"["+itoa(int64(i))+"]", list.kind, raw)
		}
	}
	return docs, f.Err()
}

// nested reads the parts of a document that have a form of their own one by one, so that each of their faults is found
// and has its path: the decoder of the whole stops at the first and does not say where it stood.
func nested(raw json.RawMessage) error {
	var parts map[string]json.RawMessage
	var f rule.Faults
	if err := json.Unmarshal(raw, &parts); err != nil {
		f.At("", err)
		return f.Err()
	}
	for _, p := range []struct {
		name string
		into any
	}{{"window", &rule.Window{}}, {"limit", &rule.Limit{}}, {"budget", &rule.Limit{}}, {"attrs", &rule.Schema{}},
		{"rule", &rule.Rule{}}, {"amount", &ledger.Amount{}}, {"cap", &ledger.Amount{}}} {
		if part, ok := parts[p.name]; ok {
			f.At(p.name, json.Unmarshal(part, p.into))
		}
	}
	return f.Err()
}
