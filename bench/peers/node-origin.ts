import { createServer } from "node:net";

const BODY = "0123456789abcdef".repeat(7) + "0123456789abcde\n";
const PLAIN = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

/** Answers each request head on raw sockets: the origin where there is no nginx. It reads no bodies. */
export function runNodeOrigin(port: number): void {
  createServer({ noDelay: true }, (socket) => {
    let held = "";
    socket.setEncoding("latin1");
    socket.on("error", () => undefined);
    socket.on("data", (text: string) => {
      held += text;
      let out = "";
      for (let end = held.indexOf("\r\n\r\n"); end >= 0; end = held.indexOf("\r\n\r\n")) {
        out += held.startsWith("GET /seen") ? seen(held.slice(0, end)) : PLAIN;
        held = held.slice(end + 4);
      }
      if (out !== "") socket.write(out, "latin1");
    });
  }).listen(port, "127.0.0.1", 4096);
}

function seen(head: string): string {
  const value = (name: string): string => new RegExp(`\r\n${name}: (.*)`, "i").exec(head)?.[1] ?? "";
  return `HTTP/1.1 200 OK\r\nx-seen: id=${value("x-request-id")} proto=${value("x-forwarded-proto")}\r\nContent-Length: 5\r\n\r\nseen\n`;
}
