package main

// table is all variants.
func table() []mutant {
	var all []mutant
	for _, part := range [][]mutant{
		pauses(),
		trust(), nested(), judge(), forged(), campaign(), attempts(), terms(), ends(), reports(),
		stalls(),
		scripts(), hints(), looks(), handover(), packets(), remembering(), keeping(), fences(), onDatabases(), onRequests(), calendars(), ledgers(), schedules(), storms(), spaces(), spreads(), values(),
	} {
		all = append(all, part...)
	}
	return all
}
