package brokerlib

import (
	"slices"

	"moonpeer/runtime/script"
)

// This file is what a reload does to options and auto_publish: where the bodies of the files say the same as before,
// what has been changed since stays; where they say something else, that counts.

// pair is a topic that events of a name are published to.
type pair struct{ event, topic string }

// TakeOver applies what the bodies of the files have said otherwise than before, and keeps the rest. A function of
// set_log_topic is the new code's to set.
func (l *Lib) TakeOver() {
	l.settings.takeOver(l.Before.settings)
	l.takeTopics(l.Before)
	l.Before = nil
}

func (s *settings) takeOver(before *settings) {
	for _, name := range s.names {
		set, old := s.byName[name], before.byName[name]
		set.said = set.said || old.said
		said, _ := s.lib.Space.Bring(old.loaded)
		if old.value != old.loaded && set.loaded == said {
			set.value, _ = s.lib.Space.Bring(old.value)
		}
	}
	s.lib.Hub.SetForwarding(s.bool("forward_messages"))
}

// takeTopics brings the pairs of auto_publish that were made while the node ran, and leaves those out that were undone.
func (l *Lib) takeTopics(before *Lib) {
	before.d.Events(func(old *script.Event) {
		for _, topic := range old.Topics {
			if p := (pair{old.Name, topic}); !before.pairs[p] {
				l.addTopic(l.d.Event(old.Name), topic)
			}
		}
	})
	l.d.Events(func(ev *script.Event) {
		old := before.d.Lookup(ev.Name)
		ev.Topics = slices.DeleteFunc(slices.Clone(ev.Topics), func(topic string) bool {
			p := pair{ev.Name, topic}
			return l.pairs[p] && before.pairs[p] && !slices.Contains(old.Topics, topic)
		})
	})
}

// addTopic is auto_publish.
func (l *Lib) addTopic(ev *script.Event, topic string) {
	if !slices.Contains(ev.Topics, topic) {
		ev.Topics = append(slices.Clone(ev.Topics), topic)
	}
}
