import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { delegates } from "./delegates.ts";

const root = object("VirtualService", "name: root", "hosts: [a.com], http: [{ delegate: { name: sub, namespace: x } }]");
const sub = (hosts: string): string =>
  object("VirtualService", "name: sub, namespace: x", `${hosts} http: [{ route: [{ destination: { host: a } }] }]`);

testAnalyzer(delegates, [
  ["one that is there", documents(root, sub(""))],
  ["one that is not", root, '4:52 IST0101 VirtualService default/root: delegate VirtualService "x/sub" not found'],
  [
    "one with hosts",
    documents(root, sub("hosts: [b.com],")),
    '4:52 IST0101 VirtualService default/root: delegate VirtualService "x/sub" has hosts, wanted one without',
  ],
]);
