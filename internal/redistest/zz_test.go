package redistest_test
import ("net";"testing";"testing/synctest";"time";"math/rand/v2";"sync";"context";"github.com/redis/go-redis/v9";"example.com/incumbent/internal/redistest";"example.com/incumbent/internal/link";"strconv")
func TestZZ(t *testing.T){
 for seed := range 6 { t.Run(strconv.Itoa(seed), func(t *testing.T){ synctest.Test(t, func(t *testing.T){
  rnd := rand.New(rand.NewPCG(uint64(seed),1))
  stub := redistest.NewStub(t)
  ctx,cancel := context.WithTimeout(t.Context(), time.Hour)
  defer cancel()
  var wg sync.WaitGroup
  var links []*link.Link
  var clients []*redis.Client
  okc := 0; var mu sync.Mutex; heard:=0
  pub := redis.NewScript(`redis.call("INCR", KEYS[1]) return redis.call("PUBLISH", KEYS[1], "x")`)
  for range 5 {
   l := stub.Link(); l.SetLatency(time.Duration(rnd.IntN(20))*time.Millisecond+time.Nanosecond)
   c := stub.Client(l, func(o *redis.Options){o.ContextTimeoutEnabled=true; d:=o.Dialer; o.Dialer=func(ctx context.Context,a,b string)(net.Conn,error){ctx,c:=context.WithTimeout(ctx,5*time.Second); defer c(); return d(ctx,a,b)}})
   links=append(links,l); clients=append(clients,c)
   sub := c.Subscribe(ctx,"k")
   
   wg.Go(func(){ for ctx.Err()==nil { m,err := sub.ReceiveTimeout(ctx, time.Second); if _,ok := m.(*redis.Message); ok {mu.Lock(); heard++; mu.Unlock()}; if err!=nil {time.Sleep(100*time.Millisecond)} }; sub.Close() })
   wg.Go(func(){ for ctx.Err()==nil { cc,cn:=context.WithTimeout(ctx,time.Second); if pub.Run(cc,c,[]string{"k"}).Err()==nil {mu.Lock();okc++;mu.Unlock()}; cn(); time.Sleep(500*time.Millisecond)} })
  }
  for ctx.Err()==nil {
   l := links[rnd.IntN(len(links))]
   switch rnd.IntN(12) {
   case 0: l.Stall(); case 1: l.Stall(link.ToClient); case 2: l.Stall(link.ToServer); case 3: l.Swallow(link.ToClient); case 4: l.Swallow(link.ToServer)
   case 5: l.Cut(); case 6: l.Reset(); case 7: l.LoseReplies(1); case 8: l.CutAfter(rnd.IntN(40)); case 9: l.Resume(); default: l.Heal() }
   time.Sleep(time.Duration(rnd.Int64N(int64(3*time.Second))))
  }
  for _,l := range links { l.Heal() }
  wg.Wait()
  for _,c := range clients { if err:=c.Ping(t.Context()).Err(); err!=nil {t.Error(err)} }
  n,_ := clients[0].Get(t.Context(),"k").Int()
  t.Log("ok",okc,"executed",n,"heard",heard)
  if n<okc {t.Error("lost")}
 })})}
}
