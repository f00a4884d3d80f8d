import { HeaderMapImpl } from "../../core/stream/header-map.ts";
import type { Micro } from "./bench.ts";

/** What a browser sends, after the codec took out what is hop-by-hop. */
const LIST: readonly string[] = [
  ...["user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"],
  ...["accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "accept-language", "en-GB,en;q=0.5"],
  ...["accept-encoding", "gzip, deflate, br", "referer", "https://example.com/start", "cookie", "session=0123456789abcdef"],
  ...["cache-control", "max-age=0", "x-forwarded-for", "192.0.2.1", "x-request-id", "6b159ff2-9211-4db8-8de9-e411a66a8d07"],
];
const shared = new HeaderMapImpl([...LIST]);
let sum = 0;

/** Header map: how it is made, read and changed by filters. */
export const headerMap: readonly Micro[] = [
  {
    name: "header map: make from a codec's list",
    fn: () => {
      sum += new HeaderMapImpl(shared.list).status;
    },
  },
  {
    name: "header map: get the last of 9",
    fn: () => {
      sum += shared.get("x-request-id")!.length;
    },
  },
  {
    name: "header map: get what is not there",
    fn: () => {
      sum += shared.get("authorization") === undefined ? 1 : 0;
    },
  },
  { name: "header map: set one that is there", fn: () => shared.set("x-forwarded-for", "192.0.2.7") },
  {
    name: "header map: append one and remove it",
    fn: () => {
      shared.append("x-added", "by a filter");
      shared.remove("x-added");
    },
  },
];
