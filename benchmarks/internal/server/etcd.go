package server

// EtcdAddr is where an etcd of ours is reached: its clients' URL, and the URL of
// its [Meter]. Empty where there is none.
type EtcdAddr struct{ Client, Meter string }
