const HOST = "Host: a.example\r\n";

/** Request streams that are right, of one message and of several. */
export const GOOD_REQUESTS: readonly string[] = [
  `GET / HTTP/1.1\r\n${HOST}\r\n`,
  `\r\n\r\nGET /a?b=c HTTP/1.1\r\n${HOST}Accept: */*\r\nX-Empty:\r\nx-Trim: \t a b \t\r\n\r\n`,
  `POST /a HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
  `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a;b=c;d="e\\"f"\r\n world\r\n000\r\n\r\n`,
  `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: CHUNKED\r\nTrailer: x-sum\r\n\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\nx-b:2\r\n\r\n`,
  `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n\r\nPUT /3 HTTP/1.1\r\n${HOST}content-length:3\r\n\r\nabcGET /4 HTTP/1.1\r\n${HOST}\r\n`,
  `POST /1 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nDELETE /2 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  `GET http://b.example:8080/x?y HTTP/1.1\r\n${HOST}Connection: keep-alive, X-Hop, te\r\nX-Hop: 1\r\nTE: trailers, gzip\r\nKeep-Alive: 5\r\n\r\n`,
  `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  `GET /chat HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n\x81\x05hello\r\n\r\nGET`,
  `CONNECT b.example:443 HTTP/1.1\r\n${HOST}\r\n\x16\x03\x01`,
  `POST /up HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok`,
  `GET /${"long".repeat(700)} HTTP/1.1\r\n${HOST}cookie: ${"c=d; ".repeat(600)}\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}${Array.from({ length: 90 }, (_, i) => `x-field-${i}: value ${i}\r\n`).join("")}\r\n`,
];

/** Response streams that are right. */
export const GOOD_RESPONSES: readonly string[] = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
  "HTTP/1.1 200 OK\r\n\r\nuntil the end\r\n\r\nHTTP/1.1",
  "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
];
