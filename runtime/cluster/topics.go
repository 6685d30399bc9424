package cluster

// Topics as Zeek has them with Broker (zeek/frameworks.md §3.2). A topic is a byte prefix: those of single nodes end
// with a slash, so that worker-1 does not get what is worker-10's; those of roles do not, as in Zeek.
const (
	LoggerTopic  = "zeek/cluster/logger"
	ManagerTopic = "zeek/cluster/manager"
	ProxyTopic   = "zeek/cluster/proxy"
	WorkerTopic  = "zeek/cluster/worker"
	StartedTopic = "zeek/cluster/experimental/started"

	LoggerPoolTopic = "zeek/cluster/pool/logger"
	ProxyPoolTopic  = "zeek/cluster/pool/proxy"
	WorkerPoolTopic = "zeek/cluster/pool/worker"
)

// BroadcastTopics are those of all roles: who publishes on each reaches every node that it is linked with.
var BroadcastTopics = [...]string{LoggerTopic, ManagerTopic, ProxyTopic, WorkerTopic}

// NodeTopic is the topic of the node called name alone.
func NodeTopic(name string) string { return "zeek/cluster/node/" + name + "/" }

// NodeIDTopic is the topic of the endpoint with that id alone.
func NodeIDTopic(id string) string { return "zeek/cluster/nodeid/" + id + "/" }

// roleTopic returns the topic that all nodes of a role subscribe to; "" for roles without one.
func roleTopic(r Role) string {
	switch r {
	case Logger:
		return LoggerTopic
	case Manager:
		return ManagerTopic
	case Proxy:
		return ProxyTopic
	case Worker:
		return WorkerTopic
	}
	return ""
}
