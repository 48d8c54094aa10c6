// A message centre that does what a test has written into its script, and keeps a book of what it
// took: `node centre.js PORT SCRIPT BOOK`. The script is read anew for each message.
"use strict";
const fs = require("fs");
const smpp = require("smpp");

const [port, script, book] = process.argv.slice(2);
let count = Number(process.env.FIRST_ID || 255);
let seen = 0;
const sessions = new Set();

// An id is answered in hexadecimal; `decimal` is how many centres report it.
function receipt(plan, id) {
  const named = plan.ids === "decimal" ? String(id) : id.toString(16);
  const state = plan.state || "DELIVRD";
  const text = `id:${named} sub:001 dlvrd:001 submit date:2603101200 done date:2603101201 ` +
    `stat:${state} err:000 text:`;
  return {
    source_addr: "8613800138000", destination_addr: "10690000", esm_class: 4,
    short_message: { message: Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0x6b, 0x20])]) },
  };
}

function killed(plan, when) {
  if (plan.kill !== when || !plan.victim) return false;
  if (seen <= (plan.spared || 0)) return false;
  try { process.kill(plan.victim, "SIGKILL"); } catch { return false; }
  return true;
}

function serve(session, pdu) {
  const plan = JSON.parse(fs.readFileSync(script, "utf8"));
  seen += 1;
  if (killed(plan, "before") || plan.conduct === "silent") return;
  if (plan.conduct === "drop") return session.socket.destroy();
  const status = { refuse: 0x0b, throttle: 0x58 }[plan.conduct];
  if (status) return session.send(pdu.response({ command_status: status }));
  count += 1;
  const raw = pdu.short_message.message;
  const taken = {
    id: count.toString(16), to: pdu.destination_addr, coding: pdu.data_coding,
    registered: pdu.registered_delivery, text: Buffer.isBuffer(raw) ? raw.toString("hex") : raw,
    header: (pdu.short_message.udh || []).map((one) => one.toString("hex")).join(""),
  };
  fs.appendFileSync(book, JSON.stringify(taken) + "\n");
  if (killed(plan, "within")) return;
  if (plan.conduct === "take and drop") return session.socket.destroy();
  if (plan.conduct === "take and be silent") return;
  const id = count;
  if (plan.receipts === "before") session.deliver_sm(receipt(plan, id));
  session.send(pdu.response({ message_id: id.toString(16) }));
  if (killed(plan, "after")) return;
  if (plan.receipts === "after") session.deliver_sm(receipt(plan, id));
}

const server = smpp.createServer({}, (session) => {
  sessions.add(session);
  session.on("close", () => sessions.delete(session));
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    const ok = pdu.password === "secret";
    session.send(pdu.response(ok ? { system_id: "centre" } : { command_status: 0x0e }));
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); });
  session.on("submit_sm", (pdu) => serve(session, pdu));
});
// On a line of its own: receipts as JSON, sent to whoever is bound; or `hang up`.
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  for (const session of sessions) {
    if (line === "hang up") session.socket.destroy();
    else { const plan = JSON.parse(line); session.deliver_sm(receipt(plan, parseInt(plan.id, 16))); }
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
