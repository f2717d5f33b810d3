package main

const (
	onSQLite  = "TestOnSQLite"
	onMariaDB = "TestOnMariaDB"
	databases = "verification/sqlfence"
	sqlFence  = "fence/sqlfence"
	httpFence = "fence/httpfence"
)

// onDatabases are variants of the fence of SQL.
func onDatabases() []mutant {
	const upsert = "`INSERT INTO incumbent_fences (name, resource, term) VALUES (?, ?, ?) ON CONFLICT (name, resource) DO UPDATE SET term = EXCLUDED.term"
	const duplicate = "`INSERT INTO incumbent_fences (name, resource, term) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE term = "
	long := func(m mutant) mutant { m.long = true; return m }
	return []mutant{
		one("raise compares nothing", "an older term is written over a later one",
			sqlFence+" sqlite", "raise: $_", "raise: "+upsert+"`").inTest(databases, onSQLite),
		one("raise compares <", "the second transaction of a term is refused",
			sqlFence+" sqlite", "raise: $_", "raise: "+upsert+" WHERE incumbent_fences.term < EXCLUDED.term`").inTest(databases, onSQLite),
		long(one("raise without GREATEST", "in MySQL an older term is written over a later one",
			sqlFence+" mySQL", "raise: $_", "raise: "+duplicate+"?`").inTest(databases, onMariaDB)),
		long(one("raise reads a snapshot", "in MySQL a transaction that has read before passes with the term that it saw",
			sqlFence+" mySQL", "seen: $_", "seen: `SELECT term FROM incumbent_fences WHERE name = ? AND resource = ?`").inTest(databases, onMariaDB)),
		one("raise counts rows in MySQL", "what passes depends on a flag of the connection",
			sqlFence+" row.raise", "if $r.statements.counts { $*x }", "{ $*x }").inTest(sqlFence, "TestALowerTermIsRefused"),
		one("elections share rows", "terms of two elections are compared",
			sqlFence+" Dialect.fenceFor", "owner.StoreName()", `owner.StoreName()[:0]`).inTest(sqlFence, "TestEachOwnerHasRowsOfItsOwn"),
		one("a space shares rows", "terms of an election and of a lock are compared",
			"internal/terms Owner.StoreName", "case $o.Space:", "case false:").inTest(sqlFence, "TestEachOwnerHasRowsOfItsOwn"),
		one("committed after the end", "a term that ended while its function ran commits",
			sqlFence+" Dialect.Do", "terms.Ended(ctx)", "error(nil)").inTest(sqlFence, "TestTheEndOfTheTermCommitsNothing"),
		one("begun after the end", "a term that has ended sends a transaction",
			"internal/terms From", "Ended(ctx)", "nil").inTest(sqlFence, "TestWhatIsWrongIsRefusedAtOnce"),
		one("once counts the second", "in MySQL a key is new twice",
			sqlFence+" Dialect.Once", "rows == 1", "rows >= 1").inTest(sqlFence, "TestOnceCountsWhatCommits"),
		one("once counts by a flag", "in MySQL a key is new twice if the connection counts found rows",
			sqlFence+" mySQL", "once: $_", "once: `INSERT INTO incumbent_done (id, term) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = id`").inTest(sqlFence, "TestOnceCountsWhatCommits"),
		one("once overwrites", "a key is new twice",
			sqlFence+" sqlite", "once: $_", "once: `INSERT INTO incumbent_done (id, term) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET term = EXCLUDED.term`").inTest(databases, onSQLite),
		one("once outside of the transaction", "a key is recorded although its effect is rolled back",
			sqlFence+" Dialect.Once", "return rows == 1, err", "return rows == 1, tx.Commit()").inTest(sqlFence, "TestOnceCountsWhatCommits"),
		one("schema not shown", "a missing table is an error of the driver alone",
			sqlFence+" Dialect.explain", "case otherTable.of(err):", "case false:").inTest(sqlFence, "TestErrorsOfTheDatabase"),
	}
}

// onRequests are variants of the fence of HTTP.
func onRequests() []mutant {
	return []mutant{
		one("middleware takes a space's term", "the term of a lock passes as that of an election of the same name",
			httpFence+" middleware.read", "owner != $m.owner", "owner.Name != $m.owner.Name").inTest(httpFence, "TestMiddlewareOrdersArrivals"),
		one("middleware takes any election's", "the term of another election passes",
			httpFence+" middleware.read", "owner != $m.owner", "owner.Space != $m.owner.Space").inTest(httpFence, "TestMiddlewareOrdersArrivals"),
		one("any term", "a term that locks everybody out passes",
			httpFence+" parse", "terms.CheckTerm(term) != nil", "term <= 0").inTest(httpFence, "TestMiddlewareRefusesOtherHeaders"),
		one("long integers", "a number passes as an Integer that RFC 9651 has none of",
			httpFence+" parseTerm", "len($x) > maxDigits", "len($x) > 18").inTest(httpFence, "TestMiddlewareRefusesOtherHeaders"),
		one("memory compares <=", "the second request of a term is refused",
			httpFence+" memory.Raise", "term < seen", "term <= seen && known").inTest(httpFence, "TestStoresRaise"),
		one("memory without bound", "the memory grows with what callers send",
			httpFence+" memory.Raise", "len($m.highest) >= maxResources", "false").inTest(httpFence, "TestTheMemoryIsBounded"),
		one("handler without the term", "the handler does not find the term",
			httpFence+" middleware.ServeHTTP", "arrive(r.Context(), $_, $_)", "r.Context()").inTest(httpFence, "TestMiddlewareOrdersArrivals"),
		one("header without the store", "a request passes if the store fails",
			httpFence+" middleware.ServeHTTP", "case err != nil:", "case false:").inTest(httpFence, "TestMiddlewareWithoutItsStore"),
		one("transport sends after the end", "a request of a term that has ended is sent",
			httpFence+" transport.RoundTrip", "case err != nil:", "case false:").inTest(httpFence, "TestTransportRefusesAfterTheEnd"),
		one("transport keeps the body", "the body of a request that is refused stays open",
			httpFence+" transport.RoundTrip", "$req.Body.Close()", "$req.Body").inTest(httpFence, "TestTransportRefusesAfterTheEnd"),
		one("transport changes the request", "the header is set on the caller's request",
			httpFence+" transport.RoundTrip", "req = req.Clone(req.Context()); if req.Header == nil { $*x }", "if req.Header == nil { $*x }").inTest(httpFence, "TestTransportAddsTheTerm"),
		one("a request has a grant", "a check by record is made for a term that came with a request",
			"fence newCall", "h.Arrived && s.term == nil", "false").inTest(httpFence, "TestTheContextOfAHandler"),
	}
}
