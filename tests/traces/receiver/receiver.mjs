// Listens on the port it is given, 0 for any; prints its URL, then every export request it takes, a line of JSON each.
import { MockOtlpServer, normalizeTrace } from "@elastic/mockotlpserver";

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const server = new MockOtlpServer({
  services: ["http"],
  httpHostname: "127.0.0.1",
  httpPort: Number(process.argv[2]),
  logLevel: "warn",
  onTrace: (request) => print(normalizeTrace(request)),
});
await server.start();
print({ url: server.httpUrl });
