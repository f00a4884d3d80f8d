import type { ConnectionFacts } from "../../contract/listener-filter.ts";
import { Http1ServerConnection } from "../hcm/http1-connection.ts";
import type { HttpConnectionManager } from "../hcm/manager.ts";
import type { ManagerSlot } from "../hcm/manager-slot.ts";
import { DryConnection } from "./dry-connection.ts";
import { type DryEnd, DryManager } from "./dry-manager.ts";
import type { ExplainRequest } from "./explain-request.ts";
import { Course } from "./trace.ts";

/** One course of events of a request. */
export interface DryRun {
  readonly course: Course;
  /** The answer that is made here; null: the request goes on to `course.forwarded`. */
  readonly reply: DryEnd | null;
}

/** Lets a request go through a connection manager, from its bytes on, by the draws of `script`. Sends nothing and counts nothing. `about`: the manager's resource. */
export function dryRun(
  real: HttpConnectionManager,
  facts: ConnectionFacts,
  request: ExplainRequest,
  script: readonly number[],
  about: object | undefined,
): DryRun {
  const course = new Course(script);
  course.around = about;
  const manager = new DryManager(real, course, sentOf(request));
  const tls =
    request.scheme === "https"
      ? {
          version: "TLSv1.3",
          cipher: "",
          alpnProtocol: "",
          serverName: request.serverName,
          peerPresented: false,
          peerValidated: false,
          resumed: false,
          peerCertificate: null,
          localCertificate: null,
        }
      : null;
  const connection = new DryConnection(facts, tls);
  const slot: ManagerSlot = { manager, draining: false, connections: new Set(), closed: () => undefined };
  const served = new Http1ServerConnection(connection, slot);
  served.onData(Buffer.from(requestBytes(request), "latin1"));
  connection.close();
  course.around = undefined;
  const { end } = manager;
  const reply = course.forwarded === null && end !== null ? end : null;
  if (reply !== null) course.note({ kind: "response", verdict: "ends", subject: String(reply.status), reason: reply.details });
  return { course, reply };
}

/** The head of a request as HTTP/1.1 has it. A body would follow: nothing that is explained looks into it. */
function requestBytes(request: ExplainRequest): string {
  let text = `${request.method} ${request.path} HTTP/1.1\r\n`;
  const named = new Set(request.headers.map(([name]) => name.toLowerCase()));
  if (!named.has("host")) text += `host: ${request.authority}\r\n`;
  for (const [name, value] of request.headers) text += `${name}: ${value}\r\n`;
  if (request.bodyBytes > 0 && !named.has("content-length") && !named.has("transfer-encoding"))
    text += `content-length: ${request.bodyBytes}\r\n`;
  return text + "\r\n";
}

/** The same as a flat list, for telling what the connection manager makes of it. */
function sentOf(request: ExplainRequest): readonly string[] {
  const given = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const host = given.find(([name]) => name === "host")?.[1] ?? request.authority;
  const connect = request.method === "CONNECT";
  const list = [":method", request.method, ":authority", connect ? request.path : host];
  if (!connect) list.push(":path", request.path);
  for (const [name, value] of given) if (name !== "host") list.push(name, value);
  const named = new Set(given.map(([name]) => name));
  if (request.bodyBytes > 0 && !named.has("content-length") && !named.has("transfer-encoding"))
    list.push("content-length", String(request.bodyBytes));
  return list;
}
