// An OpenID provider on loopback: `node provider.mjs PORT`. Each line on standard input is a JWKS with
// private keys, the first of which signs; a line on standard output says that it does.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const AUDIENCES = { "urn:arrears": "arrears", "urn:other": "elsewhere" };

const client = (id, creditors, seconds) => ({
  client_id: id,
  client_secret: "a-secret-of-the-tests-alone-0123456789",
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
  "urn:roles": [id],
  "urn:creditors": creditors,
  "urn:seconds": seconds,
});

function provider(jwks) {
  return new Provider(issuer, {
    jwks,
    clients: [client("auditor", ["*"], 600), client("sales", ["acme"], 600), client("sre", ["*"], 31536000)],
    extraClientMetadata: { properties: ["urn:roles", "urn:creditors", "urn:seconds"] },
    extraTokenClaims: (_ctx, token) => ({
      roles: token.client["urn:roles"],
      creditors: token.client["urn:creditors"],
    }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "urn:arrears",
        getResourceServerInfo: (_ctx, indicator, { "urn:seconds": seconds }) => ({
          scope: "",
          audience: AUDIENCES[indicator],
          accessTokenTTL: seconds,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
}

let serve = (_request, answer) => answer.writeHead(503).end();
createServer((request, answer) => serve(request, answer)).listen(port, "127.0.0.1");
for await (const line of createInterface({ input: process.stdin })) {
  serve = provider(JSON.parse(line)).callback();
  console.log("signs");
}
process.exit();
