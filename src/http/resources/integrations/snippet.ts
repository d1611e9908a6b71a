/**
 * What a page loads. Nothing leaves before consent, and no cookie is read; what a browser's Global Privacy Control forbids
 * only the page's own `consent(true)` allows. `track` answers the event's id, which is the Pixel's `eventID` too.
 */
const program = `(function(w,d,u){
var n=w.navigator,s=d.currentScript,k="switchyard.consent",q=[],t,c=s&&s.getAttribute("data-consent")=="granted"?1:0;
if(n.globalPrivacyControl)c=-1;
try{var v=w.localStorage.getItem(k);if(v)c=+v}catch(e){}
function id(){return w.crypto&&w.crypto.randomUUID?w.crypto.randomUUID():"e"+Date.now().toString(36)+Math.random().toString(36).slice(2)}
function cookie(x){var m=d.cookie.match("(?:^|; )"+x+"=([^;]*)");try{return m?decodeURIComponent(m[1]):void 0}catch(e){}}
function send(){
clearTimeout(t);t=0;
if(c<1||!q.length)return;
var g=(cookie("_ga")||"").split(".").slice(-2).join(".");
var b=JSON.stringify({events:q.splice(0,20).map(function(e){
var a=e.data.context;a.user_agent=n.userAgent;a.fbp=cookie("_fbp");a.fbc=cookie("_fbc");
if(g&&!e.data.client_id)e.data.client_id=g;
return e})});
if(!(n.sendBeacon&&n.sendBeacon(u,new Blob([b],{type:"text/plain"}))))
w.fetch(u,{method:"POST",body:b,keepalive:b.length<6e4,credentials:"omit",headers:{"content-type":"text/plain"}}).catch(function(){});
send()}
var api={
track:function(type,data,o){
var e=o&&o.event_id||id();
if(c<0)return e;
var l=w.location;
if(q.length<100)q.push({type:type,id:e,time:new Date().toISOString(),data:Object.assign({},data,{event_id:e,context:{url:l.href.split("#")[0],referrer:d.referrer||void 0,title:d.title,language:n.language}})});
if(c>0&&!t)t=setTimeout(send,q.length<20?500:0);
return e},
consent:function(y){
c=y?1:-1;
try{w.localStorage.setItem(k,c)}catch(e){}
if(y)send();else q=[]},
push:function(a){api[a[0]].apply(api,[].slice.call(a,1))}};
var p=w.switchyard;
w.switchyard=api;
if(p&&p.length)for(var i=0;i<p.length;i++)api.push(p[i]);
d.addEventListener("visibilitychange",function(){if(d.visibilityState=="hidden")send()});
w.addEventListener("pagehide",send)
})(window,document,"URL");
`

/** The script that posts to `url`. What stands in a script must not end it. */
export const snippetFor = (url: string): string =>
  program.replace('"URL"', () => JSON.stringify(url).replaceAll('<', '\\u003c'))
