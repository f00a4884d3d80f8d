import type { DemoPorts } from "../arguments.ts";

/** What `npm start` prints when all is up. */
export function whatToTry(ports: Readonly<DemoPorts>, folder: string, adminPort: number): string {
  const web = `localhost:${ports.port}`;
  // The admin port that is "any" stands in the log.
  const counts = adminPort === 0 ? "/stats/prometheus of the admin port" : `curl localhost:${adminPort}/stats/prometheus`;
  return `
Bookinfo is on http://${web}/productpage. Open it in a browser and sign in as jason, or

  curl ${web}/productpage                          everybody gets v1 of the reviews
  curl -H 'end-user: jason' ${web}/productpage     jason gets v2, with stars
  curl -k https://localhost:${ports.tlsPort}/productpage               the same over TLS

The rules are Istio's: ${folder}/rules, a copy of examples/bookinfo/rules. An edit there is live at once.

  cd ${folder}
  cp more/canary-by-weight.yaml rules/             one in four of the others gets v3, with red stars
  cp more/fault-on-ratings.yaml rules/             no ratings, and jason's page says so
  cp more/delay-on-ratings.yaml rules/             jason's page takes two seconds
  cp more/timeout-on-productpage.yaml rules/       no page may take longer than one second
  cp more/redirect-to-https.yaml rules/            ${ports.port} sends to ${ports.tlsPort}
  rm rules/canary-by-weight.yaml                   as it was before; so with the others

What it counts: ${counts}. Ctrl-C ends it and takes the folder away.
`;
}
